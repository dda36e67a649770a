//! Configurations: described and altered.

use ottla_wire::api::alter_configs::{self, AlterConfigsRequest};
use ottla_wire::api::describe_configs::{
    DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResult,
};
use ottla_wire::api::incremental_alter_configs::{
    AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest,
};
use ottla_wire::api::list_config_resources::ListConfigResourcesRequest;
use ottla_wire::api::{ApiKey, ResponseBody};
use ottla_wire::{ErrorCode, KafkaString};

use super::Node;

impl Node {
    fn describe(&self, resource_type: i8, name: &str) -> DescribeConfigsResult {
        let resource = DescribeConfigsResource {
            resource_type,
            resource_name: KafkaString::from(name),
            configuration_keys: None,
            ..DescribeConfigsResource::default()
        };
        let request = DescribeConfigsRequest {
            resources: vec![resource],
            include_synonyms: true,
            include_documentation: true,
            ..DescribeConfigsRequest::default()
        };
        match self.ask(ApiKey::DescribeConfigs, 4, &request) {
            ResponseBody::DescribeConfigs(mut response) => response.results.remove(0),
            other => panic!("{other:?}"),
        }
    }

    fn value(&self, resource_type: i8, name: &str, key: &str) -> (Option<KafkaString>, i8) {
        let result = self.describe(resource_type, name);
        let entry = result.configs.into_iter().find(|entry| entry.name == key).unwrap();
        (entry.value, entry.config_source)
    }

    fn alter(&self, resources: Vec<AlterConfigsResource>) -> Vec<(i16, Option<String>)> {
        let request = IncrementalAlterConfigsRequest { resources, ..Default::default() };
        match self.ask(ApiKey::IncrementalAlterConfigs, 1, &request) {
            ResponseBody::IncrementalAlterConfigs(response) => response
                .responses
                .into_iter()
                .map(|response| (response.error_code, response.error_message.map(String::from)))
                .collect(),
            other => panic!("{other:?}"),
        }
    }
}

fn set(resource_type: i8, name: &str, key: &str, value: Option<&str>) -> AlterConfigsResource {
    let config = AlterableConfig {
        name: KafkaString::from(key),
        value: value.map(KafkaString::from),
        ..AlterableConfig::default()
    };
    AlterConfigsResource {
        resource_type,
        resource_name: KafkaString::from(name),
        configs: vec![config],
        ..AlterConfigsResource::default()
    }
}

#[test]
fn who_names_no_keys_is_told_of_all() {
    let node = Node::start();
    node.create("a");
    let all = node.describe(2, "a").configs.len();
    let resource = DescribeConfigsResource {
        resource_type: 2,
        resource_name: KafkaString::from("a"),
        configuration_keys: Some(Vec::new()),
        ..DescribeConfigsResource::default()
    };
    let request = DescribeConfigsRequest { resources: vec![resource], ..DescribeConfigsRequest::default() };
    let ResponseBody::DescribeConfigs(response) = node.ask(ApiKey::DescribeConfigs, 4, &request) else {
        panic!()
    };
    assert_eq!(response.results[0].configs.len(), all);
    node.stop();
}

#[test]
fn configurations_are_altered_and_described() {
    let node = Node::start();
    node.create("a");
    assert_eq!(node.value(2, "a", "retention.ms"), (Some(KafkaString::from("604800000")), 5));
    let results = node.alter(vec![
        set(2, "a", "retention.ms", Some("1000")),
        set(4, "1", "log.cleaner.threads", Some("2")),
        set(4, "", "log.cleaner.threads", Some("1")),
        set(32, "g", "consumer.session.timeout.ms", Some("50000")),
        set(16, "m", "interval.ms", Some("60000")),
    ]);
    assert!(results.iter().all(|(error, _)| *error == 0), "{results:?}");
    assert_eq!(node.value(2, "a", "retention.ms"), (Some(KafkaString::from("1000")), 1));
    assert_eq!(node.value(4, "1", "log.cleaner.threads"), (Some(KafkaString::from("2")), 2));
    assert_eq!(node.value(4, "", "log.cleaner.threads"), (Some(KafkaString::from("1")), 3));
    assert_eq!(node.value(32, "g", "consumer.session.timeout.ms").0, Some(KafkaString::from("50000")));
    assert_eq!(node.value(16, "m", "interval.ms").0, Some(KafkaString::from("60000")));
    for version in node.versions(ApiKey::ListConfigResources) {
        let ResponseBody::ListConfigResources(response) =
            node.ask(ApiKey::ListConfigResources, version, &ListConfigResourcesRequest::default())
        else {
            panic!()
        };
        let mut listed: Vec<_> = response.config_resources.iter().map(|r| r.resource_name.as_str()).collect();
        listed.sort_unstable();
        assert_eq!(listed, if version == 0 { &["m"][..] } else { &["1", "1", "a", "g", "m"][..] });
    }
    node.stop();
}

#[test]
fn every_version_of_the_configuration_apis_is_answered() {
    let node = Node::start();
    node.create("a");
    for version in node.versions(ApiKey::DescribeConfigs) {
        let resource = DescribeConfigsResource {
            resource_type: 2,
            resource_name: KafkaString::from("a"),
            configuration_keys: Some(vec![KafkaString::from("cleanup.policy")]),
            ..Default::default()
        };
        let request = DescribeConfigsRequest { resources: vec![resource], ..Default::default() };
        let ResponseBody::DescribeConfigs(response) = node.ask(ApiKey::DescribeConfigs, version, &request)
        else {
            panic!()
        };
        assert_eq!(response.results[0].configs.len(), 1);
        assert_eq!(response.results[0].configs[0].value.as_deref(), Some("delete"));
        assert!(response.results[0].configs[0].synonyms.is_empty());
    }
    for version in node.versions(ApiKey::AlterConfigs) {
        let config = alter_configs::AlterableConfig {
            name: KafkaString::from("retention.ms"),
            value: Some(KafkaString::from(format!("{}", 1000 + i32::from(version)))),
            ..Default::default()
        };
        let resource = alter_configs::AlterConfigsResource {
            resource_type: 2,
            resource_name: KafkaString::from("a"),
            configs: vec![config],
            ..Default::default()
        };
        let request = AlterConfigsRequest { resources: vec![resource], ..Default::default() };
        let ResponseBody::AlterConfigs(response) = node.ask(ApiKey::AlterConfigs, version, &request) else {
            panic!()
        };
        assert_eq!(response.responses[0].error_code, 0);
    }
    assert_eq!(node.value(2, "a", "retention.ms").0, Some(KafkaString::from("1002")));
    for version in node.versions(ApiKey::IncrementalAlterConfigs) {
        let delete = AlterableConfig {
            name: KafkaString::from("retention.ms"),
            config_operation: 1,
            value: None,
            ..Default::default()
        };
        let resource = AlterConfigsResource { configs: vec![delete], ..set(2, "a", "x", None) };
        let request = IncrementalAlterConfigsRequest { resources: vec![resource], ..Default::default() };
        let ResponseBody::IncrementalAlterConfigs(response) =
            node.ask(ApiKey::IncrementalAlterConfigs, version, &request)
        else {
            panic!()
        };
        assert_eq!(response.responses[0].error_code, 0);
    }
    assert_eq!(node.value(2, "a", "retention.ms").1, 5);
    node.stop();
}

#[test]
fn mistakes_in_configurations_are_told_in_kafkas_words() {
    let node = Node::start();
    node.create("a");
    let invalid = ErrorCode::InvalidRequest.number();
    let check = |resource: AlterConfigsResource, error: i16, message: &str| {
        let results = node.alter(vec![resource]);
        let (found, text) = &results[0];
        assert_eq!(*found, error, "{text:?}");
        assert!(text.as_deref().unwrap_or_default().contains(message), "{text:?}");
    };
    check(set(2, "a", "retention.ms", None), invalid, "Null value not supported for : retention.ms");
    check(
        set(4, "2", "log.cleaner.threads", Some("1")),
        invalid,
        "Unexpected broker id, expected 1, but received 2",
    );
    check(set(4, "x", "log.cleaner.threads", Some("1")), invalid, "Node id must be an integer, but it is: x");
    check(set(4, "1", "log.dirs", Some("/x")), invalid, "");
    check(set(99, "a", "x", Some("1")), invalid, "Unknown resource type 99");
    check(
        set(8, "1", "kafka", Some("DEBUG")),
        ErrorCode::InvalidConfig.number(),
        "Logger kafka does not exist!",
    );
    check(set(2, "nope", "retention.ms", Some("1")), ErrorCode::UnknownTopicOrPartition.number(), "");
    check(set(2, "a", "retention.ms", Some("x")), ErrorCode::InvalidConfig.number(), "retention.ms");
    let twice = vec![set(2, "a", "retention.ms", Some("1")), set(2, "a", "retention.ms", Some("2"))];
    let results = node.alter(twice);
    assert!(results.iter().all(|(error, message)| {
        *error == invalid && message.as_deref() == Some("Each resource must appear at most once.")
    }));

    let refused = |resource_type, name: &str| {
        let result = node.describe(resource_type, name);
        (result.error_code, result.error_message.map(String::from).unwrap_or_default())
    };
    let text = |text: &str| text.to_owned();
    assert_eq!(refused(2, "nope"), (ErrorCode::UnknownTopicOrPartition.number(), String::new()));
    assert_eq!(refused(2, "a b").0, ErrorCode::InvalidTopicException.number());
    assert_eq!(
        refused(4, "2"),
        (invalid, text("Unexpected broker id, expected 1 or empty string, but received 2"))
    );
    assert_eq!(refused(4, "x"), (invalid, text("Broker id must be an integer, but it is: x")));
    assert_eq!(refused(8, ""), (invalid, text("Broker id must not be empty")));
    assert_eq!(refused(32, ""), (invalid, text("Group name must not be empty")));
    assert_eq!(refused(16, ""), (invalid, text("Client metrics subscription name must not be empty")));
    assert_eq!(refused(99, "a").0, invalid);
    assert_eq!(node.describe(8, "1").configs[0].name, "root");
    node.stop();
}
