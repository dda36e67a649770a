//! Steps that many scripts begin with.

use anyhow::ensure;
use ottla_wire::api::ApiKey;
use serde_json::{Value, json};

use super::Play;
use crate::answer::Answer;

/// Names enough to be those of all partitions of coordinators' topics, of which the nodes have three at most.
const WARM_UP: usize = 12;

impl Play<'_, '_> {
    /// Creates the topic `name@`, waits until it has leaders, and keeps its id under `name`.
    pub(crate) fn topic(&mut self, name: &str, partitions: i32) -> anyhow::Result<()> {
        self.topic_with(name, partitions, &[])
    }

    /// The same, with settings. Records stay, however old they say that they are.
    pub(crate) fn topic_with(
        &mut self,
        name: &str,
        partitions: i32,
        configs: &[(&str, &str)],
    ) -> anyhow::Result<()> {
        let configs: Vec<Value> = [("retention.ms", "-1")]
            .iter()
            .chain(configs)
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect();
        let full = format!("{name}@");
        let topic = json!({
            "name": full, "numPartitions": partitions, "replicationFactor": 1, "configs": configs,
        });
        let created = self.ask(ApiKey::CreateTopics, json!({ "topics": [topic], "timeoutMs": 20000 }))?;
        for answer in &created {
            ensure!(*answer.field("/topics/0/errorCode") == 0, "topic {full} is not created: {answer}");
        }
        self.leaders(&full, partitions)?;
        let body = json!({ "topics": [{ "name": full }], "allowAutoTopicCreation": false });
        let version = self.stage.duo.versions(ApiKey::Metadata).map_or(12, |versions| versions.last);
        let told = self.ask_at(ApiKey::Metadata, version, body)?;
        self.keep(name, &told, "/topics/0/topicId")
    }

    /// Waits until the last partition of a topic has a leader.
    fn leaders(&mut self, topic: &str, partitions: i32) -> anyhow::Result<()> {
        for partition in 0..partitions {
            let body = json!({
                "replicaId": -1,
                "topics": [{
                    "name": topic,
                    "partitions": [{ "partitionIndex": partition, "timestamp": -1, "currentLeaderEpoch": -1 }],
                }],
            });
            self.until(ApiKey::ListOffsets, body, "/topics/0/partitions/0/errorCode", &json!(0))?;
        }
        Ok(())
    }

    /// Writes records to a partition of the topic that was kept under `name`, with acks of all.
    pub(crate) fn produce(
        &mut self,
        name: &str,
        partition: i32,
        records: Value,
    ) -> anyhow::Result<[Answer; 2]> {
        let body = produce_body(name, partition, -1, records);
        self.ask(ApiKey::Produce, body)
    }

    /// Waits until all coordinators of groups and transactions have read their logs: which they do when they are first
    /// asked for, and who asks before is sent away.
    pub(crate) fn warm_up(&mut self) -> anyhow::Result<()> {
        // Kafka's node has ids of producers to give when it has asked its controller for them.
        let anonymous = json!({
            "transactionalId": null, "transactionTimeoutMs": 1000, "producerId": -1, "producerEpoch": -1,
        });
        self.until(ApiKey::InitProducerId, anonymous, "/errorCode", &json!(0))?;
        for number in 0..WARM_UP {
            let name = format!("warm-{number}");
            self.coordinator(&name)?;
            if self.stage.duo.versions(ApiKey::EndTxn).is_some() {
                let find = json!({ "keyType": 1, "coordinatorKeys": [name] });
                self.until(ApiKey::FindCoordinator, find, "/coordinators/0/errorCode", &json!(0))?;
                // No such transaction, in version 1 of what is known since the first.
                let ended = json!({ "transactionalId": name, "producerId": 1, "producerEpoch": 0 });
                self.until(ApiKey::EndTxn, ended, "/errorCode", &json!(49))?;
            }
        }
        Ok(())
    }

    /// Asks for a group's coordinator until there is one.
    pub(crate) fn coordinator(&mut self, group: &str) -> anyhow::Result<()> {
        let body = json!({ "key": group, "keyType": 0, "coordinatorKeys": [group] });
        let version = self.version(ApiKey::FindCoordinator)?;
        let pointer = if version < 4 { "/errorCode" } else { "/coordinators/0/errorCode" };
        self.until(ApiKey::FindCoordinator, body, pointer, &json!(0))?;
        // That it was found does not say yet that it has read its log.
        let stranger = json!({ "groupId": group, "generationId": 0, "memberId": "nobody" });
        self.until(ApiKey::Heartbeat, stranger, "/errorCode", &json!(25)).map(drop)
    }
}

/// A Produce of one batch.
pub(crate) fn produce_body(name: &str, partition: i32, acks: i16, records: Value) -> Value {
    json!({
        "acks": acks,
        "timeoutMs": 10000,
        "topicData": [{
            "name": format!("{name}@"),
            "topicId": format!("${name}"),
            "partitionData": [{ "index": partition, "records": records }],
        }],
    })
}
