//! A client: what it knows, what it asks next, what it makes of the answers.

use bytes::{BufMut, Bytes, BytesMut};
use ottla_group::{MemberIdSeed, RequestContext, Token};
use ottla_io::sim::Dice;
use ottla_wire::api::join_group::JoinGroupRequestProtocol;
use ottla_wire::api::leave_group::MemberIdentity;
use ottla_wire::api::offset_commit::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use ottla_wire::api::sync_group::SyncGroupRequestAssignment;
use ottla_wire::messages::{
    ConsumerProtocolSubscription, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest,
    OffsetCommitRequest, SyncGroupRequest, SyncGroupResponse,
};
use ottla_wire::{ErrorCode, KafkaString, Message};

use super::world::{Asked, GROUPS, World};

const VERSIONS: [i16; 4] = [0, 3, 5, 9];
pub(super) const TOPICS: [&str; 3] = ["a", "b", "c"];
const SUBSCRIPTION_VERSION: i16 = 3;

#[derive(Debug, Clone, PartialEq)]
enum Phase {
    /// It must join.
    Outside,
    Joining(Token),
    /// It must ask for its assignment; a leader knows the members.
    Joined(Vec<KafkaString>),
    Syncing(Token),
    Working,
}

/// A member of a group, or one that would like to be.
#[derive(Debug)]
pub(super) struct Client {
    group: KafkaString,
    instance_id: Option<KafkaString>,
    join_version: i16,
    session_timeout_ms: i32,
    rebalance_timeout_ms: i32,
    protocols: Vec<&'static str>,
    topic: &'static str,
    member_id: KafkaString,
    generation: i32,
    phase: Phase,
    /// It does nothing until it wakes up.
    hangs: bool,
}

impl Client {
    pub(super) fn draw(number: u64, dice: &mut Dice) -> Self {
        let group = number % GROUPS;
        let is_static = group % 2 == 1 && dice.one_in(2);
        Self {
            group: group_id(group),
            instance_id: is_static.then(|| format!("instance-{}", number / GROUPS / 2).into()),
            join_version: if is_static { 5 + 4 * dice.below(2) as i16 } else { *dice.pick(&VERSIONS) },
            session_timeout_ms: *dice.pick(&[1_000, 5_000, 30_000]),
            rebalance_timeout_ms: *dice.pick(&[0, 2_000, 10_000]),
            protocols: vec!["range"],
            topic: "a",
            member_id: KafkaString::EMPTY,
            generation: -1,
            phase: Phase::Outside,
            hangs: false,
        }
    }

    fn is_static_group(&self) -> bool {
        !matches!(self.group.as_bytes().last(), Some(digit) if (digit - b'0').is_multiple_of(2))
    }

    fn begin_anew(&mut self) {
        self.member_id = KafkaString::EMPTY;
        self.phase = Phase::Outside;
        self.generation = -1;
    }
}

pub(super) fn group_id(number: u64) -> KafkaString {
    format!("group-{number}").into()
}

fn subscription(topic: &str) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_i16(SUBSCRIPTION_VERSION);
    let message = ConsumerProtocolSubscription {
        topics: vec![topic.into()],
        ..ConsumerProtocolSubscription::default()
    };
    message.encode(SUBSCRIPTION_VERSION, &mut bytes).unwrap_or_else(|error| panic!("{error}"));
    bytes.freeze()
}

fn context(api_version: i16) -> RequestContext<'static> {
    RequestContext { api_version, client_id: "client", client_host: "/127.0.0.1" }
}

impl World {
    /// The client does what it would do next, or something else.
    pub(super) fn act(&mut self, client: usize) {
        if self.dice.one_in(200) {
            self.clients[client].hangs ^= true;
        }
        if self.clients[client].hangs && !self.dice.one_in(50) {
            return;
        }
        self.clients[client].hangs = false;
        if self.dice.one_in(300) {
            // A restart: a static member is the same again, a dynamic one is another.
            self.clients[client].begin_anew();
        }
        match self.clients[client].phase.clone() {
            Phase::Outside => self.send_join(client),
            Phase::Joining(_) | Phase::Syncing(_) => self.act_while_waiting(client),
            Phase::Joined(members) => self.send_sync(client, &members),
            Phase::Working => self.work(client),
        }
    }

    fn act_while_waiting(&mut self, client: usize) {
        match self.dice.below(100) {
            0 => self.send_join(client),
            1 => self.send_leave(client),
            2 => self.send_sync(client, &[]),
            3 => self.send_commit(client),
            _ => self.send_heartbeat(client),
        }
    }

    fn work(&mut self, client: usize) {
        match self.dice.below(100) {
            0..30 => self.send_commit(client),
            30..33 => {
                self.clients[client].topic = *self.dice.pick(&TOPICS);
                self.send_join(client);
            }
            33..35 => self.send_join(client),
            35 => {
                let choices: [&[&str]; 3] = [&["range"], &["sticky", "range"], &["range", "sticky"]];
                self.clients[client].protocols = self.dice.pick(&choices).to_vec();
                self.send_join(client);
            }
            36..38 => self.send_leave(client),
            38 => self.send_sync(client, &[]),
            39 => {
                self.clients[client].generation -= 1;
                self.send_heartbeat(client);
            }
            _ => self.send_heartbeat(client),
        }
    }

    fn send_join(&mut self, client: usize) {
        let token = self.ask(Asked::Join(client));
        let mut seed = [0; 16];
        self.dice.fill(&mut seed);
        let known = &mut self.clients[client];
        known.phase = Phase::Joining(token);
        let protocols = known.protocols.iter().map(|name| JoinGroupRequestProtocol {
            name: (*name).into(),
            metadata: subscription(known.topic),
            ..JoinGroupRequestProtocol::default()
        });
        let request = JoinGroupRequest {
            group_id: known.group.clone(),
            session_timeout_ms: known.session_timeout_ms,
            rebalance_timeout_ms: known.rebalance_timeout_ms,
            member_id: known.member_id.clone(),
            group_instance_id: known.instance_id.clone(),
            protocol_type: "consumer".into(),
            protocols: protocols.collect(),
            ..JoinGroupRequest::default()
        };
        let context = context(known.join_version);
        let outcome =
            self.coordinator.handle_join_group(self.now, context, &request, token, MemberIdSeed(seed));
        self.settle(outcome);
    }

    /// Asks for an assignment; with members to assign to, makes one that tells for whom it is.
    fn send_sync(&mut self, client: usize, members: &[KafkaString]) {
        let token = self.ask(Asked::Sync(client));
        let known = &mut self.clients[client];
        known.phase = Phase::Syncing(token);
        let assignments = members.iter().map(|member| SyncGroupRequestAssignment {
            member_id: member.clone(),
            assignment: format!("{} {member}", known.generation).into(),
            ..SyncGroupRequestAssignment::default()
        });
        let request = SyncGroupRequest {
            group_id: known.group.clone(),
            generation_id: known.generation,
            member_id: known.member_id.clone(),
            group_instance_id: known.instance_id.clone(),
            assignments: assignments.collect(),
            ..SyncGroupRequest::default()
        };
        let outcome = self.coordinator.handle_sync_group(self.now, &request, token);
        self.settle(outcome);
    }

    fn send_heartbeat(&mut self, client: usize) {
        let token = self.ask(Asked::Heartbeat(client));
        let known = &self.clients[client];
        let request = HeartbeatRequest {
            group_id: known.group.clone(),
            generation_id: known.generation,
            member_id: known.member_id.clone(),
            group_instance_id: known.instance_id.clone(),
            ..HeartbeatRequest::default()
        };
        let outcome = self.coordinator.handle_heartbeat(self.now, &request, token);
        self.settle(outcome);
    }

    fn send_leave(&mut self, client: usize) {
        let token = self.ask(Asked::Leave);
        let known = &mut self.clients[client];
        let member = MemberIdentity {
            member_id: known.member_id.clone(),
            group_instance_id: known.instance_id.clone(),
            ..MemberIdentity::default()
        };
        let request = LeaveGroupRequest {
            group_id: known.group.clone(),
            members: vec![member],
            ..LeaveGroupRequest::default()
        };
        known.begin_anew();
        let outcome = self.coordinator.handle_leave_group(self.now, context(5), &request, token);
        self.settle(outcome);
    }

    fn send_commit(&mut self, client: usize) {
        let known = &self.clients[client];
        let request = OffsetCommitRequest {
            group_id: known.group.clone(),
            generation_id_or_member_epoch: known.generation,
            member_id: known.member_id.clone(),
            group_instance_id: known.instance_id.clone(),
            ..OffsetCommitRequest::default()
        };
        self.commit(request);
    }

    /// Commits the next offset for some partition.
    pub(super) fn commit(&mut self, mut request: OffsetCommitRequest) {
        let topic: KafkaString = (*self.dice.pick(&TOPICS)).into();
        let partition_index = self.dice.below(2) as i32;
        self.next_offset += 1;
        let partition = OffsetCommitRequestPartition {
            partition_index,
            committed_offset: self.next_offset,
            ..OffsetCommitRequestPartition::default()
        };
        let key = (request.group_id.clone(), topic.clone(), partition_index);
        request.topics = vec![OffsetCommitRequestTopic {
            name: topic,
            partitions: vec![partition],
            ..OffsetCommitRequestTopic::default()
        }];
        let token = self.ask(Asked::Commit { key, offset: self.next_offset });
        let outcome = self.coordinator.handle_offset_commit(self.now, context(8), &request, token);
        self.settle(outcome);
    }

    pub(super) fn joined(&mut self, client: usize, token: Token, response: JoinGroupResponse) {
        let known = &mut self.clients[client];
        if response.error_code == 0 && !known.is_static_group() {
            let told = (response.generation_id, response.leader.clone());
            let last = self.leaders.entry(known.group.clone()).or_insert_with(|| told.clone());
            assert!(last.0 <= told.0, "generation {} comes after {}", told.0, last.0);
            assert!(last.0 < told.0 || last.1 == told.1, "generation {} has one leader", told.0);
            *last = told;
        }
        if known.phase != Phase::Joining(token) {
            return;
        }
        known.phase = Phase::Outside;
        match ErrorCode::from(response.error_code) {
            ErrorCode::None => {
                self.stats.generations += u64::from(!response.members.is_empty());
                known.member_id = response.member_id;
                known.generation = response.generation_id;
                let members = response.members.into_iter().map(|member| member.member_id).collect();
                known.phase = Phase::Joined(members);
            }
            ErrorCode::MemberIdRequired => known.member_id = response.member_id,
            ErrorCode::UnknownMemberId | ErrorCode::FencedInstanceId => known.begin_anew(),
            _ => {}
        }
    }

    pub(super) fn synced(&mut self, client: usize, token: Token, response: &SyncGroupResponse) {
        let known = &mut self.clients[client];
        if known.phase != Phase::Syncing(token) {
            return;
        }
        known.phase = Phase::Outside;
        match ErrorCode::from(response.error_code) {
            ErrorCode::None => {
                known.phase = Phase::Working;
                self.stats.assignments += u64::from(!response.assignment.is_empty());
                check_assignment(known, &response.assignment);
            }
            ErrorCode::UnknownMemberId | ErrorCode::FencedInstanceId => known.begin_anew(),
            _ => {}
        }
    }

    pub(super) fn heard(&mut self, client: usize, error: ErrorCode) {
        let known = &mut self.clients[client];
        if known.phase != Phase::Working {
            return;
        }
        match error {
            ErrorCode::None => {}
            ErrorCode::UnknownMemberId | ErrorCode::FencedInstanceId => known.begin_anew(),
            _ => known.phase = Phase::Outside,
        }
    }
}

/// An assignment was made for this generation, and for this member unless a static one has taken over another's. One
/// that is empty was left out by its leader.
fn check_assignment(client: &Client, assignment: &Bytes) {
    let text = std::str::from_utf8(assignment).unwrap_or_default();
    let Some((generation, member)) = text.split_once(' ') else { return };
    assert_eq!(generation, client.generation.to_string(), "an assignment of another generation");
    assert!(client.is_static_group() || client.member_id == member, "the assignment of {member}");
}
