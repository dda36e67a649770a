//! Where things stand in the body of a produce request.
//!
//! A batch is changed in place before it is appended, and the frame is the only place where its bytes are. So the body is not
//! taken apart into shared pieces, as other requests are; only ranges are noted. What is accepted is what
//! [`ProduceRequest`] accepts.

use std::ops::Range;

use bytes::Bytes;
use ottla_wire::api::produce::ProduceRequest;
use ottla_wire::{DecodeError, Uuid};

use crate::api::decode;

/// Topics are named by their ids from this version on (KIP-516).
pub(super) const TOPIC_ID_VERSION_MIN: i16 = 13;

const FLEXIBLE_VERSION_MIN: i16 = 9;

/// What stands in a produce request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    /// Where the transactional id stands, if there is one.
    pub(super) transactional_id: Option<Range<usize>>,
    /// -1 for all replicas in sync, 1 for the leader, 0 for no answer.
    pub(super) acks: i16,
    /// Milliseconds to wait for replicas.
    pub(super) timeout_ms: i32,
    /// The topics.
    pub(super) topics: Vec<TopicAt>,
    /// The partitions of all topics.
    pub(super) partitions: Vec<PartitionAt>,
}

/// One topic of a produce request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TopicAt {
    /// Where its name stands; empty where there is an id in its place.
    pub(super) name: Range<usize>,
    /// Its id; zero where there is a name in its place.
    pub(super) id: Uuid,
    /// Which of the request's partitions are its.
    pub(super) partitions: Range<usize>,
}

/// One partition of a produce request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PartitionAt {
    /// Its number.
    pub(super) index: i32,
    /// Where its records stand; none for null.
    pub(super) records: Option<Range<usize>>,
}

impl Request {
    /// Finds out where things stand in a body.
    ///
    /// # Errors
    ///
    /// If the body is malformed.
    pub(super) fn locate(body: &[u8], version: i16) -> Result<Self, DecodeError> {
        let mut walk = Walk { body, position: 0, flexible: version >= FLEXIBLE_VERSION_MIN };
        match walk.request(version) {
            Some(request) => Ok(request),
            // The decoder of all versions knows how to say what is wrong.
            None => Self::of_decoded(Bytes::copy_from_slice(body), version),
        }
    }

    /// The same of a body that was decoded as other requests are.
    fn of_decoded(body: Bytes, version: i16) -> Result<Self, DecodeError> {
        let (start, end) = (body.as_ptr() as usize, body.len());
        // A name that was not UTF-8 was replaced by another, which is not in the body; it is no topic's.
        let range = |bytes: &[u8]| match (bytes.as_ptr() as usize).checked_sub(start) {
            Some(from) if !bytes.is_empty() && from + bytes.len() <= end => from..from + bytes.len(),
            _ => 0..0,
        };
        let decoded: ProduceRequest = decode(body, version)?;
        let (mut topics, mut partitions) = (Vec::new(), Vec::new());
        for topic in &decoded.topic_data {
            let first = partitions.len();
            partitions.extend(topic.partition_data.iter().map(|partition| PartitionAt {
                index: partition.index,
                records: partition.records.as_deref().map(range),
            }));
            topics.push(TopicAt {
                name: range(topic.name.as_bytes()),
                id: topic.topic_id,
                partitions: first..partitions.len(),
            });
        }
        Ok(Self {
            transactional_id: decoded.transactional_id.as_ref().map(|id| range(id.as_bytes())),
            acks: decoded.acks,
            timeout_ms: decoded.timeout_ms,
            topics,
            partitions,
        })
    }
}

/// Walks over a body; none at its first fault.
struct Walk<'a> {
    body: &'a [u8],
    position: usize,
    flexible: bool,
}

impl Walk<'_> {
    fn request(&mut self, version: i16) -> Option<Request> {
        let transactional_id = self.string()?;
        let acks = i16::from_be_bytes(self.array()?);
        let timeout_ms = i32::from_be_bytes(self.array()?);
        let topic_count = self.count()?;
        // A topic takes more than eight bytes, a partition more than four: no count makes room for what is not there.
        let mut topics = Vec::with_capacity(topic_count.min(self.remaining() / 8));
        let mut partitions = Vec::with_capacity(topic_count.min(self.remaining() / 8));
        for _ in 0..topic_count {
            topics.push(self.topic(version, &mut partitions)?);
        }
        self.tags()?;
        // What stands behind a request is not looked at, as in Kafka.
        Some(Request { transactional_id, acks, timeout_ms, topics, partitions })
    }

    fn topic(&mut self, version: i16, partitions: &mut Vec<PartitionAt>) -> Option<TopicAt> {
        let (name, id) = match version >= TOPIC_ID_VERSION_MIN {
            true => (0..0, Uuid(self.array()?)),
            false => (self.string()??, Uuid::ZERO),
        };
        let first = partitions.len();
        for _ in 0..self.count()? {
            let index = i32::from_be_bytes(self.array()?);
            let len = self.bytes_len()?;
            let records = match len {
                Some(len) => Some(self.take(len)?),
                None => None,
            };
            self.tags()?;
            partitions.push(PartitionAt { index, records });
        }
        self.tags()?;
        Some(TopicAt { name, id, partitions: first..partitions.len() })
    }

    fn remaining(&self) -> usize {
        self.body.len() - self.position
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let array = *self.body.get(self.position..)?.first_chunk()?;
        self.position += N;
        Some(array)
    }

    fn take(&mut self, len: usize) -> Option<Range<usize>> {
        let range = self.position..self.position.checked_add(len)?;
        self.body.get(range.clone())?;
        self.position = range.end;
        Some(if len == 0 { 0..0 } else { range })
    }

    fn varint(&mut self) -> Option<u32> {
        let mut value = 0;
        for index in 0..5 {
            let [byte] = self.array()?;
            value |= u32::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// A length plus one, where everything that Java sees as negative stands for null.
    fn compact_len(&mut self) -> Option<i32> {
        Some(self.varint()?.cast_signed().wrapping_sub(1))
    }

    fn string(&mut self) -> Option<Option<Range<usize>>> {
        const STRING_MAX: i32 = i16::MAX as i32;
        let len = match self.flexible {
            true => self.compact_len()?,
            false => i16::from_be_bytes(self.array()?).into(),
        };
        match usize::try_from(len) {
            Ok(_) if len > STRING_MAX => None,
            Ok(len) => self.take(len).map(Some),
            Err(_) => Some(None),
        }
    }

    fn bytes_len(&mut self) -> Option<Option<usize>> {
        let len = match self.flexible {
            true => self.compact_len()?,
            false => i32::from_be_bytes(self.array()?),
        };
        Some(usize::try_from(len).ok())
    }

    fn count(&mut self) -> Option<usize> {
        self.bytes_len()?.filter(|count| *count <= self.remaining())
    }

    fn tags(&mut self) -> Option<()> {
        if !self.flexible {
            return Some(());
        }
        for _ in 0..self.varint()?.cast_signed().max(0) {
            self.varint()?;
            let size = self.varint()?;
            self.take(size as usize)?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use ottla_wire::api::produce::{PartitionProduceData, TopicProduceData};
    use ottla_wire::{KafkaString, Message};
    use proptest::prelude::*;

    use super::*;

    fn request(version: i16) -> ProduceRequest {
        let partition = |index, records: Option<&'static [u8]>| PartitionProduceData {
            index,
            records: records.map(Bytes::from_static),
            ..PartitionProduceData::default()
        };
        let topic = |name: &'static str, id, partition_data| TopicProduceData {
            name: if version < TOPIC_ID_VERSION_MIN {
                KafkaString::from_static(name)
            } else {
                KafkaString::EMPTY
            },
            topic_id: if version < TOPIC_ID_VERSION_MIN { Uuid::ZERO } else { Uuid::from_halves(7, id) },
            partition_data,
            ..TopicProduceData::default()
        };
        ProduceRequest {
            transactional_id: Some(KafkaString::from_static("tx")),
            acks: -1,
            timeout_ms: 30_000,
            topic_data: vec![
                topic("one", 1, vec![partition(0, Some(b"records")), partition(1, None)]),
                topic("two", 2, vec![partition(5, Some(b"")), partition(6, Some(b"more"))]),
            ],
            ..ProduceRequest::default()
        }
    }

    fn walked(body: &[u8], version: i16) -> Option<Request> {
        Walk { body, position: 0, flexible: version >= FLEXIBLE_VERSION_MIN }.request(version)
    }

    #[test]
    fn every_version_is_located() {
        for version in 3..=13 {
            let body = request(version).to_bytes(version).unwrap();
            let located = walked(&body, version).unwrap();
            assert_eq!(located, Request::of_decoded(body.clone(), version).unwrap());
            assert_eq!(located.partitions.len(), 4);
            assert_eq!(&body[located.partitions[0].records.clone().unwrap()], b"records");
        }
    }

    #[test]
    fn what_stands_behind_a_request_is_not_looked_at() {
        for version in [3, 9, 13] {
            let body = request(version).to_bytes(version).unwrap();
            let longer = [&body[..], &[0, 0xff, b'x']].concat();
            let located = Request::locate(&longer, version).unwrap();
            assert_eq!(located, Request::locate(&body, version).unwrap());
            assert_eq!(located, Request::of_decoded(longer.into(), version).unwrap());
        }
    }

    proptest! {
        /// What the one decoder takes, the other takes, and finds the same in it.
        #[test]
        fn damaged_bodies_are_seen_alike(version in 3_i16..=13, at in any::<prop::sample::Index>(), byte: u8) {
            let mut body = BytesMut::from(&request(version).to_bytes(version).unwrap()[..]);
            let at = at.index(body.len());
            body[at] = byte;
            let decoded = Request::of_decoded(body.clone().freeze(), version).ok();
            let mut walked = walked(&body, version);
            let names = walked.iter_mut().flat_map(|request| {
                request.topics.iter_mut().map(|topic| &mut topic.name).chain(&mut request.transactional_id)
            });
            for name in names {
                if std::str::from_utf8(&body[name.clone()]).is_err() {
                    *name = 0..0;
                }
            }
            prop_assert_eq!(walked, decoded);
        }
    }
}
