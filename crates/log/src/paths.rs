//! The names of files and directories in a log directory; no other module spells them.

use std::fmt;
use std::path::{Path, PathBuf};

use ottla_record::Offset;

/// Text of a partition's leader epochs and where they start.
pub const LEADER_EPOCH_CHECKPOINT: &str = "leader-epoch-checkpoint";
/// Topic id of a partition directory.
pub const PARTITION_METADATA: &str = "partition.metadata";
/// Identity of a log directory.
pub const META_PROPERTIES: &str = "meta.properties";
/// Locked by the process that uses the log directory.
pub const LOCK: &str = ".lock";
/// There when the log directory was closed in good order.
pub const CLEAN_SHUTDOWN: &str = ".kafka_cleanshutdown";
/// Up to where each partition is on stable storage.
pub const RECOVERY_POINT_CHECKPOINT: &str = "recovery-point-offset-checkpoint";
/// Where each partition starts, if not at its first segment.
pub const LOG_START_CHECKPOINT: &str = "log-start-offset-checkpoint";
/// Each partition's high watermark.
pub const REPLICATION_CHECKPOINT: &str = "replication-offset-checkpoint";
/// Where each compacted partition's dirty part starts.
pub const CLEANER_CHECKPOINT: &str = "cleaner-offset-checkpoint";

/// Longest name a file system takes, in bytes.
const NAME_LEN_MAX: usize = 255;

/// What a file of a segment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// Record batches: `.log`.
    Log,
    /// Offset to position: `.index`.
    OffsetIndex,
    /// Timestamp to offset: `.timeindex`.
    TimeIndex,
    /// Aborted transactions: `.txnindex`.
    TransactionIndex,
    /// State of the producers as of an offset: `.snapshot`.
    ProducerSnapshot,
}

impl FileKind {
    const ALL: [Self; 5] =
        [Self::Log, Self::OffsetIndex, Self::TimeIndex, Self::TransactionIndex, Self::ProducerSnapshot];

    const fn suffix(self) -> &'static str {
        match self {
            Self::Log => ".log",
            Self::OffsetIndex => ".index",
            Self::TimeIndex => ".timeindex",
            Self::TransactionIndex => ".txnindex",
            Self::ProducerSnapshot => ".snapshot",
        }
    }

    /// Whether this is one of a segment's indexes, which can be rebuilt from its log.
    pub const fn is_index(self) -> bool {
        matches!(self, Self::OffsetIndex | Self::TimeIndex | Self::TransactionIndex)
    }
}

/// Where a file stands in its life, shown by a second suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum FileState {
    /// In use.
    #[default]
    Live,
    /// About to be removed: `.deleted`.
    Deleted,
    /// Being written by compaction: `.cleaned`.
    Cleaned,
    /// Compacted, and about to take its segment's place: `.swap`.
    Swap,
}

impl FileState {
    const SUFFIXED: [Self; 3] = [Self::Deleted, Self::Cleaned, Self::Swap];

    const fn suffix(self) -> &'static str {
        match self {
            Self::Live => "",
            Self::Deleted => ".deleted",
            Self::Cleaned => ".cleaned",
            Self::Swap => ".swap",
        }
    }
}

/// Name of a file in a partition directory that belongs to an offset.
///
/// Twenty digits of the offset, what the file holds, and its state: `00000000000000000042.index.deleted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName {
    /// Base offset of the segment, or the offset up to which a snapshot counts.
    pub offset: Offset,
    /// What it holds.
    pub kind: FileKind,
    /// Where it stands in its life.
    pub state: FileState,
}

impl FileName {
    /// Name of a file in use.
    pub const fn live(offset: Offset, kind: FileKind) -> Self {
        Self { offset, kind, state: FileState::Live }
    }

    /// Reads a name; `None` when it is not one of ours.
    pub fn parse(name: &str) -> Option<Self> {
        let (rest, state) = FileState::SUFFIXED
            .iter()
            .find_map(|state| Some((name.strip_suffix(state.suffix())?, *state)))
            .unwrap_or((name, FileState::Live));
        let (digits, kind) =
            FileKind::ALL.iter().find_map(|kind| Some((rest.strip_suffix(kind.suffix())?, *kind)))?;
        let all_digits = digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_digit());
        let offset = digits.parse().ok().filter(|_| all_digits)?;
        Some(Self { offset: Offset(offset), kind, state })
    }

    /// The file of this name in `dir`.
    pub fn in_dir(&self, dir: &Path) -> PathBuf {
        dir.join(self.to_string())
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:020}{}{}", self.offset.0, self.kind.suffix(), self.state.suffix())
    }
}

/// A partition by its topic's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicPartition {
    /// Name of the topic.
    pub topic: String,
    /// Number of the partition.
    pub partition: i32,
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// Where a partition's directory stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartitionDirState {
    /// In use: `topic-0`.
    Live,
    /// Its topic was deleted: `topic-0.<id>-delete`.
    Delete,
    /// The cluster no longer knows it: `topic-0.<id>-stray`.
    Stray,
    /// A copy on its way here from another log directory: `topic-0.<id>-future`.
    Future,
}

impl PartitionDirState {
    const SUFFIXED: [Self; 3] = [Self::Delete, Self::Stray, Self::Future];

    const fn suffix(self) -> &'static str {
        match self {
            Self::Live => "",
            Self::Delete => "-delete",
            Self::Stray => "-stray",
            Self::Future => "-future",
        }
    }
}

/// Name of a partition's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionDir {
    /// The partition. In a deleted or stray directory the topic may be cut to what the file system takes.
    pub partition: TopicPartition,
    /// Where it stands in its life.
    pub state: PartitionDirState,
}

impl PartitionDir {
    /// Reads the name of a directory; `None` when it is no partition's.
    pub fn parse(name: &str) -> Option<Self> {
        let marked = PartitionDirState::SUFFIXED
            .iter()
            .find_map(|state| Some((name.strip_suffix(state.suffix())?, *state)));
        let (name, state) = match marked {
            Some((rest, state)) => (without_unique_id(rest)?, state),
            None => (name, PartitionDirState::Live),
        };
        let (topic, partition) = name.rsplit_once('-')?;
        let partition = partition.parse().ok()?;
        if topic.is_empty() {
            return None;
        }
        Some(Self { partition: TopicPartition { topic: topic.to_owned(), partition }, state })
    }
}

/// Cuts `.<id>` off, where the id is not empty and holds no blank.
fn without_unique_id(name: &str) -> Option<&str> {
    let (rest, id) = name.rsplit_once('.')?;
    let well_formed = !id.is_empty() && !name.contains(char::is_whitespace);
    well_formed.then_some(rest)
}

/// Name of the directory of a partition in another state than in use; `unique` is drawn anew for each rename.
///
/// The topic is cut in deleted and stray names so that the whole stays within 255 bytes; a future name is not, since
/// it must be read back in full.
pub fn partition_dir_name(partition: &TopicPartition, state: PartitionDirState, unique: u128) -> String {
    if state == PartitionDirState::Live {
        return partition.to_string();
    }
    let rest = format!("-{}.{unique:032x}{}", partition.partition, state.suffix());
    let topic = &partition.topic;
    let topic = match state {
        PartitionDirState::Future => topic,
        _ => &topic[..topic.floor_char_boundary(NAME_LEN_MAX - rest.len())],
    };
    format!("{topic}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_round_trip() {
        for kind in FileKind::ALL {
            for state in [FileState::Live, FileState::Deleted, FileState::Cleaned, FileState::Swap] {
                for offset in [0, 42, i64::MAX] {
                    let name = FileName { offset: Offset(offset), kind, state };
                    assert_eq!(FileName::parse(&name.to_string()), Some(name));
                }
            }
        }
        let name = FileName { offset: Offset(42), kind: FileKind::OffsetIndex, state: FileState::Deleted };
        assert_eq!(name.to_string(), "00000000000000000042.index.deleted");
    }

    #[test]
    fn other_names_are_not_ours() {
        for name in [
            "",
            ".log",
            "42.log",
            "00000000000000000042",
            "00000000000000000042.logs",
            "0000000000000000004x.log",
            "-0000000000000000042.log",
            "99999999999999999999.log",
            "00000000000000000042.log.swap.deleted",
            "00000000000000000042-0000000001.checkpoint",
            "leader-epoch-checkpoint",
        ] {
            assert_eq!(FileName::parse(name), None, "{name}");
        }
    }

    fn parsed(name: &str) -> Option<(String, i32, PartitionDirState)> {
        PartitionDir::parse(name).map(|dir| (dir.partition.topic, dir.partition.partition, dir.state))
    }

    #[test]
    fn partition_directories_are_read() {
        let check = |name, topic: &str, partition, state| {
            assert_eq!(parsed(name), Some((topic.to_owned(), partition, state)), "{name}");
        };
        check("a-0", "a", 0, PartitionDirState::Live);
        check("a.b-c-12", "a.b-c", 12, PartitionDirState::Live);
        check("a-0.beef-delete", "a", 0, PartitionDirState::Delete);
        check("a.b-3.beef-stray", "a.b", 3, PartitionDirState::Stray);
        check("__consumer_offsets-49.beef-future", "__consumer_offsets", 49, PartitionDirState::Future);
        for name in [
            "a",
            "-0",
            "a-",
            "a-x",
            "a-0-delete",
            "a-0.-delete",
            "a-0. -delete",
            "remote-log-index-cache",
            "",
        ] {
            assert_eq!(parsed(name), None, "{name}");
        }
    }

    #[test]
    fn names_stay_within_what_the_file_system_takes() {
        let long = TopicPartition { topic: "t".repeat(249), partition: 1234 };
        let unique = 0xbeef;
        let delete = partition_dir_name(&long, PartitionDirState::Delete, unique);
        assert_eq!(delete.len(), 255);
        assert!(delete.ends_with("-1234.0000000000000000000000000000beef-delete"));
        assert_eq!(partition_dir_name(&long, PartitionDirState::Stray, unique).len(), 255);
        let future = partition_dir_name(&long, PartitionDirState::Future, unique);
        assert_eq!(PartitionDir::parse(&future).map(|dir| dir.partition), Some(long.clone()));
        assert_eq!(partition_dir_name(&long, PartitionDirState::Live, unique), long.to_string());
    }
}
