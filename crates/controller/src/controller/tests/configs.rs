use ottla_wire::api::alter_configs::{
    AlterConfigsRequest, AlterConfigsResource as ReplacedResource, AlterableConfig as ReplacedConfig,
};
use ottla_wire::api::incremental_alter_configs::{
    AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest,
};

use super::*;
use crate::image::ConfigResource;

/// A key, the number of an operation and a value.
type ConfigChange<'a> = (&'a str, i8, Option<&'a str>);

const TOPIC: i8 = 2;
const BROKER: i8 = 4;

fn alter(cluster: &mut Cluster, resource_type: i8, name: &str, configs: &[ConfigChange<'_>]) -> ErrorCode {
    let config = |&(name, config_operation, value): &ConfigChange<'_>| AlterableConfig {
        name: name.into(),
        config_operation,
        value: value.map(Into::into),
        ..AlterableConfig::default()
    };
    let resource = AlterConfigsResource {
        resource_type,
        resource_name: name.into(),
        configs: configs.iter().map(config).collect(),
        ..AlterConfigsResource::default()
    };
    let request = IncrementalAlterConfigsRequest { resources: vec![resource], ..Default::default() };
    let outcome = cluster.controller.handle_incremental_alter_configs(cluster.now, &request, Via::Broker);
    let response = cluster.apply(outcome);
    assert_eq!(response.responses.len(), 1);
    ErrorCode::from(response.responses[0].error_code)
}

fn replace(cluster: &mut Cluster, name: &str, configs: &[(&str, &str)]) -> ErrorCode {
    let config = |&(name, value): &(&str, &str)| ReplacedConfig {
        name: name.into(),
        value: Some(value.into()),
        ..ReplacedConfig::default()
    };
    let resource = ReplacedResource {
        resource_type: TOPIC,
        resource_name: name.into(),
        configs: configs.iter().map(config).collect(),
        ..ReplacedResource::default()
    };
    let request = AlterConfigsRequest { resources: vec![resource], ..Default::default() };
    let outcome = cluster.controller.handle_alter_configs(cluster.now, &request, Via::Broker);
    ErrorCode::from(cluster.apply(outcome).responses[0].error_code)
}

fn value(cluster: &Cluster, resource: &ConfigResource, key: &str) -> Option<String> {
    cluster.image().configs().value(resource, key).map(|value| value.to_string())
}

#[test]
fn values_are_set_and_deleted() {
    let mut cluster = Cluster::with_brokers(1);
    cluster.create_assigned("t", &[&[1]]);
    let topic = ConfigResource::topic("t");
    let set = [("retention.ms", 0, Some("7")), ("cleanup.policy", 2, Some("compact"))];
    assert_eq!(alter(&mut cluster, TOPIC, "t", &set), ErrorCode::None);
    assert_eq!(value(&cluster, &topic, "cleanup.policy").unwrap(), "delete,compact");
    assert_eq!(alter(&mut cluster, TOPIC, "t", &set), ErrorCode::None);
    assert!(cluster.last.is_empty(), "all is so already");
    let unset = [("retention.ms", 1, None), ("cleanup.policy", 3, Some("delete"))];
    assert_eq!(alter(&mut cluster, TOPIC, "t", &unset), ErrorCode::None);
    assert_eq!(value(&cluster, &topic, "retention.ms"), None);
    assert_eq!(value(&cluster, &topic, "cleanup.policy").unwrap(), "compact");
}

#[test]
fn what_is_not_valid_is_refused() {
    let mut cluster = Cluster::with_brokers(1);
    cluster.create_assigned("t", &[&[1]]);
    use ErrorCode as E;
    let cases: [(i8, &str, &[ConfigChange<'_>], E); 11] = [
        (TOPIC, "t", &[("retention.ms", 0, Some("x"))], E::InvalidConfig),
        (TOPIC, "t", &[("no.such", 0, Some("x"))], E::InvalidConfig),
        (TOPIC, "t", &[("retention.ms", 2, Some("1"))], E::InvalidConfig),
        (TOPIC, "t", &[("retention.ms", 9, Some("1"))], E::InvalidRequest),
        (TOPIC, "t", &[("retention.ms", 0, None)], E::InvalidRequest),
        (TOPIC, "u", &[("retention.ms", 0, Some("1"))], E::UnknownTopicOrPartition),
        (TOPIC, "", &[("retention.ms", 0, Some("1"))], E::InvalidRequest),
        (BROKER, "9", &[("log.retention.ms", 0, Some("1"))], E::BrokerIdNotRegistered),
        (BROKER, "x", &[("log.retention.ms", 0, Some("1"))], E::InvalidRequest),
        (BROKER, "-2", &[("log.retention.ms", 0, Some("1"))], E::InvalidRequest),
        (77, "x", &[("retention.ms", 0, Some("1"))], E::UnsupportedVersion),
    ];
    for (resource_type, name, configs, code) in cases {
        assert_eq!(alter(&mut cluster, resource_type, name, configs), code, "{name} {configs:?}");
        assert!(cluster.last.is_empty());
    }
}

#[test]
fn brokers_keep_values_for_one_and_for_all() {
    let mut cluster = Cluster::with_brokers(2);
    let set = [("log.retention.ms", 0, Some("7"))];
    assert_eq!(alter(&mut cluster, BROKER, "2", &set), ErrorCode::None);
    assert_eq!(alter(&mut cluster, BROKER, "", &set), ErrorCode::None);
    assert_eq!(alter(&mut cluster, BROKER, "", &set), ErrorCode::None);
    assert_eq!(cluster.last.len(), 1, "brokers are told even what they know");
    assert_eq!(value(&cluster, &ConfigResource::broker(2), "log.retention.ms").unwrap(), "7");
    assert_eq!(value(&cluster, &ConfigResource::ALL_BROKERS, "log.retention.ms").unwrap(), "7");
}

#[test]
fn the_old_api_replaces_everything() {
    let mut cluster = Cluster::with_brokers(1);
    cluster.create_assigned("t", &[&[1]]);
    let topic = ConfigResource::topic("t");
    assert_eq!(replace(&mut cluster, "t", &[("retention.ms", "5"), ("segment.ms", "6")]), ErrorCode::None);
    assert_eq!(replace(&mut cluster, "t", &[("segment.ms", "7")]), ErrorCode::None);
    assert_eq!(value(&cluster, &topic, "retention.ms"), None);
    assert_eq!(value(&cluster, &topic, "segment.ms").unwrap(), "7");
    assert_eq!(replace(&mut cluster, "t", &[]), ErrorCode::None);
    assert_eq!(cluster.image().configs().values(&topic), None);
    assert_eq!(replace(&mut cluster, "t", &[("segment.ms", "x")]), ErrorCode::InvalidConfig);
}

#[test]
fn a_resource_named_twice_is_left_alone() {
    let mut cluster = Cluster::with_brokers(1);
    cluster.create_assigned("t", &[&[1]]);
    let resource = AlterConfigsResource {
        resource_type: TOPIC,
        resource_name: "t".into(),
        ..AlterConfigsResource::default()
    };
    let request = IncrementalAlterConfigsRequest { resources: vec![resource; 3], ..Default::default() };
    let outcome = cluster.controller.handle_incremental_alter_configs(cluster.now, &request, Via::Broker);
    let response = cluster.apply(outcome);
    assert_eq!(response.responses.len(), 1);
    assert_code(response.responses[0].error_code, ErrorCode::InvalidRequest);
}

#[test]
fn with_elr_the_size_of_a_promise_is_the_clusters() {
    let mut cluster = Cluster::with_elr(2);
    cluster.create_assigned("t", &[&[1, 2]]);
    cluster.fence(2);
    assert_eq!(cluster.state("t", 0), (1, vec![1], vec![2]));
    let set = [("min.insync.replicas", 0, Some("1"))];
    assert_eq!(alter(&mut cluster, BROKER, "1", &set), ErrorCode::InvalidConfig);
    let unset = [("min.insync.replicas", 1, None)];
    assert_eq!(alter(&mut cluster, BROKER, "", &unset), ErrorCode::InvalidConfig);
    assert_eq!(alter(&mut cluster, TOPIC, "t", &set), ErrorCode::None);
    assert_eq!(cluster.state("t", 0), (1, vec![1], vec![]), "eligible by another size");
    cluster.controller.invariants();
}

#[test]
fn keys_that_this_release_does_not_know_fall_away() {
    let mut cluster = Cluster::with_brokers(1);
    cluster.create_assigned("t", &[&[1]]);
    let topic = ConfigResource::topic("t");
    let old = super::super::configs::record(&topic, "message.format.version", Some("2.8"));
    cluster.replay(&old.record);
    assert_eq!(cluster.image().configs().values(&topic), None);
}
