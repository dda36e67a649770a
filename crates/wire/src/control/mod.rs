//! Control records: records that Kafka itself puts into a log, in batches of their own.
//!
//! The key of each names its [`ControlRecordType`]. [`ControlRecord`] is the value of any of them.

use bytes::{Bytes, BytesMut};

use crate::Message;
use crate::error::{DecodeError, DecodeFailure, EncodeError};
use crate::records::{put_prefix, take_prefix};

pub mod end_txn_marker;
pub mod kraft_version;
pub mod leader_change;
pub mod record_type;
pub mod snapshot;
pub mod voters;

use end_txn_marker::EndTxnMarker;
use kraft_version::KRaftVersionRecord;
use leader_change::LeaderChangeMessage;
use record_type::ControlRecordTypeSchema;
use snapshot::{SnapshotFooterRecord, SnapshotHeaderRecord};
use voters::VotersRecord;

/// The number in a control record's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum ControlRecordType {
    /// Ends a transaction, and its records are to be skipped.
    Abort = 0,
    /// Ends a transaction, and its records are to be read.
    Commit = 1,
    /// The leader of a quorum opens its epoch.
    LeaderChange = 2,
    /// The first record of a snapshot.
    SnapshotHeader = 3,
    /// The last record of a snapshot.
    SnapshotFooter = 4,
    /// Sets the version of the quorum protocol (KIP-853).
    KraftVersion = 5,
    /// Sets the voters of the quorum (KIP-853).
    KraftVoters = 6,
}

impl ControlRecordType {
    /// All types, by number.
    pub const ALL: [Self; 7] = [
        Self::Abort,
        Self::Commit,
        Self::LeaderChange,
        Self::SnapshotHeader,
        Self::SnapshotFooter,
        Self::KraftVersion,
        Self::KraftVoters,
    ];

    /// Reads a control record's key: a version in 16 bits, and the type in 16 bits. `None` for a type of a
    /// later release, whose records are to be passed over.
    ///
    /// A version above the known one is read like it: later ones may only append fields.
    ///
    /// # Errors
    ///
    /// The key is too short or its version is negative.
    pub fn from_key(mut key: Bytes) -> Result<Option<Self>, DecodeError> {
        const KEY: &str = "control record key";
        let version = take_prefix(KEY, &mut key)?;
        if version < 0 {
            let reason = format!("version {version}, expected 0 or more");
            return Err(DecodeFailure::Frame { frame: KEY, reason }.into());
        }
        let ControlRecordTypeSchema { r#type } = Message::decode_prefix(&mut key, 0)?;
        Ok(Self::ALL.into_iter().find(|known| known.number() == r#type))
    }

    /// A control record's key.
    pub fn to_key(self) -> [u8; 4] {
        let [high, low] = self.number().to_be_bytes();
        [0, 0, high, low]
    }

    /// The number in the key.
    pub const fn number(self) -> i16 {
        self as i16
    }
}

/// The value of a control record.
#[derive(Clone, Debug, PartialEq)]
pub enum ControlRecord {
    /// The marker that aborts a transaction.
    Abort(EndTxnMarker),
    /// The marker that commits a transaction.
    Commit(EndTxnMarker),
    /// The leader of a quorum opens its epoch.
    LeaderChange(LeaderChangeMessage),
    /// The first record of a snapshot.
    SnapshotHeader(SnapshotHeaderRecord),
    /// The last record of a snapshot.
    SnapshotFooter(SnapshotFooterRecord),
    /// The version of the quorum protocol.
    KraftVersion(KRaftVersionRecord),
    /// The voters of the quorum.
    KraftVoters(VotersRecord),
}

impl ControlRecord {
    /// Reads the value of a control record of this type.
    ///
    /// A transaction marker is behind its version in 16 bits; the others begin with a field that tells their
    /// version. A version above the highest known one is read like that one, since later ones only append.
    ///
    /// # Errors
    ///
    /// The value is malformed.
    pub fn decode(record_type: ControlRecordType, bytes: Bytes) -> Result<Self, DecodeError> {
        Ok(match record_type {
            ControlRecordType::Abort => Self::Abort(decode_marker(bytes)?),
            ControlRecordType::Commit => Self::Commit(decode_marker(bytes)?),
            ControlRecordType::LeaderChange => Self::LeaderChange(decode_versioned(bytes)?),
            ControlRecordType::SnapshotHeader => Self::SnapshotHeader(decode_versioned(bytes)?),
            ControlRecordType::SnapshotFooter => Self::SnapshotFooter(decode_versioned(bytes)?),
            ControlRecordType::KraftVersion => Self::KraftVersion(decode_versioned(bytes)?),
            ControlRecordType::KraftVoters => Self::KraftVoters(decode_versioned(bytes)?),
        })
    }

    /// Appends the value of the record.
    ///
    /// # Errors
    ///
    /// The version within the message is unknown, or lacks a field that is set; then `buffer` is left as it
    /// was.
    pub fn encode(&self, buffer: &mut BytesMut) -> Result<(), EncodeError> {
        match self {
            Self::Abort(marker) | Self::Commit(marker) => {
                let version = EndTxnMarker::VALID.last;
                let len = marker.encoded_len(version)?;
                buffer.reserve(2 + len);
                put_prefix(version, buffer);
                marker.encode(version, buffer)
            }
            Self::LeaderChange(message) => message.encode(message.version, buffer),
            Self::SnapshotHeader(message) => message.encode(message.version, buffer),
            Self::SnapshotFooter(message) => message.encode(message.version, buffer),
            Self::KraftVersion(message) => message.encode(message.version, buffer),
            Self::KraftVoters(message) => message.encode(message.version, buffer),
        }
    }

    /// The type in the record's key.
    pub fn record_type(&self) -> ControlRecordType {
        match self {
            Self::Abort(_) => ControlRecordType::Abort,
            Self::Commit(_) => ControlRecordType::Commit,
            Self::LeaderChange(_) => ControlRecordType::LeaderChange,
            Self::SnapshotHeader(_) => ControlRecordType::SnapshotHeader,
            Self::SnapshotFooter(_) => ControlRecordType::SnapshotFooter,
            Self::KraftVersion(_) => ControlRecordType::KraftVersion,
            Self::KraftVoters(_) => ControlRecordType::KraftVoters,
        }
    }
}

fn decode_marker(mut bytes: Bytes) -> Result<EndTxnMarker, DecodeError> {
    let version = take_prefix("transaction marker", &mut bytes)?;
    EndTxnMarker::decode_prefix(&mut bytes, known_version::<EndTxnMarker>(version))
}

fn decode_versioned<M: Message>(mut bytes: Bytes) -> Result<M, DecodeError> {
    let version = take_prefix(M::NAME, &mut bytes.clone())?;
    M::decode_prefix(&mut bytes, known_version::<M>(version))
}

fn known_version<M: Message>(version: i16) -> i16 {
    version.min(M::VALID.last)
}
