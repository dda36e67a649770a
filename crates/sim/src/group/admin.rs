//! The administrator, and consumers outside of groups.

use ottla_group::{DeletedTopic, RequestContext};
use ottla_wire::api::leave_group::MemberIdentity;
use ottla_wire::api::offset_delete::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
use ottla_wire::api::offset_fetch::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use ottla_wire::messages::{LeaveGroupRequest, ListGroupsRequest, OffsetCommitRequest, OffsetDeleteRequest};
use ottla_wire::{KafkaString, Uuid};

use super::client::{TOPICS, group_id};
use super::world::{Asked, GROUPS, World};

const CONTEXT: RequestContext<'static> =
    RequestContext { api_version: 6, client_id: "admin", client_host: "/::1" };

impl World {
    pub(super) fn administrate(&mut self) {
        // One group has no members, ever.
        let number = self.dice.below(GROUPS + 1);
        let group = group_id(number);
        match self.dice.below(12) {
            0..3 => self.commit(OffsetCommitRequest { group_id: group, ..OffsetCommitRequest::default() }),
            3..7 => self.fetch(&group),
            7 => self.delete_group(group),
            8 => self.delete_offsets(&group),
            9 => self.delete_topic(),
            10 => self.look_around(group),
            _ => self.show_out(group),
        }
    }

    fn fetch(&mut self, group: &KafkaString) {
        let topic = *self.dice.pick(&TOPICS);
        let partition = self.dice.below(2) as i32;
        let require_stable = self.dice.one_in(2);
        let is_unstable = require_stable && self.log.is_unstable(group, topic, partition);
        let token = self.ask(Asked::Fetch { offset: self.log.offset(group, topic, partition), is_unstable });
        let topic = OffsetFetchRequestTopics {
            name: topic.into(),
            partition_indexes: vec![partition],
            ..OffsetFetchRequestTopics::default()
        };
        let request = OffsetFetchRequestGroup {
            group_id: group.clone(),
            topics: Some(vec![topic]),
            ..OffsetFetchRequestGroup::default()
        };
        let outcome = self.coordinator.handle_offset_fetch(&request, require_stable, token);
        self.settle(outcome);
    }

    fn delete_group(&mut self, group: KafkaString) {
        let token = self.ask(Asked::Admin);
        let outcome = self.coordinator.handle_delete_groups(&[group], token);
        self.settle(outcome);
    }

    fn delete_offsets(&mut self, group: &KafkaString) {
        let token = self.ask(Asked::Admin);
        let topics = TOPICS.iter().map(|topic| OffsetDeleteRequestTopic {
            name: (*topic).into(),
            partitions: vec![OffsetDeleteRequestPartition { partition_index: 0 }],
        });
        let request = OffsetDeleteRequest { group_id: group.clone(), topics: topics.collect() };
        let outcome = self.coordinator.handle_offset_delete(&request, token);
        self.settle(outcome);
    }

    fn delete_topic(&mut self) {
        let name = (*self.dice.pick(&TOPICS)).into();
        let outcome =
            self.coordinator.handle_topics_deleted(&[DeletedTopic { name, id: Uuid::from_halves(1, 1) }]);
        self.settle(outcome);
    }

    fn look_around(&mut self, group: KafkaString) {
        let token = self.ask(Asked::Admin);
        let outcome = self.coordinator.handle_list_groups(&ListGroupsRequest::default(), token);
        self.settle(outcome);
        let token = self.ask(Asked::Admin);
        let outcome = self.coordinator.handle_describe_groups(CONTEXT, &[group], token);
        self.settle(outcome);
    }

    /// Removes a static member by its name.
    fn show_out(&mut self, group: KafkaString) {
        let token = self.ask(Asked::Leave);
        let member = MemberIdentity {
            group_instance_id: Some(format!("instance-{}", self.dice.below(3)).into()),
            ..MemberIdentity::default()
        };
        let request =
            LeaveGroupRequest { group_id: group, members: vec![member], ..LeaveGroupRequest::default() };
        let outcome = self.coordinator.handle_leave_group(self.now.into(), CONTEXT, &request, token);
        self.settle(outcome);
    }
}
