//! What tells of the cluster as a whole.

use ottla_wire::api::ApiKey::{
    AlterPartitionReassignments, ApiVersions, DescribeCluster, DescribeLogDirs, DescribeProducers,
    DescribeQuorum, ElectLeaders, ListConfigResources, ListGroups, ListPartitionReassignments,
    UnregisterBroker, UpdateFeatures,
};
use serde_json::json;

use super::{Script, at_edges, batches, script};
use crate::play::Play;

pub(super) const SCRIPTS: &[Script] = &[
    script("what is offered", ApiVersions, api_versions),
    script("names of client software", ApiVersions, software),
    script("versions that nobody has", ApiVersions, unknown_versions),
    script("brokers and controllers", DescribeCluster, describe_cluster),
    script("the quorum", DescribeQuorum, describe_quorum),
    script("resources with configurations", ListConfigResources, config_resources),
    script("features", UpdateFeatures, update_features),
    script("brokers that are not there", UnregisterBroker, unregister),
    script("elections", ElectLeaders, elect_leaders),
    script("reassignments", AlterPartitionReassignments, reassign),
    script("reassignments that run", ListPartitionReassignments, list_reassignments),
    script("directories", DescribeLogDirs, log_dirs),
    script("producers of a partition", DescribeProducers, producers),
    at_edges("groups before there are any", ListGroups, |play| play.ask(ListGroups, json!({})).map(drop)),
];

fn api_versions(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.ask(ApiVersions, json!({ "clientSoftwareName": "a", "clientSoftwareVersion": "1.0" }))?;
    Ok(())
}

fn software(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    let long = "x".repeat(300);
    for (name, version) in [
        ("", ""),
        ("a", ""),
        ("-a", "1"),
        ("a-", "1"),
        ("a b", "1"),
        ("a.b-c", "1.2-3"),
        ("größe", "1"),
        ("a", "_"),
        (long.as_str(), "1"),
    ] {
        play.ask(ApiVersions, json!({ "clientSoftwareName": name, "clientSoftwareVersion": version }))?;
    }
    Ok(())
}

fn unknown_versions(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    for version in [5, 6, 99, i16::MAX, -1, i16::MIN] {
        play.ask_bytes(ApiVersions, version, b"")?;
        play.ask_bytes(ApiVersions, version, b"\x02a\x021\0")?;
    }
    Ok(())
}

fn describe_cluster(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    for endpoint in [1, 2, 0, 3, -1] {
        for flag in [false, true] {
            let body = json!({
                "endpointType": endpoint,
                "includeClusterAuthorizedOperations": flag,
                "includeFencedBrokers": flag,
            });
            play.ask(DescribeCluster, body)?;
        }
    }
    Ok(())
}

fn describe_quorum(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    for (topic, partition) in [("__cluster_metadata", 0), ("__cluster_metadata", 1), ("other", 0)] {
        let body = json!({
            "topics": [{ "topicName": topic, "partitions": [{ "partitionIndex": partition }] }],
        });
        play.ask(DescribeQuorum, body)?;
    }
    let partition = json!({ "partitionIndex": 0 });
    let topic = json!({ "topicName": "__cluster_metadata", "partitions": [partition, partition] });
    play.ask(DescribeQuorum, json!({ "topics": [topic] }))?;
    play.ask(DescribeQuorum, json!({ "topics": [] }))?;
    Ok(())
}

fn config_resources(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    for types in
        [json!([]), json!([2]), json!([4]), json!([8]), json!([16]), json!([32]), json!([0]), json!([99])]
    {
        play.ask(ListConfigResources, json!({ "resourceTypes": types }))?;
    }
    play.ask(ListConfigResources, json!({ "resourceTypes": [4, 8, 4] }))?;
    Ok(())
}

fn update_features(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    let updates = [
        ("metadata.version", 30, 1),
        ("metadata.version", 99, 1),
        ("metadata.version", 0, 1),
        ("metadata.version", 1, 2),
        ("metadata.version", -1, 1),
        ("nobody.version", 1, 1),
        ("nobody.version", 0, 2),
        ("group.version", 1, 1),
        ("group.version", 2, 1),
        ("group.version", 1, 0),
        ("group.version", 1, 9),
        ("", 1, 1),
    ];
    for (feature, level, upgrade) in updates {
        let update = json!({
            "feature": feature,
            "maxVersionLevel": level,
            "upgradeType": upgrade,
            "allowDowngrade": upgrade != 1,
        });
        play.ask(
            UpdateFeatures,
            json!({ "timeoutMs": 1000, "featureUpdates": [update], "validateOnly": true }),
        )?;
    }
    let update = json!({ "feature": "group.version", "maxVersionLevel": 1, "upgradeType": 1 });
    play.ask(
        UpdateFeatures,
        json!({ "timeoutMs": 1000, "featureUpdates": [update, update], "validateOnly": true }),
    )?;
    play.ask(UpdateFeatures, json!({ "timeoutMs": 1000, "featureUpdates": [] }))?;
    Ok(())
}

fn unregister(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    for id in [0, 7, -1, i32::MAX] {
        play.ask(UnregisterBroker, json!({ "brokerId": id }))?;
    }
    Ok(())
}

fn elect_leaders(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 2)?;
    for kind in [0, 1, 2, -1] {
        let partitions =
            json!([{ "topic": "t@", "partitions": [0, 1, 2] }, { "topic": "absent@", "partitions": [0] }]);
        play.ask(
            ElectLeaders,
            json!({ "electionType": kind, "topicPartitions": partitions, "timeoutMs": 1000 }),
        )?;
    }
    for partitions in [
        json!([]),
        json!([{ "topic": "t@", "partitions": [] }]),
        json!([{ "topic": "t@", "partitions": [0, 0] }]),
    ] {
        play.ask(
            ElectLeaders,
            json!({ "electionType": 0, "topicPartitions": partitions, "timeoutMs": 1000 }),
        )?;
    }
    Ok(())
}

fn reassign(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 2)?;
    let to = [json!([1]), json!([2]), json!([1, 2]), json!([1, 1]), json!([-1]), json!([]), json!(null)];
    for replicas in to {
        for (topic, partition) in [("t@", 0), ("t@", 9), ("absent@", 0), ("", 0)] {
            let partitions = json!([{ "partitionIndex": partition, "replicas": replicas }]);
            let topics = json!([{ "name": topic, "partitions": partitions }]);
            play.ask(AlterPartitionReassignments, json!({ "timeoutMs": 1000, "topics": topics }))?;
        }
    }
    let partition = json!({ "partitionIndex": 0, "replicas": [1] });
    let topic = json!({ "name": "t@", "partitions": [partition, partition] });
    play.ask(AlterPartitionReassignments, json!({ "timeoutMs": 1000, "topics": [topic, topic] }))?;
    play.ask(AlterPartitionReassignments, json!({ "timeoutMs": 1000, "topics": [] }))?;
    Ok(())
}

fn list_reassignments(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 2)?;
    for topics in [
        json!(null),
        json!([]),
        json!([{ "name": "t@", "partitionIndexes": [0, 1, 9] }]),
        json!([{ "name": "absent@", "partitionIndexes": [0] }]),
        json!([{ "name": "t@", "partitionIndexes": [] }]),
    ] {
        play.ask(ListPartitionReassignments, json!({ "timeoutMs": 1000, "topics": topics }))?;
    }
    Ok(())
}

fn log_dirs(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 2)?;
    play.produce("t", 0, batches::text(&batches::plain(3, batches::TIME)?))?;
    for topics in [
        json!([]),
        json!([{ "topic": "t@", "partitions": [0, 1] }]),
        json!([{ "topic": "t@", "partitions": [9] }]),
        json!([{ "topic": "t@", "partitions": [] }]),
        json!([{ "topic": "absent@", "partitions": [0] }]),
        json!([{ "topic": "t@", "partitions": [0] }, { "topic": "t@", "partitions": [0] }]),
    ] {
        play.ask(DescribeLogDirs, json!({ "topics": topics }))?;
    }
    Ok(())
}

fn producers(play: &mut Play<'_, '_>) -> anyhow::Result<()> {
    play.topic("t", 2)?;
    for sequence in [0, 2] {
        let batch = batches::sequenced(play.producer_id(), 0, sequence)?;
        play.produce("t", 0, batches::text(&batch))?;
    }
    for topics in [
        json!([{ "name": "t@", "partitionIndexes": [0, 1] }]),
        json!([{ "name": "t@", "partitionIndexes": [9] }]),
        json!([{ "name": "absent@", "partitionIndexes": [0] }]),
        json!([{ "name": "", "partitionIndexes": [0] }]),
        json!([{ "name": "t@", "partitionIndexes": [] }]),
        json!([]),
    ] {
        play.ask(DescribeProducers, json!({ "topics": topics }))?;
    }
    Ok(())
}
