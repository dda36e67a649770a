//! Who votes in the quorum, and whether that is this node alone.

use std::collections::BTreeSet;

use ottla_config::Endpoint;
use ottla_record::Offset;
use ottla_wire::control::ControlRecord;
use ottla_wire::control::voters::{Endpoint as VoterEndpoint, KRaftVersionFeature, Voter, VotersRecord};
use ottla_wire::{KafkaString, Uuid};
use thiserror::Error;

/// Highest `kraft.version` that this node can run.
const KRAFT_VERSION_MAX: i16 = 1;

/// This node, as a voter.
#[derive(Debug, Clone)]
pub(crate) struct LocalVoter {
    pub(crate) node_id: i32,
    /// Id of the directory of its metadata log.
    pub(crate) directory_id: Uuid,
    /// Where others reach its controller.
    pub(crate) endpoints: Vec<Endpoint>,
}

/// What the log and its snapshot say of the quorum.
#[derive(Debug, Clone, Default)]
pub(crate) struct QuorumRecords {
    /// `kraft.version`; 0 for a static quorum.
    pub(crate) kraft_version: i16,
    /// Voters of a dynamic quorum.
    pub(crate) voters: Option<VotersRecord>,
    /// Whether the voters stand in the log, or in a snapshot of it, rather than in what the directory was formatted with.
    pub(crate) voters_are_in_log: bool,
}

/// This node cannot be the quorum.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum QuorumError {
    #[error(
        "the quorum's voters are nodes {voters:?}, this is node {node_id}: a quorum of more than this node is not \
         supported yet; let controller.quorum.voters name this node alone"
    )]
    OtherVoters { voters: BTreeSet<i32>, node_id: i32 },
    #[error(
        "node {node_id} is a voter of the quorum with the directory id {expected}, but its metadata.log.dir has {found}: \
         was the directory replaced or formatted anew?"
    )]
    OtherDirectory { node_id: i32, expected: Uuid, found: Uuid },
    #[error(
        "the quorum has no voters: the directory was formatted with --no-initial-controllers, so that the node waits to \
         be added to another quorum, which is not supported yet; format it with --standalone"
    )]
    NoVoters,
    #[error("kraft.version {0} is of a later release: expected 0 or 1")]
    KraftVersion(i16),
}

impl QuorumRecords {
    /// Takes a control record of the log or of a snapshot, `end_offset` of which is given.
    pub(crate) fn replay(&mut self, record: &ControlRecord, snapshot: Option<Offset>) {
        match record {
            ControlRecord::KraftVersion(record) => self.kraft_version = record.kraft_version,
            ControlRecord::KraftVoters(record) => {
                self.voters = Some(record.clone());
                self.voters_are_in_log = snapshot != Some(Offset(0));
            }
            _ => {}
        }
    }

    /// Checks that the quorum is this node alone.
    pub(crate) fn check(&self, local: &LocalVoter, static_voters: &BTreeSet<i32>) -> Result<(), QuorumError> {
        let node_id = local.node_id;
        match self.kraft_version {
            0 if static_voters.is_empty() => Err(QuorumError::NoVoters),
            0 if *static_voters != BTreeSet::from([node_id]) => {
                Err(QuorumError::OtherVoters { voters: static_voters.clone(), node_id })
            }
            0 => Ok(()),
            1 => self.check_dynamic(local),
            version => Err(QuorumError::KraftVersion(version)),
        }
    }

    fn check_dynamic(&self, local: &LocalVoter) -> Result<(), QuorumError> {
        let node_id = local.node_id;
        let voters = self.voters.as_ref().map_or(&[][..], |record| &record.voters);
        match voters {
            [] => Err(QuorumError::NoVoters),
            [voter] if voter.voter_id == node_id && voter.voter_directory_id == local.directory_id => Ok(()),
            [voter] if voter.voter_id == node_id => Err(QuorumError::OtherDirectory {
                node_id,
                expected: voter.voter_directory_id,
                found: local.directory_id,
            }),
            _ => {
                let voters = voters.iter().map(|voter| voter.voter_id).collect();
                Err(QuorumError::OtherVoters { voters, node_id })
            }
        }
    }

    /// The voters' record that a leader writes at the start of its epoch: the first one, or one with changed endpoints.
    pub(crate) fn update(&self, local: &LocalVoter) -> Option<VotersRecord> {
        if self.kraft_version == 0 {
            return None;
        }
        let record = VotersRecord { voters: vec![local.to_voter()], ..VotersRecord::default() };
        let is_known = self.voters_are_in_log && self.voters.as_ref() == Some(&record);
        (!is_known).then_some(record)
    }
}

impl LocalVoter {
    fn to_voter(&self) -> Voter {
        let endpoint = |endpoint: &Endpoint| VoterEndpoint {
            name: KafkaString::from(endpoint.listener.as_str()),
            host: KafkaString::from(endpoint.host.as_deref().unwrap_or("localhost")),
            port: endpoint.port,
            ..VoterEndpoint::default()
        };
        Voter {
            voter_id: self.node_id,
            voter_directory_id: self.directory_id,
            endpoints: self.endpoints.iter().map(endpoint).collect(),
            kraft_version_feature: KRaftVersionFeature {
                max_supported_version: KRAFT_VERSION_MAX,
                ..KRaftVersionFeature::default()
            },
            ..Voter::default()
        }
    }
}
