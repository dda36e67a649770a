//! The first voters of a dynamic quorum (KIP-853).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use ottla_config::{ListenerName, ServerConfig};
use ottla_wire::control::voters::{Endpoint, KRaftVersionFeature, Voter, VotersRecord};
use ottla_wire::{KafkaString, Uuid};
use thiserror::Error;

/// One voter, as `ID@HOST:PORT:DIRECTORY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitialVoter {
    /// The node.
    pub node_id: i32,
    /// Where its controller listener is reached.
    pub host: String,
    /// Port of that listener.
    pub port: u16,
    /// Id of the node's metadata log directory.
    pub directory_id: Uuid,
}

/// The first voters of a dynamic quorum: what `--initial-controllers` names, or this node alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitialControllers(BTreeMap<i32, InitialVoter>);

/// A list of voters that cannot be read; the texts are Kafka's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the message says it")]
pub enum InitialControllersError {
    #[error("No voters given.")]
    Empty,
    #[error("Node id {0} was specified more than once.")]
    Duplicate(i32),
    #[error("No @ found in dynamic voter string.")]
    NoAt,
    #[error("Invalid @ at beginning of dynamic voter string.")]
    NoNodeId,
    #[error("Failed to parse node id in dynamic voter string.")]
    NodeId,
    #[error("Invalid negative node id {0} in dynamic voter string.")]
    NegativeNodeId(i32),
    #[error("No hostname found after node id.")]
    NoHost,
    #[error("Hostname began with left bracket, but no right bracket was found.")]
    OpenBracket,
    #[error("No colon following hostname could be found.")]
    NoColonAfterHost,
    #[error("Port section must start with a colon.")]
    NoColonBeforePort,
    #[error("No colon following port could be found.")]
    NoColonAfterPort,
    #[error("Failed to parse port in dynamic voter string.")]
    Port,
    #[error("Invalid port {0} in dynamic voter string.")]
    PortRange(i32),
    #[error("Failed to parse directory ID in dynamic voter string.")]
    DirectoryId,
    #[error("You can only use --standalone on a controller.")]
    NotAController,
    #[error("No controller listeners found.")]
    NoControllerListener,
}

impl InitialControllers {
    /// This node as the only voter, with the id that its metadata log directory will get.
    ///
    /// # Errors
    ///
    /// If the node is no controller.
    pub fn standalone(config: &ServerConfig, directory_id: Uuid) -> Result<Self, InitialControllersError> {
        if !config.process_roles.controller {
            return Err(InitialControllersError::NotAController);
        }
        let listener = config.listeners.advertised_controller.first();
        let listener = listener.ok_or(InitialControllersError::NoControllerListener)?;
        let host = listener.host.clone().unwrap_or_else(|| "localhost".to_owned());
        let node_id = config.node_id;
        let voter = InitialVoter { node_id, host, port: listener.port, directory_id };
        Ok(Self(BTreeMap::from([(node_id, voter)])))
    }

    /// The voters by node id.
    pub fn voters(&self) -> &BTreeMap<i32, InitialVoter> {
        &self.0
    }

    /// The record that opens the quorum's log, with each voter reached at this listener.
    pub fn to_record(&self, listener: &ListenerName) -> VotersRecord {
        let voters = self.0.values().map(|voter| Voter {
            voter_id: voter.node_id,
            voter_directory_id: voter.directory_id,
            endpoints: vec![Endpoint {
                name: KafkaString::from(listener.as_str()),
                host: KafkaString::from(voter.host.as_str()),
                port: voter.port,
                ..Endpoint::default()
            }],
            kraft_version_feature: KRaftVersionFeature {
                max_supported_version: 1,
                ..KRaftVersionFeature::default()
            },
            ..Voter::default()
        });
        VotersRecord { voters: voters.collect(), ..VotersRecord::default() }
    }
}

impl FromStr for InitialControllers {
    type Err = InitialControllersError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut voters = BTreeMap::new();
        for voter in text.trim().split(',').filter(|voter| !voter.is_empty()) {
            let voter: InitialVoter = voter.parse()?;
            let node_id = voter.node_id;
            if voters.insert(node_id, voter).is_some() {
                return Err(InitialControllersError::Duplicate(node_id));
            }
        }
        if voters.is_empty() { Err(InitialControllersError::Empty) } else { Ok(Self(voters)) }
    }
}

impl FromStr for InitialVoter {
    type Err = InitialControllersError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use InitialControllersError as E;
        let (node_id, rest) = text.trim().split_once('@').ok_or(E::NoAt)?;
        if node_id.is_empty() {
            return Err(E::NoNodeId);
        }
        let node_id: i32 = node_id.parse().map_err(|_| E::NodeId)?;
        if node_id < 0 {
            return Err(E::NegativeNodeId(node_id));
        }
        if rest.is_empty() {
            return Err(E::NoHost);
        }
        let (host, rest) = match rest.strip_prefix('[') {
            Some(bracketed) => bracketed.split_once(']').ok_or(E::OpenBracket)?,
            None => rest.split_at(rest.find(':').ok_or(E::NoColonAfterHost)?),
        };
        let rest = rest.strip_prefix(':').ok_or(E::NoColonBeforePort)?;
        let (port, directory_id) = rest.split_once(':').ok_or(E::NoColonAfterPort)?;
        let port: i32 = port.parse().map_err(|_| E::Port)?;
        let port = u16::try_from(port).map_err(|_| E::PortRange(port))?;
        let directory_id = directory_id.parse().map_err(|_| E::DirectoryId)?;
        Ok(Self { node_id, host: host.to_owned(), port, directory_id })
    }
}

impl fmt::Display for InitialVoter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { node_id, host, port, directory_id } = self;
        if host.contains(':') {
            write!(f, "{node_id}@[{host}]:{port}:{directory_id}")
        } else {
            write!(f, "{node_id}@{host}:{port}:{directory_id}")
        }
    }
}

impl fmt::Display for InitialControllers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, voter) in self.0.values().enumerate() {
            write!(f, "{}{voter}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_kafka_prints_them() {
        let check = |text: &str| {
            let controllers: InitialControllers = text.parse().unwrap();
            assert_eq!(controllers.to_string(), text);
        };
        check("0@example.com:8082:JEXY6aqzQY-32P5TStzaFg");
        check("0@example.com:8082:JEXY6aqzQY-32P5TStzaFg,1@[2001:db8::1]:8083:MvDxzVmcRsaTz33bUuRU6A");
    }

    #[test]
    fn mistakes_are_told_in_kafkas_words() {
        let check = |text: &str, error| {
            assert_eq!(text.parse::<InitialControllers>().unwrap_err(), error, "{text}");
        };
        use InitialControllersError as E;
        check("", E::Empty);
        check(",", E::Empty);
        check("example.com", E::NoAt);
        check("@example.com", E::NoNodeId);
        check("x@example.com", E::NodeId);
        check("-1@example.com", E::NegativeNodeId(-1));
        check("1@", E::NoHost);
        check("1@[::1", E::OpenBracket);
        check("1@localhost", E::NoColonAfterHost);
        check("1@[::1]8080", E::NoColonBeforePort);
        check("1@localhost:8080", E::NoColonAfterPort);
        check("1@localhost:x:y", E::Port);
        check("1@localhost:65536:y", E::PortRange(65536));
        check("1@localhost:80:y", E::DirectoryId);
        let one = "1@localhost:80:JEXY6aqzQY-32P5TStzaFg";
        check(&format!("{one},{one}"), E::Duplicate(1));
    }
}
