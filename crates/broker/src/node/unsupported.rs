//! What a configuration may ask for that this node cannot do, and without which it must not run: to go on all the same would
//! open what was meant to be closed, or hide data that is there.

use ottla_config::{Endpoint, SecurityProtocol, ServerConfig};

/// A configuration that this node cannot follow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnsupportedError {
    /// A listener is to be encrypted or authenticated.
    #[error(
        "listener {listener}: {} is not supported yet; set PLAINTEXT for it in listener.security.protocol.map",
        protocol.name()
    )]
    SecurityProtocol {
        /// The listener.
        listener: String,
        /// How it is to be protected.
        protocol: SecurityProtocol,
    },
    /// There are to be rules of who may do what.
    #[error(
        "authorizer.class.name: {0} is set, but rules of access are not supported yet; leave it empty to let everyone in"
    )]
    Authorizer(String),
    /// Older records are to be kept elsewhere, or are already.
    #[error("remote.log.storage.system.enable: tiered storage is not supported yet; set it to false")]
    TieredStorage,
}

/// Refuses what this node must not run without.
pub(super) fn check(config: &ServerConfig) -> Result<(), UnsupportedError> {
    let is_protected = |endpoint: &&Endpoint| endpoint.security_protocol != SecurityProtocol::Plaintext;
    if let Some(endpoint) = config.listeners.listeners.iter().find(is_protected) {
        let (listener, protocol) = (endpoint.listener.to_string(), endpoint.security_protocol);
        return Err(UnsupportedError::SecurityProtocol { listener, protocol });
    }
    let authorizer = &config.keys.general.authorizer_class_name;
    if !authorizer.is_empty() {
        return Err(UnsupportedError::Authorizer(authorizer.clone()));
    }
    if config.keys.remote_log.remote_log_storage_system_enable {
        return Err(UnsupportedError::TieredStorage);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(more: &str) -> Result<(), String> {
        let file = format!(
            "process.roles=broker,controller\nnode.id=1\ncontroller.listener.names=CONTROLLER\n\
             controller.quorum.bootstrap.servers=localhost:9093\nlog.dirs=/data\n{more}"
        );
        let config = ServerConfig::from_properties("server.properties", file.as_bytes());
        check(&config.expect("a valid configuration")).map_err(|error| error.to_string())
    }

    const PLAIN: &str = "listeners=PLAINTEXT://:9092,CONTROLLER://:9093\n";

    #[test]
    fn a_node_without_protection_is_fine() {
        assert_eq!(checked(PLAIN), Ok(()));
    }

    #[test]
    fn nothing_is_served_in_the_clear_that_was_to_be_protected() {
        for protocol in ["SSL", "SASL_PLAINTEXT", "SASL_SSL"] {
            let listeners = format!(
                "listeners=IN://:9092,CONTROLLER://:9093\ninter.broker.listener.name=IN\n\
                 listener.security.protocol.map=IN:{protocol},CONTROLLER:PLAINTEXT\n"
            );
            let refused = checked(&listeners).unwrap_err();
            assert!(
                refused.starts_with(&format!("listener IN: {protocol} is not supported yet")),
                "{refused}"
            );
        }
        let authorizer = "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n";
        assert!(checked(&format!("{PLAIN}{authorizer}")).unwrap_err().starts_with("authorizer.class.name: "));
    }

    #[test]
    fn records_that_lie_elsewhere_are_not_hidden() {
        let tiered = "remote.log.storage.system.enable=true\n\
            remote.log.metadata.manager.listener.name=PLAINTEXT\nremote.log.storage.manager.class.name=x\n";
        assert!(
            checked(&format!("{PLAIN}{tiered}")).unwrap_err().starts_with("remote.log.storage.system.enable")
        );
    }
}
