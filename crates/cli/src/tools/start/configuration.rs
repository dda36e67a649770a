//! The configuration that nobody had to write.

use ottla_config::{Origin, Written};

/// What of it can be chosen.
pub(super) struct Configuration {
    pub(super) directory: String,
    pub(super) host: String,
    pub(super) port: u16,
}

const EVERY_INTERFACE: [&str; 2] = ["0.0.0.0", "::"];

impl Configuration {
    /// Where clients on this machine find the node, which is not every interface it may listen on.
    pub(super) fn reachable_host(&self) -> &str {
        if EVERY_INTERFACE.contains(&self.host.as_str()) { "localhost" } else { &self.host }
    }

    /// The same as a file would have it.
    pub(super) fn to_written(&self) -> Written {
        let (port, controller_port) = (self.port, self.port + 1);
        let (host, reachable) = (bracketed(&self.host), bracketed(self.reachable_host()));
        let values = [
            ("process.roles", "broker,controller".to_owned()),
            ("node.id", "1".to_owned()),
            ("controller.quorum.bootstrap.servers", format!("localhost:{controller_port}")),
            ("controller.listener.names", "CONTROLLER".to_owned()),
            ("listeners", format!("PLAINTEXT://{host}:{port},CONTROLLER://localhost:{controller_port}")),
            (
                "advertised.listeners",
                format!("PLAINTEXT://{reachable}:{port},CONTROLLER://localhost:{controller_port}"),
            ),
            ("log.dirs", self.directory.clone()),
            // One node holds one copy.
            ("offsets.topic.replication.factor", "1".to_owned()),
            ("share.coordinator.state.topic.replication.factor", "1".to_owned()),
            ("share.coordinator.state.topic.min.isr", "1".to_owned()),
            ("transaction.state.log.replication.factor", "1".to_owned()),
            ("transaction.state.log.min.isr", "1".to_owned()),
            // A first consumer need not wait for others.
            ("group.initial.rebalance.delay.ms", "0".to_owned()),
        ];
        let mut written = Written::default();
        for (index, (key, value)) in values.into_iter().enumerate() {
            let origin = Origin::File { name: "ottla start".to_owned(), line: index + 1 };
            written.set(key, value, origin);
        }
        written
    }
}

/// An IPv6 address stands in brackets.
fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

#[cfg(test)]
mod tests {
    use ottla_config::ServerConfig;

    use super::*;

    #[test]
    fn is_valid_wherever_it_listens() {
        for host in ["127.0.0.1", "0.0.0.0", "::1", "::", "kafka.example"] {
            let configuration =
                Configuration { directory: "/data/ottla".to_owned(), host: host.to_owned(), port: 9092 };
            let config = ServerConfig::from_written(&configuration.to_written());
            let config = config.unwrap_or_else(|errors| panic!("{host}: {errors}"));
            assert_eq!(config.warnings, [""; 0], "{host}");
            assert_eq!(config.log_dirs, ["/data/ottla"]);
            let advertised = &config.listeners.advertised_broker[0];
            assert_eq!(advertised.host.as_deref(), Some(configuration.reachable_host()), "{host}");
        }
    }
}
