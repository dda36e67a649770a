//! A node whose metadata comes from the test.

use ottla_controller::image::{MetadataLoader, Provenance};
use ottla_record::{LeaderEpoch, Offset};
use ottla_wire::Uuid;
use ottla_wire::messages::{PartitionChangeRecord, PartitionRecord, RegisterBrokerRecord, TopicRecord};
use ottla_wire::metadata::MetadataRecord;
use ottla_wire::metadata::register_broker::BrokerEndpoint;

use crate::testing::{NODE, NOW, Rig};

/// A node whose metadata comes from the test.
pub(crate) struct MetadataScene {
    pub(crate) rig: Rig,
    loader: MetadataLoader,
    next_offset: i64,
}

impl MetadataScene {
    /// A node that is registered and has no topics.
    pub(crate) fn new(config: &str) -> Self {
        Self::on(Rig::with_config(config))
    }

    pub(crate) fn on(rig: Rig) -> Self {
        let mut scene = Self { rig, loader: MetadataLoader::new(), next_offset: 0 };
        let end_point = BrokerEndpoint {
            name: "PLAINTEXT".into(),
            host: "localhost".into(),
            port: 9092,
            ..BrokerEndpoint::default()
        };
        scene.apply(vec![
            RegisterBrokerRecord {
                broker_id: NODE,
                end_points: vec![end_point],
                fenced: false,
                ..RegisterBrokerRecord::default()
            }
            .into(),
        ]);
        scene
    }

    /// Publishes records as the metadata thread does.
    pub(crate) fn apply(&mut self, records: Vec<MetadataRecord>) {
        for record in records {
            let provenance =
                Provenance { offset: Offset(self.next_offset), epoch: LeaderEpoch(1), timestamp: NOW };
            self.loader.replay(provenance, &record).unwrap();
            self.next_offset += 1;
        }
        let delta = self.loader.publish().unwrap();
        self.rig.broker.metadata.publish(delta.image.clone());
        self.rig.broker.partitions.apply(&delta);
        self.rig.broker.groups.apply(&delta);
        self.rig.broker.transactions.apply(&delta);
    }

    pub(crate) fn create(&mut self, name: &'static str, id: Uuid, partitions: i32) {
        let topic = TopicRecord { name: name.into(), topic_id: id, ..TopicRecord::default() };
        let partitions = (0..partitions).map(|partition_id| {
            PartitionRecord {
                partition_id,
                topic_id: id,
                replicas: vec![NODE],
                isr: vec![NODE],
                leader: NODE,
                leader_epoch: 0,
                partition_epoch: 0,
                ..PartitionRecord::default()
            }
            .into()
        });
        self.apply(std::iter::once(topic.into()).chain(partitions).collect());
    }

    /// Another epoch begins on all partitions of a topic.
    pub(crate) fn next_epoch(&mut self, topic_id: Uuid, partitions: i32) {
        let change = |partition_id| {
            PartitionChangeRecord { partition_id, topic_id, leader: NODE, ..PartitionChangeRecord::default() }
                .into()
        };
        self.apply((0..partitions).map(change).collect());
    }
}
