//! Text files with a version, a count and as many lines: offset checkpoints and leader epochs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ottla_io::Disk;
use ottla_record::Offset;

use crate::error::{CheckpointError, DiskError, MalformedLineError, UnknownVersionError};
use crate::paths::TopicPartition;

const VERSION: i64 = 0;
/// Far above what a node's partitions take; a file beyond it is no checkpoint.
const FILE_LEN_MAX: u64 = 256 << 20;
/// Characters of a malformed line that its error shows.
const LINE_SHOWN_MAX: usize = 200;

/// Offsets of the partitions of a log directory: high watermarks, recovery points, log starts or clean points.
///
/// ```text
/// 0
/// 1
/// topic 5 42
/// ```
///
/// Version, number of lines, and in each line topic, partition and offset.
#[derive(Debug, Clone)]
pub struct OffsetCheckpoint {
    disk: Arc<dyn Disk>,
    path: PathBuf,
}

impl OffsetCheckpoint {
    /// The checkpoint of this name, one of those in [`crate::paths`], in a log directory.
    pub fn new(disk: Arc<dyn Disk>, log_dir: &Path, name: &str) -> Self {
        Self { disk, path: log_dir.join(name) }
    }

    /// Reads the file; a missing or empty one means no offsets.
    pub fn read(&self) -> Result<BTreeMap<TopicPartition, Offset>, CheckpointError> {
        let entries = read_table(&*self.disk, &self.path, "a topic, a partition and an offset", |fields| {
            let &[topic, partition, offset] = fields else { return None };
            let partition = TopicPartition { topic: topic.to_owned(), partition: partition.parse().ok()? };
            Some((partition, Offset(offset.parse().ok()?)))
        })?;
        Ok(entries.into_iter().collect())
    }

    /// Replaces the file in one step.
    pub fn write<'a>(
        &self,
        offsets: impl ExactSizeIterator<Item = (&'a TopicPartition, Offset)>,
    ) -> Result<(), DiskError> {
        let lines = offsets
            .map(|(partition, offset)| format!("{} {} {offset}", partition.topic, partition.partition));
        write_table(&*self.disk, &self.path, lines)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Reads a table, giving each line's fields to `parse`; a missing or empty file is an empty table.
pub(crate) fn read_table<T>(
    disk: &dyn Disk,
    path: &Path,
    expected: &'static str,
    parse: impl Fn(&[&str]) -> Option<T>,
) -> Result<Vec<T>, CheckpointError> {
    let text = match read_text(disk, path)? {
        Some(text) => text,
        None => return Ok(Vec::new()),
    };
    let malformed = |line: usize, found: &str, expected| {
        let found = found.chars().take(LINE_SHOWN_MAX).collect();
        CheckpointError::from(MalformedLineError { path: path.to_owned(), line, found, expected })
    };
    let mut lines = (1..).zip(text.lines());
    let Some((line, version)) = lines.next() else { return Ok(Vec::new()) };
    let version: i64 = version.parse().map_err(|_| malformed(line, version, "a format version"))?;
    if version != VERSION {
        return Err(UnknownVersionError { path: path.to_owned(), found: version, supported: VERSION }.into());
    }
    let Some((count_line, count)) = lines.next() else { return Ok(Vec::new()) };
    let expected_count: usize =
        count.parse().map_err(|_| malformed(count_line, count, "a number of entries"))?;

    let mut entries = Vec::new();
    let mut fields = Vec::with_capacity(3);
    for (line, text) in lines {
        fields.clear();
        fields.extend(text.split_ascii_whitespace());
        match parse(&fields) {
            Some(entry) => entries.push(entry),
            None => return Err(malformed(line, text, expected)),
        }
    }
    if entries.len() != expected_count {
        return Err(malformed(count_line, count, "the number of lines that follow"));
    }
    Ok(entries)
}

/// Replaces the table in one step.
pub(crate) fn write_table(
    disk: &dyn Disk,
    path: &Path,
    lines: impl ExactSizeIterator<Item = String>,
) -> Result<(), DiskError> {
    let mut text = format!("{VERSION}\n{}\n", lines.len());
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    write_text(disk, path, &text)
}

/// Reads a text file; `None` when there is none. Bytes that are not UTF-8 become a malformed first line.
pub(crate) fn read_text(disk: &dyn Disk, path: &Path) -> Result<Option<String>, CheckpointError> {
    let bytes = match disk.read(path, FILE_LEN_MAX) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(DiskError { action: "read", path: path.to_owned(), source }.into()),
    };
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
        let found = "bytes that are not UTF-8".to_owned();
        MalformedLineError { path: path.to_owned(), line, found, expected: "text" }.into()
    })
}

/// Replaces a text file in one step.
pub(crate) fn write_text(disk: &dyn Disk, path: &Path, text: &str) -> Result<(), DiskError> {
    disk.write_atomically(path, text.as_bytes()).map_err(|source| DiskError {
        action: "write",
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::RECOVERY_POINT_CHECKPOINT;
    use crate::testing::Rig;

    fn checkpoint(rig: &Rig) -> OffsetCheckpoint {
        OffsetCheckpoint::new(Arc::clone(&rig.disk), &rig.dir, RECOVERY_POINT_CHECKPOINT)
    }

    fn offset_of(partition: (&str, i32), offset: i64) -> (TopicPartition, Offset) {
        (TopicPartition { topic: partition.0.to_owned(), partition: partition.1 }, Offset(offset))
    }

    #[test]
    fn the_file_is_kafkas() {
        let rig = Rig::new();
        let offsets = BTreeMap::from([offset_of(("t", 0), 5)]);
        checkpoint(&rig)
            .write(offsets.iter().map(|(partition, offset)| (partition, *offset)))
            .expect("write");
        assert_eq!(rig.bytes(RECOVERY_POINT_CHECKPOINT), b"0\n1\nt 0 5\n");
        assert_eq!(checkpoint(&rig).read().expect("read"), offsets);
        assert_eq!(rig.names(), [RECOVERY_POINT_CHECKPOINT], "no temporary file is left");
    }

    #[test]
    fn empty_files_are_no_offsets() {
        let rig = Rig::new();
        assert!(checkpoint(&rig).read().expect("missing").is_empty());
        for text in ["", "0\n", "0\n0\n"] {
            rig.write(RECOVERY_POINT_CHECKPOINT, text.as_bytes());
            assert!(checkpoint(&rig).read().expect(text).is_empty());
        }
        rig.write(RECOVERY_POINT_CHECKPOINT, b"0\r\n1\r\nt  3\t9\r\n");
        assert_eq!(checkpoint(&rig).read().expect("blanks"), BTreeMap::from([offset_of(("t", 3), 9)]));
    }

    #[test]
    fn malformed_lines_are_told_by_number() {
        let rig = Rig::new();
        let check = |text: &[u8], expected: &str| {
            rig.write(RECOVERY_POINT_CHECKPOINT, text);
            let error = checkpoint(&rig).read().expect_err(expected).to_string();
            assert!(error.contains(expected) && error.contains(RECOVERY_POINT_CHECKPOINT), "{error}");
        };
        check(b"1\n0\n", "has format version 1, this release reads version 0");
        check(b"x\n0\n", "line 1 of");
        check(b"0\n-1\n", "line 2 of");
        check(b"0\n2\nt 0 5\n", "\"2\", expected the number of lines that follow");
        check(b"0\n1\nt 0 5\nt 1 6\n", "expected the number of lines that follow");
        check(b"0\n2\nt 0 5\nt 1\n", "line 4 of");
        check(b"0\n1\nt 0 5 6\n", "line 3 of");
        check(b"0\n1\nt a 5\n", "expected a topic, a partition and an offset");
        check(b"0\n9999999999999999999999\nt 0 5\n", "expected a number of entries");
        check(b"0\n1\nt 0 \xff\n", "bytes that are not UTF-8");
    }
}
