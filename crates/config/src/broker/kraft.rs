//! The node's place in a KRaft cluster.

use crate::key::{Key, Type};
use crate::section::section;

section! {
    /// The node's place in a KRaft cluster.
    pub struct KRaftConfig {
        /// Number of this node, unique in the cluster.
        node_id: i32 = Key::required(Type::Int, "node.id").at_least(0).high(),

        /// What this node is: `broker`, `controller` or both, separated by commas.
        process_roles: Vec<String> = Key::required(Type::List, "process.roles")
            .distinct_non_empty_of(&["broker", "controller"])
            .high(),

        /// Names of the listeners of controllers, separated by commas. A broker uses the first to reach them; a
        /// controller listens on all.
        controller_listener_names: Vec<String> = Key::required(Type::List, "controller.listener.names")
            .distinct_non_empty()
            .high(),

        /// SASL mechanism used to speak to controllers.
        sasl_mechanism_controller_protocol: String =
            Key::string("sasl.mechanism.controller.protocol", "GSSAPI")
            .high(),

        /// Milliseconds a starting broker tries to register with the controller before it gives up.
        initial_broker_registration_timeout_ms: i32 =
            Key::int("initial.broker.registration.timeout.ms", 60_000),

        /// Milliseconds between the heartbeats of a broker. At most half of `broker.session.timeout.ms`.
        broker_heartbeat_interval_ms: i32 = Key::int("broker.heartbeat.interval.ms", 2000),

        /// Milliseconds without heartbeat after which the controller fences a broker.
        broker_session_timeout_ms: i32 = Key::int("broker.session.timeout.ms", 9000),

        /// Milliseconds that starting may take before the node gives up. For tests only.
        server_max_startup_time_ms: i64 = Key::long("server.max.startup.time.ms", i64::MAX)
            .at_least(0)
            .internal(),

        /// Milliseconds over which the controller gathers statistics of its events.
        controller_performance_sample_period_ms: i64 =
            Key::long("controller.performance.sample.period.ms", 60_000)
            .at_least(100)
            .internal(),

        /// Milliseconds above which an event of the controller is always logged.
        controller_performance_always_log_threshold_ms: i64 =
            Key::long("controller.performance.always.log.threshold.ms", 2000)
            .at_least(0)
            .internal(),
    }
}
