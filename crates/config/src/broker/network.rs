//! Listeners, sockets, network threads and limits on connections.

use crate::key::{Key, Type};
use crate::section::section;

section! {
    /// Listeners, sockets, network threads and limits on connections.
    pub struct NetworkConfig {
        /// Where the node listens, as `NAME://HOST:PORT` separated by commas. An empty host is every interface;
        /// names and ports must differ, save that one port may serve an IPv4 and an IPv6 host.
        listeners: Vec<String> = Key::list("listeners", "PLAINTEXT://:9092")
            .distinct_non_empty()
            .high()
            .per_broker(),

        /// Where clients, brokers and controllers are told to connect, if that is not what `listeners` says.
        /// The names must be among those of `listeners`; the host 0.0.0.0 is refused.
        advertised_listeners: Option<Vec<String>> = Key::optional(Type::List, "advertised.listeners")
            .distinct_non_empty()
            .high(),

        /// Security protocol of each listener name, as `NAME:PROTOCOL` separated by commas. If it is not set,
        /// controller listeners without a protocol of their own speak PLAINTEXT.
        listener_security_protocol_map: String =
            Key::string("listener.security.protocol.map", "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT")
            .low()
            .per_broker(),

        /// Size in bytes of a server socket's send buffer (SO_SNDBUF). -1 leaves it to the operating system.
        socket_send_buffer_bytes: i32 = Key::int("socket.send.buffer.bytes", 102_400).high(),

        /// Size in bytes of a server socket's receive buffer (SO_RCVBUF). -1 leaves it to the operating system.
        socket_receive_buffer_bytes: i32 = Key::int("socket.receive.buffer.bytes", 102_400).high(),

        /// Largest request accepted from a socket, in bytes. A longer one closes its connection.
        socket_request_max_bytes: i32 = Key::int("socket.request.max.bytes", 104_857_600).at_least(1).high(),

        /// Connections that may wait to be accepted on a listening socket. The operating system may have a
        /// lower limit of its own.
        socket_listen_backlog_size: i32 = Key::int("socket.listen.backlog.size", 50).at_least(1),

        /// Connections accepted from one address at a time. 0 is allowed only with entries in
        /// `max.connections.per.ip.overrides`.
        max_connections_per_ip: i32 = Key::int("max.connections.per.ip", i32::MAX).at_least(0).cluster_wide(),

        /// Limits for single hosts or addresses that replace `max.connections.per.ip`, as `HOST:COUNT`
        /// separated by commas.
        max_connections_per_ip_overrides: String = Key::string("max.connections.per.ip.overrides", "")
            .cluster_wide(),

        /// Connections accepted by the node at a time, besides the limits per address; may be set per listener
        /// as well. At the limit new connections wait, and the inter-broker listener closes the least recently
        /// used one of another listener.
        max_connections: i32 = Key::int("max.connections", i32::MAX).at_least(0).cluster_wide(),

        /// Connections accepted per second by the node; may be set per listener as well. Above it new
        /// connections wait, except on the inter-broker listener.
        max_connection_creation_rate: i32 = Key::int("max.connection.creation.rate", i32::MAX)
            .at_least(0)
            .cluster_wide(),

        /// Milliseconds without traffic after which a connection is closed. Negative: never.
        connections_max_idle_ms: i64 = Key::long("connections.max.idle.ms", 600_000),

        /// Milliseconds by which closing a connection is delayed after failed authentication. Must be less than
        /// `connections.max.idle.ms`.
        connection_failed_authentication_delay_ms: i32 =
            Key::int("connection.failed.authentication.delay.ms", 100)
            .at_least(0)
            .low(),

        /// Requests that may wait for a handler before the network threads stop reading.
        queued_max_requests: i32 = Key::int("queued.max.requests", 500).at_least(1).high(),

        /// Bytes of waiting requests above which no more requests are read. -1: no limit in bytes.
        queued_max_request_bytes: i64 = Key::long("queued.max.request.bytes", -1),

        /// Threads that read requests from and write responses to the network; may be set per listener as well.
        num_network_threads: i32 = Key::int("num.network.threads", 3).at_least(1).high().cluster_wide(),
    }
}
