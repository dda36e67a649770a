//! What members of a classic group of consumers tell each other, behind a version of 16 bits.

use std::collections::BTreeMap;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use ottla_wire::protocol::consumer_assignment::{self, ConsumerProtocolAssignment};
use ottla_wire::protocol::consumer_subscription::{self, ConsumerProtocolSubscription};
use ottla_wire::{EncodeError, KafkaString, Message};

use super::TopicPartition;
use super::assignor::MemberSubscription;

/// The version in which members speak.
const VERSION: i16 = 3;

/// Why bytes of a member mean nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum ProtocolError {
    /// The bytes end within the version.
    #[error("{0} bytes are too few to hold a version")]
    NoVersion(usize),
    /// Versions count from 0.
    #[error("version {0} is negative")]
    NegativeVersion(i16),
    /// What follows the version is malformed.
    #[error("{0}")]
    Malformed(String),
}

/// Writes a subscription, its topics and partitions in order.
pub(crate) fn encode_subscription(subscription: &MemberSubscription) -> Result<Bytes, EncodeError> {
    let mut topics = subscription.topics.clone();
    topics.sort_unstable();
    let partitions = by_topic(&subscription.owned_partitions);
    let owned = |(topic, partitions)| consumer_subscription::TopicPartition { topic, partitions };
    let message = ConsumerProtocolSubscription {
        topics,
        user_data: subscription.user_data.clone(),
        owned_partitions: partitions.into_iter().map(owned).collect(),
        generation_id: subscription.generation_id.unwrap_or(-1),
        rack_id: subscription.rack_id.clone(),
    };
    with_version(&message)
}

/// Reads a subscription of any version.
pub(crate) fn decode_subscription(bytes: Bytes) -> Result<MemberSubscription, ProtocolError> {
    let message: ConsumerProtocolSubscription = read(bytes)?;
    let owned = message.owned_partitions.into_iter().map(|topic| (topic.topic, topic.partitions));
    Ok(MemberSubscription {
        topics: message.topics,
        user_data: message.user_data,
        owned_partitions: flat(owned),
        generation_id: Some(message.generation_id).filter(|generation| *generation >= 0),
        rack_id: message.rack_id.filter(|rack| !rack.is_empty()),
        group_instance_id: None,
    })
}

/// Writes an assignment.
pub(crate) fn encode_assignment(partitions: &[TopicPartition]) -> Result<Bytes, EncodeError> {
    let given = |(topic, partitions)| consumer_assignment::TopicPartition { topic, partitions };
    let assigned_partitions = by_topic(partitions).into_iter().map(given).collect();
    with_version(&ConsumerProtocolAssignment { assigned_partitions, user_data: None })
}

/// Reads an assignment of any version: the partitions, in order.
pub(crate) fn decode_assignment(bytes: Bytes) -> Result<Vec<TopicPartition>, ProtocolError> {
    let message: ConsumerProtocolAssignment = read(bytes)?;
    let given = message.assigned_partitions.into_iter().map(|topic| (topic.topic, topic.partitions));
    let mut partitions = flat(given);
    partitions.sort_unstable();
    partitions.dedup();
    Ok(partitions)
}

fn by_topic(partitions: &[TopicPartition]) -> BTreeMap<KafkaString, Vec<i32>> {
    let mut topics: BTreeMap<KafkaString, Vec<i32>> = BTreeMap::new();
    for partition in partitions {
        topics.entry(partition.topic.clone()).or_default().push(partition.partition);
    }
    for partitions in topics.values_mut() {
        partitions.sort_unstable();
    }
    topics
}

fn flat(topics: impl Iterator<Item = (KafkaString, Vec<i32>)>) -> Vec<TopicPartition> {
    let partitions = |(topic, partitions): (KafkaString, Vec<i32>)| {
        // Assignments outlive the answer that they came with.
        let topic = topic.detach();
        partitions.into_iter().map(move |partition| TopicPartition { topic: topic.clone(), partition })
    };
    topics.flat_map(partitions).collect()
}

fn with_version<M: Message>(message: &M) -> Result<Bytes, EncodeError> {
    let mut bytes = BytesMut::with_capacity(2 + message.encoded_len(VERSION)?);
    bytes.put_i16(VERSION);
    message.encode(VERSION, &mut bytes)?;
    Ok(bytes.freeze())
}

/// A newer version begins as the newest one known does.
fn read<M: Message>(mut bytes: Bytes) -> Result<M, ProtocolError> {
    let version = bytes.try_get_i16().map_err(|_| ProtocolError::NoVersion(bytes.len()))?;
    if version < 0 {
        return Err(ProtocolError::NegativeVersion(version));
    }
    M::decode_prefix(&mut bytes, version.min(VERSION))
        .map_err(|error| ProtocolError::Malformed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::assignor::MemberSubscription;

    fn partitions(text: &[(&str, i32)]) -> Vec<TopicPartition> {
        text.iter().map(|(topic, partition)| TopicPartition::new(*topic, *partition)).collect()
    }

    #[test]
    fn subscriptions_round_trip() {
        let subscription = MemberSubscription {
            topics: vec!["b".into(), "a".into()],
            user_data: Some(Bytes::from_static(b"x")),
            owned_partitions: partitions(&[("b", 1), ("a", 2), ("b", 0)]),
            generation_id: Some(4),
            rack_id: Some("r".into()),
            group_instance_id: None,
        };
        let bytes = encode_subscription(&subscription).unwrap();
        let expected: &[u8] =
            b"\0\x03\0\0\0\x02\0\x01a\0\x01b\0\0\0\x01x\0\0\0\x02\0\x01a\0\0\0\x01\0\0\0\x02\
            \0\x01b\0\0\0\x02\0\0\0\0\0\0\0\x01\0\0\0\x04\0\x01r";
        assert_eq!(bytes, expected);
        let read = decode_subscription(bytes).unwrap();
        assert_eq!(read.owned_partitions, partitions(&[("a", 2), ("b", 0), ("b", 1)]));
        assert_eq!((read.generation_id, read.rack_id), (Some(4), Some("r".into())));
    }

    #[test]
    fn old_and_newer_versions_are_read() {
        let old = Bytes::from_static(b"\0\0\0\0\0\x01\0\x01a\xff\xff\xff\xff");
        let read = decode_subscription(old).unwrap();
        assert_eq!((read.topics, read.generation_id), (vec!["a".into()], None));
        let newer = Bytes::from_static(b"\0\x09\0\0\0\x01\0\x01t\0\0\0\x01\0\0\0\x05\xff\xff\xff\xffmore");
        assert_eq!(decode_assignment(newer).unwrap(), partitions(&[("t", 5)]));
    }

    #[test]
    fn assignments_round_trip_in_order() {
        let bytes = encode_assignment(&partitions(&[("t", 3), ("s", 1), ("t", 0)])).unwrap();
        assert_eq!(decode_assignment(bytes).unwrap(), partitions(&[("s", 1), ("t", 0), ("t", 3)]));
    }

    #[test]
    fn every_cut_is_an_error() {
        let bytes = encode_assignment(&partitions(&[("t", 3)])).unwrap();
        for end in 0..bytes.len() {
            assert!(decode_assignment(bytes.slice(..end)).is_err(), "{end}");
        }
        assert_eq!(
            decode_assignment(Bytes::from_static(b"\xff\xff")),
            Err(ProtocolError::NegativeVersion(-1))
        );
    }
}
