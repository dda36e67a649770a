//! Which topic a partition's directory belongs to.

use std::path::Path;

use ottla_io::Disk;
use ottla_wire::Uuid;

use crate::checkpoint::{read_text, write_text};
use crate::error::{CheckpointError, DiskError, MalformedLineError, UnknownVersionError};
use crate::paths::PARTITION_METADATA;

const VERSION: i64 = 0;
const VERSION_KEY: &str = "version";
const TOPIC_ID_KEY: &str = "topic_id";

/// Reads the topic id in `partition.metadata` of a partition's directory; `None` without the file.
///
/// ```text
/// version: 0
/// topic_id: AAAAAAAAAAEAAAAAAAAAAg
/// ```
pub fn read_topic_id(disk: &dyn Disk, dir: &Path) -> Result<Option<Uuid>, CheckpointError> {
    let path = dir.join(PARTITION_METADATA);
    let Some(text) = read_text(disk, &path)? else { return Ok(None) };
    let mut lines = text.lines();
    let malformed = |line, found: Option<&str>, expected| MalformedLineError {
        path: path.clone(),
        line,
        found: found.unwrap_or("the end of the file").to_owned(),
        expected,
    };

    let line = lines.next();
    let version: Option<i64> =
        line.and_then(|line| value(line, VERSION_KEY)).and_then(|version| version.parse().ok());
    let version = version.ok_or_else(|| malformed(1, line, "\"version: 0\""))?;
    if version != VERSION {
        return Err(UnknownVersionError { path, found: version, supported: VERSION }.into());
    }
    let line = lines.next();
    let topic_id: Option<Uuid> =
        line.and_then(|line| value(line, TOPIC_ID_KEY)).and_then(|id| id.parse().ok());
    let topic_id = topic_id.filter(|id| !id.is_zero());
    Ok(Some(topic_id.ok_or_else(|| malformed(2, line, "\"topic_id: \" and an id of 22 characters"))?))
}

/// Writes `partition.metadata` in one step, without a newline at its end, as Kafka does.
pub fn write_topic_id(disk: &dyn Disk, dir: &Path, topic_id: Uuid) -> Result<(), DiskError> {
    let text = format!("{VERSION_KEY}: {VERSION}\n{TOPIC_ID_KEY}: {topic_id}");
    write_text(disk, &dir.join(PARTITION_METADATA), &text)
}

fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    Some(line.strip_prefix(key)?.strip_prefix(':')?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Rig;

    #[test]
    fn the_file_is_kafkas() {
        let rig = Rig::new();
        assert_eq!(read_topic_id(&*rig.disk, &rig.dir).expect("missing"), None);
        let topic_id = Uuid::from_halves(1, 2);
        write_topic_id(&*rig.disk, &rig.dir, topic_id).expect("write");
        assert_eq!(rig.bytes(PARTITION_METADATA), b"version: 0\ntopic_id: AAAAAAAAAAEAAAAAAAAAAg");
        assert_eq!(read_topic_id(&*rig.disk, &rig.dir).expect("read"), Some(topic_id));
    }

    #[test]
    fn malformed_files_are_told_by_line() {
        let rig = Rig::new();
        let check = |text: &str, expected: &str| {
            rig.write(PARTITION_METADATA, text.as_bytes());
            let error = read_topic_id(&*rig.disk, &rig.dir).expect_err(expected).to_string();
            assert!(error.contains(expected) && error.contains(PARTITION_METADATA), "{error}");
        };
        check("", "line 1 of");
        check("version 0\n", "line 1 of");
        check("version: 1\ntopic_id: AAAAAAAAAAEAAAAAAAAAAg", "has format version 1");
        check("version: 0\n", "line 2 of");
        check("version: 0\ntopic_id: AAAA", "line 2 of");
        check("version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA", "an id of 22 characters");
    }
}
