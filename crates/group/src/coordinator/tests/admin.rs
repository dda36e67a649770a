//! Groups are listed, described and deleted.

use ottla_wire::api::offset_delete::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
use ottla_wire::messages::{ListGroupsRequest, OffsetDeleteRequest, OffsetDeleteResponse};
use ottla_wire::{ErrorCode, Uuid};

use super::*;
use crate::DeletedTopic;

impl Scene {
    fn list(&mut self, states: &[&str], types: &[&str]) -> Vec<String> {
        let token = self.token();
        let strings = |names: &[&str]| names.iter().map(|name| KafkaString::from(*name)).collect();
        let request = ListGroupsRequest {
            states_filter: strings(states),
            types_filter: strings(types),
            ..ListGroupsRequest::default()
        };
        let outcome = self.coordinator.handle_list_groups(&request, token);
        self.settle(outcome);
        let Some(Response::ListGroups(response)) = self.answer(token) else { panic!() };
        let told = response.groups.iter().map(|group| {
            format!("{} {:?} {} {}", group.group_id, group.protocol_type, group.group_state, group.group_type)
        });
        told.collect()
    }

    fn delete_offset(&mut self, group: &str, topic: &str) -> OffsetDeleteResponse {
        let token = self.token();
        let partitions = vec![OffsetDeleteRequestPartition { partition_index: 0 }];
        let topics = vec![OffsetDeleteRequestTopic { name: topic.into(), partitions }];
        let request = OffsetDeleteRequest { group_id: group.into(), topics };
        let outcome = self.coordinator.handle_offset_delete(&request, token);
        self.settle(outcome);
        let Some(Response::OffsetDelete(response)) = self.answer(token) else { panic!() };
        response
    }

    fn delete_groups(&mut self, groups: &[&str]) -> Vec<ErrorCode> {
        let token = self.token();
        let groups: Vec<KafkaString> = groups.iter().map(|group| (*group).into()).collect();
        let outcome = self.coordinator.handle_delete_groups(&groups, token);
        self.settle(outcome);
        let Some(Response::DeleteGroups(results)) = self.answer(token) else { panic!() };
        results.iter().map(|result| result.error_code.into()).collect()
    }
}

#[test]
fn groups_are_listed_by_state_and_type() {
    let mut scene = Scene::new();
    scene.stable("working", "t");
    scene.send_commit(8, &commit_request("simple", "t", 1));
    let (working, simple) = ("working \"consumer\" Stable classic", "simple \"\" Empty classic");
    assert_eq!(scene.list(&[], &[]), [simple, working]);
    assert_eq!(scene.list(&["stable", "Dead"], &[]), [working]);
    assert_eq!(scene.list(&[" EMPTY "], &["Classic"]), [simple]);
    assert_eq!(scene.list(&["none such"], &[]), [""; 0]);
    assert_eq!(scene.list(&[], &["consumer"]), [""; 0]);
}

#[test]
fn groups_are_described_with_their_members() {
    let mut scene = Scene::new();
    let member = scene.stable("g", "t");
    let mut describe = |version| {
        let token = scene.token();
        let groups = ["g".into(), "none".into()];
        let outcome = scene.coordinator.handle_describe_groups(at(version), &groups, token);
        scene.settle(outcome);
        let Some(Response::DescribeGroups(groups)) = scene.answer(token) else { panic!() };
        groups
    };
    let groups = describe(5);
    assert_eq!(groups[0].group_state, "Stable");
    assert_eq!((groups[0].protocol_type.as_str(), groups[0].protocol_data.as_str()), ("consumer", "range"));
    let told = &groups[0].members[0];
    assert_eq!(
        (&told.member_id, told.client_id.as_str(), told.client_host.as_str()),
        (&member, "client", "/127.0.0.1")
    );
    assert_eq!((&told.member_metadata, &told.member_assignment[..]), (&subscription("t"), &b"all"[..]));
    assert_eq!((groups[1].group_state.as_str(), groups[1].error_code), ("Dead", 0));
    let missing = &describe(6)[1];
    assert_eq!(missing.error_code, ErrorCode::GroupIdNotFound.number());
    assert_eq!(missing.error_message.as_deref(), Some("Group none not found."));
}

#[test]
fn offsets_can_be_deleted_unless_they_are_in_use() {
    let mut scene = Scene::new();
    let member = scene.stable("g", "t");
    scene.commit_as("g", &member, 1, "t", 5);
    scene.commit_as("g", &member, 1, "former", 5);
    let response = scene.delete_offset("g", "t");
    assert_eq!(response.topics[0].partitions[0].error_code, ErrorCode::GroupSubscribedToTopic.number());
    let response = scene.delete_offset("g", "former");
    assert_eq!((response.error_code, response.topics[0].partitions[0].error_code), (0, 0));
    assert_eq!((scene.offset("g", "t"), scene.offset("g", "former")), (5, -1));
    let response = scene.delete_offset("none", "t");
    assert_eq!((response.error_code, response.topics.len()), (ErrorCode::GroupIdNotFound.number(), 0));
    assert_eq!(scene.delete_offset("", "t").error_code, ErrorCode::InvalidGroupId.number());
}

#[test]
fn offsets_of_working_groups_that_are_no_consumers_cannot_be_deleted() {
    let mut scene = Scene::new();
    let mut request = join_request("g", "", &[("default", "t")]);
    request.protocol_type = "connect".into();
    scene.send_join(3, &request);
    scene.pass(3_000);
    assert_eq!(scene.delete_offset("g", "t").error_code, ErrorCode::NonEmptyGroup.number());
}

#[test]
fn empty_groups_can_be_deleted() {
    let mut scene = Scene::new();
    scene.stable("working", "t");
    scene.send_commit(8, &commit_request("simple", "t", 1));
    let results = scene.delete_groups(&["simple", "working", "none", "simple"]);
    let (none, in_use, unknown) = (ErrorCode::None, ErrorCode::NonEmptyGroup, ErrorCode::GroupIdNotFound);
    assert_eq!(results, [none, in_use, unknown, none]);
    assert_eq!((scene.state("simple"), scene.offset("simple", "t")), ("none", -1));
    let reloaded = scene.reload();
    assert_eq!((reloaded.state("simple"), reloaded.state("working")), ("none", "Stable"));
}

#[test]
fn with_a_topic_its_offsets_go_but_not_those_of_its_namesake() {
    let mut scene = Scene::new();
    let topic = |id| DeletedTopic { name: "t".into(), id };
    let mut commit = |group, id| {
        let mut request = commit_request(group, "t", 1);
        request.topics[0].topic_id = id;
        scene.send_commit(8, &request);
    };
    commit("unknown id", Uuid::ZERO);
    commit("this id", Uuid::from_halves(1, 1));
    commit("other id", Uuid::from_halves(2, 2));
    let outcome = scene.coordinator.handle_topics_deleted(&[topic(Uuid::from_halves(1, 1))]);
    assert!(!outcome.writes[0].atomic);
    scene.settle(outcome);
    assert_eq!(scene.offset("unknown id", "t"), -1);
    assert_eq!(scene.offset("this id", "t"), -1);
    assert_eq!(scene.offset("other id", "t"), 1);
}
