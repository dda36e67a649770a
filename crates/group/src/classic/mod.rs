//! A classic group: its members, their generation and what they share.

mod check;
mod member;
mod protocols;
mod subscription;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use ottla_record::Timestamp;
use ottla_wire::api::join_group::JoinGroupResponseMember;
use ottla_wire::{ErrorCode, KafkaString};

pub use member::Member;
pub(crate) use member::Protocol;
use protocols::SupportedProtocols;

/// Protocol type of consumers.
pub(crate) const CONSUMER_PROTOCOL_TYPE: &str = "consumer";

/// Where a group is between two generations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassicGroupState {
    /// No members; perhaps offsets.
    Empty,
    /// Members are joining. The join timer runs.
    PreparingRebalance(Joining),
    /// Members have joined and wait for the leader's assignment. The sync timer runs until all have asked for it.
    CompletingRebalance,
    /// Members have their assignment.
    Stable,
}

/// How a join phase ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joining {
    /// As soon as all known members have joined, or after the longest of their rebalance timeouts.
    KnownMembers,
    /// After a while, since the group was empty and nobody knows how many will come.
    Initial(InitialDelay),
}

/// How long the first rebalance of an empty group waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InitialDelay {
    /// Milliseconds of the wait that is running.
    pub delay_ms: i32,
    /// Milliseconds by which it may still be made longer.
    pub remaining_ms: i32,
    /// Whether a member has come since the wait began, which makes it longer.
    pub new_member_added: bool,
}

impl ClassicGroupState {
    /// Kafka's name of the state.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::PreparingRebalance(_) => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Stable => "Stable",
        }
    }
}

/// A group whose members divide work among themselves.
#[derive(Debug, Clone)]
pub struct ClassicGroup {
    /// Its id.
    pub id: KafkaString,
    /// Where it is between two generations.
    pub state: ClassicGroupState,
    /// When it came to be there; none if an old record did not tell.
    pub state_timestamp: Option<Timestamp>,
    /// Kind of group, `consumer` for consumers; none for a group that never had members.
    pub protocol_type: Option<KafkaString>,
    /// Protocol of this generation; none while it has no members.
    pub protocol_name: Option<KafkaString>,
    /// Rebalances completed.
    pub generation: i32,
    /// Member that assigns the work; none only without members.
    pub leader: Option<KafkaString>,
    members: IndexMap<KafkaString, Member>,
    /// Member ids by instance id.
    static_members: BTreeMap<KafkaString, KafkaString>,
    /// Ids that were given out but have not joined yet.
    pub(crate) pending_joins: BTreeSet<KafkaString>,
    /// Members that have not asked for their assignment in this generation.
    pub(crate) pending_syncs: BTreeSet<KafkaString>,
    supported_protocols: SupportedProtocols,
    /// Members that wait for the end of the join phase.
    awaiting_join: usize,
    /// Topics that its members subscribe to; none if that is not known.
    pub(crate) subscribed_topics: Option<BTreeSet<KafkaString>>,
}

impl ClassicGroup {
    /// An empty group.
    pub(crate) fn new(id: KafkaString, now: Timestamp) -> Self {
        Self {
            id,
            state: ClassicGroupState::Empty,
            state_timestamp: Some(now),
            protocol_type: None,
            protocol_name: None,
            generation: 0,
            leader: None,
            members: IndexMap::new(),
            static_members: BTreeMap::new(),
            pending_joins: BTreeSet::new(),
            pending_syncs: BTreeSet::new(),
            supported_protocols: SupportedProtocols::default(),
            awaiting_join: 0,
            subscribed_topics: None,
        }
    }

    /// The member of this id.
    pub fn member(&self, member_id: &str) -> Option<&Member> {
        self.members.get(member_id)
    }

    /// The members, longest there first.
    pub fn members(&self) -> impl ExactSizeIterator<Item = &Member> {
        self.members.values()
    }

    pub(crate) fn members_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        self.members.values_mut()
    }

    pub(crate) fn member_mut(&mut self, member_id: &str) -> Option<&mut Member> {
        self.members.get_mut(member_id)
    }

    /// Ids of the members, longest there first.
    pub(crate) fn member_ids(&self) -> Vec<KafkaString> {
        self.members.keys().cloned().collect()
    }

    /// Whether it is in the state that has no members.
    pub fn is_empty(&self) -> bool {
        self.state == ClassicGroupState::Empty
    }

    /// Whether it only ever stored offsets.
    pub(crate) fn is_simple(&self) -> bool {
        self.protocol_type.is_none() && self.is_empty() && self.pending_joins.is_empty()
    }

    pub(crate) fn is_leader(&self, member_id: &str) -> bool {
        self.leader.as_ref().is_some_and(|leader| leader == member_id)
    }

    /// The id of the member that is known by this instance id.
    pub(crate) fn static_member_id(&self, instance_id: &str) -> Option<&KafkaString> {
        self.static_members.get(instance_id)
    }

    pub(crate) fn awaiting_join(&self) -> usize {
        self.awaiting_join
    }

    /// Whether nobody is left to wait for in the join phase.
    pub(crate) fn has_all_members_joined(&self) -> bool {
        self.members.len() == self.awaiting_join && self.pending_joins.is_empty()
    }

    /// Longest rebalance timeout of its members, in milliseconds.
    pub(crate) fn rebalance_timeout_ms(&self) -> i32 {
        self.members.values().map(|member| member.rebalance_timeout_ms).max().unwrap_or(0).max(0)
    }

    pub(crate) fn uses_consumer_protocol(&self) -> bool {
        self.protocol_type.as_ref().is_some_and(|name| name == CONSUMER_PROTOCOL_TYPE)
    }

    /// Whether a member subscribes to the topic; of consumers whose subscription cannot be read, any might.
    pub(crate) fn is_subscribed_to(&self, topic: &str) -> bool {
        match &self.subscribed_topics {
            Some(topics) => topics.contains(topic),
            None => self.uses_consumer_protocol(),
        }
    }

    pub(crate) fn transition_to(&mut self, state: ClassicGroupState, now: Timestamp) {
        self.state = state;
        self.state_timestamp = Some(now);
    }

    /// Takes in a member. A first one decides on the type and leads.
    pub(crate) fn add(&mut self, member: Member, protocol_type: &KafkaString) {
        if let Some(instance_id) = &member.instance_id {
            let replaced = self.static_members.insert(instance_id.clone(), member.id.clone());
            assert!(replaced.is_none(), "an instance id stands for one member");
        }
        if self.members.is_empty() {
            self.protocol_type = Some(protocol_type.detach());
        }
        self.leader.get_or_insert_with(|| member.id.clone());
        self.supported_protocols.add(&member.protocols);
        self.awaiting_join += usize::from(member.awaiting_join.is_some());
        self.pending_joins.remove(&member.id);
        let replaced = self.members.insert(member.id.clone(), member);
        assert!(replaced.is_none(), "a member is added once");
    }

    /// Drops the member or the id that was given out; the member that is longest there takes over a lead.
    pub(crate) fn remove(&mut self, member_id: &str) -> Option<Member> {
        self.pending_joins.remove(member_id);
        self.pending_syncs.remove(member_id);
        let member = self.members.shift_remove(member_id)?;
        self.supported_protocols.remove(&member.protocols);
        self.awaiting_join -= usize::from(member.awaiting_join.is_some());
        if let Some(instance_id) = &member.instance_id {
            self.static_members.remove(instance_id);
        }
        if self.is_leader(member_id) {
            self.leader = self.members.keys().next().cloned();
        }
        Some(member)
    }

    /// Gives a static member another member id; it keeps its place, its lead and its work.
    pub(crate) fn rename_static(&mut self, instance_id: &str, new_id: KafkaString) {
        let Some(old_id) = self.static_members.get_mut(instance_id) else { return };
        let old_id = std::mem::replace(old_id, new_id.clone());
        let Some((index, _, mut member)) = self.members.shift_remove_full(&old_id) else { return };
        member.id = new_id.clone();
        member.is_new = false;
        if self.is_leader(&old_id) {
            self.leader = Some(new_id.clone());
        }
        if self.pending_syncs.remove(&old_id) {
            self.pending_syncs.insert(new_id.clone());
        }
        self.members.shift_insert(index, new_id, member);
    }

    /// Replaces what the member can do.
    pub(crate) fn update_protocols(&mut self, member_id: &str, protocols: Vec<Protocol>) {
        let Some(member) = self.members.get_mut(member_id) else { return };
        self.supported_protocols.remove(&member.protocols);
        self.supported_protocols.add(&protocols);
        member.protocols = protocols;
    }

    /// Lets the member wait for the end of the join phase; returns a request that waited before.
    pub(crate) fn await_join(&mut self, member_id: &str, token: crate::Token) -> Option<crate::Token> {
        let member = self.members.get_mut(member_id)?;
        let former = member.awaiting_join.replace(token);
        self.awaiting_join += usize::from(former.is_none());
        former
    }

    /// Takes the request of a member that waits for the end of the join phase.
    pub(crate) fn take_awaiting_join(&mut self, member_id: &str) -> Option<crate::Token> {
        let token = self.members.get_mut(member_id)?.awaiting_join.take()?;
        self.awaiting_join -= 1;
        Some(token)
    }

    /// Whether a joining member of this kind has a protocol in common with all members.
    pub(crate) fn supports_protocols(&self, protocol_type: &str, protocols: &[Protocol]) -> bool {
        if self.is_empty() {
            return !protocol_type.is_empty() && !protocols.is_empty();
        }
        self.protocol_type.as_ref().is_some_and(|known| known == protocol_type)
            && self.supported_protocols.any_common(protocols, self.members.len())
    }

    /// The protocol that most members prefer among those that all support.
    pub(crate) fn select_protocol(&self) -> KafkaString {
        self.supported_protocols.elect(self.members.values())
    }

    /// Lets the lead pass to a member that has joined, if the leader has not. Returns whether the leader has joined.
    pub(crate) fn elect_joined_leader(&mut self) -> bool {
        let Some(leader) = &self.leader else { return false };
        let has_joined = |member: &Member| member.awaiting_join.is_some();
        if self.members.get(leader).is_some_and(has_joined) {
            return true;
        }
        let joined = self.members.values().find(|member| has_joined(member));
        let Some(successor) = joined.map(|member| member.id.clone()) else { return false };
        tracing::info!(group = %self.id, former = %leader, leader = %successor, "leader did not join in time");
        self.leader = Some(successor);
        true
    }

    /// Begins the next generation, with the members that there are.
    pub(crate) fn begin_generation(&mut self, now: Timestamp) {
        self.generation = self.generation.wrapping_add(1);
        self.pending_syncs.clear();
        let (protocol_name, state) = match self.members.is_empty() {
            true => (None, ClassicGroupState::Empty),
            false => (Some(self.select_protocol()), ClassicGroupState::CompletingRebalance),
        };
        self.protocol_name = protocol_name;
        self.subscribed_topics = self.read_subscribed_topics();
        self.transition_to(state, now);
    }

    /// What the leader is told of the members.
    pub(crate) fn joined_members(&self) -> Vec<JoinGroupResponseMember> {
        let protocol_name = self.protocol_name.as_deref().unwrap_or_default();
        self.members
            .values()
            .map(|member| JoinGroupResponseMember {
                member_id: member.id.clone(),
                group_instance_id: member.instance_id.clone(),
                metadata: member.metadata(protocol_name),
                ..JoinGroupResponseMember::default()
            })
            .collect()
    }

    /// Whether a request may speak for the member.
    ///
    /// # Errors
    /// There is no such member, or its instance id stands for another one.
    pub(crate) fn validate_member(
        &self,
        member_id: &str,
        instance_id: Option<&KafkaString>,
    ) -> Result<(), ErrorCode> {
        if let Some(instance_id) = instance_id {
            let known = self.static_members.get(instance_id).ok_or(ErrorCode::UnknownMemberId)?;
            if known != member_id {
                tracing::info!(group = %self.id, member = member_id, %instance_id, by = %known, "member is fenced");
                return Err(ErrorCode::FencedInstanceId);
            }
        }
        match self.members.contains_key(member_id) {
            true => Ok(()),
            false => Err(ErrorCode::UnknownMemberId),
        }
    }

    /// Whether offsets may be committed by a member, or by somebody who is none: with a generation below 0, and then
    /// only while the group is empty.
    ///
    /// # Errors
    /// The commit comes from outside of a group that has members, from no member of it, from another generation, or
    /// while the members wait for their assignment.
    pub(crate) fn validate_offset_commit(
        &self,
        generation: i32,
        member_id: &str,
        instance_id: Option<&KafkaString>,
    ) -> Result<(), ErrorCode> {
        if generation < 0 && self.is_empty() {
            return Ok(());
        }
        if !claims_membership(generation, member_id, instance_id) {
            return Err(ErrorCode::UnknownMemberId);
        }
        self.validate_committer(generation, member_id, instance_id)?;
        match self.state {
            ClassicGroupState::CompletingRebalance => Err(ErrorCode::RebalanceInProgress),
            _ => Ok(()),
        }
    }

    /// Whether offsets may be committed in a transaction. Clients of old versions do not say which member they are
    /// (KIP-447), so whoever does not is let in.
    ///
    /// # Errors
    /// The commit comes from somebody who is no member, or from another generation.
    pub(crate) fn validate_txn_offset_commit(
        &self,
        generation: i32,
        member_id: &str,
        instance_id: Option<&KafkaString>,
    ) -> Result<(), ErrorCode> {
        let outside = generation < 0 && self.is_empty();
        if outside || !claims_membership(generation, member_id, instance_id) {
            return Ok(());
        }
        self.validate_committer(generation, member_id, instance_id)
    }

    fn validate_committer(
        &self,
        generation: i32,
        member_id: &str,
        instance_id: Option<&KafkaString>,
    ) -> Result<(), ErrorCode> {
        self.validate_member(member_id, instance_id)?;
        match generation == self.generation {
            true => Ok(()),
            false => Err(ErrorCode::IllegalGeneration),
        }
    }
}

fn claims_membership(generation: i32, member_id: &str, instance_id: Option<&KafkaString>) -> bool {
    generation >= 0 || !member_id.is_empty() || instance_id.is_some()
}
