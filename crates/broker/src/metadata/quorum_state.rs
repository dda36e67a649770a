//! `quorum-state`: what a node remembers of the elections of its quorum (KIP-595).

use std::path::{Path, PathBuf};

use ottla_io::Disk;
use ottla_log::error::DiskError;
use ottla_record::LeaderEpoch;
use ottla_wire::files::quorum_state::{QuorumStateData, Voter};
use ottla_wire::json;
use serde_json::Value;
use thiserror::Error;

const FILE: &str = "quorum-state";
const FILE_LEN_MAX: u64 = 1 << 20;
/// Beside the message's own fields: the version they are of.
const DATA_VERSION: &str = "data_version";

/// The file cannot be used.
#[derive(Debug, Error)]
pub(crate) enum QuorumStateError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error("{} is no quorum state: {reason}; if the file was damaged, restore it from a backup", path.display())]
    Malformed { path: PathBuf, reason: String },
}

/// Who leads, as far as this node knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leadership {
    /// Highest epoch seen.
    pub(crate) epoch: LeaderEpoch,
    /// The epoch's leader, if it is known.
    pub(crate) leader_id: Option<i32>,
}

/// Reads the file in the directory of the metadata log; `None` before the first election.
pub(crate) fn read(disk: &dyn Disk, dir: &Path) -> Result<Option<Leadership>, QuorumStateError> {
    let path = dir.join(FILE);
    let bytes = match disk.read(&path, FILE_LEN_MAX) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(DiskError { action: "read", path, source }.into()),
    };
    let state = parse(&bytes).map_err(|reason| QuorumStateError::Malformed { path, reason })?;
    let leader_id = (state.leader_id >= 0).then_some(state.leader_id);
    Ok(Some(Leadership { epoch: LeaderEpoch(state.leader_epoch), leader_id }))
}

fn parse(bytes: &[u8]) -> Result<QuorumStateData, String> {
    let mut value: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let fields = value.as_object_mut().ok_or_else(|| "expected an object".to_owned())?;
    let version = fields.shift_remove(DATA_VERSION).and_then(|version| version.as_i64());
    let version = version.ok_or_else(|| format!("expected a number as {DATA_VERSION}"))?;
    if !(0..=1).contains(&version) {
        return Err(format!("{DATA_VERSION} {version}, expected 0 or 1"));
    }
    json::from_json(&value, version as i16).map_err(|error| error.to_string())
}

/// Replaces the file. At `kraft.version` 0 it names the static voters as well.
pub(crate) fn write(
    disk: &dyn Disk,
    dir: &Path,
    leadership: Leadership,
    kraft_version: i16,
    voters: &[i32],
) -> Result<(), DiskError> {
    let version = kraft_version.min(1);
    let voter = |&voter_id: &i32| Voter { voter_id, ..Voter::default() };
    let mut state = QuorumStateData {
        leader_id: leadership.leader_id.unwrap_or(-1),
        leader_epoch: leadership.epoch.0,
        ..QuorumStateData::default()
    };
    if version == 0 {
        state.current_voters = Some(voters.iter().map(voter).collect());
    }
    let mut value = json::to_json(&state, version).expect("a state of this version");
    let fields = value.as_object_mut().expect("a message is an object");
    fields.insert(DATA_VERSION.to_owned(), Value::from(version));
    let path = dir.join(FILE);
    disk.write_atomically(&path, value.to_string().as_bytes()).map_err(|source| DiskError {
        action: "write",
        path,
        source,
    })
}

#[cfg(test)]
mod tests {
    use ottla_io::OpenMode;
    use ottla_io::sim::{SimClock, SimDisk};

    use super::*;

    fn disk() -> SimDisk {
        let disk = SimDisk::new(1, &SimClock::new(0));
        disk.create_dir_all(Path::new("/d")).unwrap();
        disk
    }

    #[test]
    fn the_file_is_kafkas() {
        let (disk, dir) = (disk(), Path::new("/d"));
        assert_eq!(read(&disk, dir).unwrap(), None);
        let check = |kraft_version, text: &str| {
            let leadership = Leadership { epoch: LeaderEpoch(7), leader_id: Some(1) };
            write(&disk, dir, leadership, kraft_version, &[1]).unwrap();
            assert_eq!(String::from_utf8(disk.read(&dir.join(FILE), 1000).unwrap()).unwrap(), text);
            assert_eq!(read(&disk, dir).unwrap(), Some(leadership));
        };
        check(
            0,
            r#"{"clusterId":"","leaderId":1,"leaderEpoch":7,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}"#,
        );
        check(
            1,
            r#"{"leaderId":1,"leaderEpoch":7,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}"#,
        );
    }

    #[test]
    fn other_files_are_refused() {
        let (disk, dir) = (disk(), Path::new("/d"));
        for text in ["", "{", "[]", "{}", r#"{"data_version":2}"#, r#"{"leaderId":"x","data_version":1}"#] {
            disk.open(&dir.join(FILE), OpenMode::Truncate).unwrap().write_all_at(text.as_bytes(), 0).unwrap();
            let error = read(&disk, dir).unwrap_err().to_string();
            assert!(error.starts_with("/d/quorum-state is no quorum state"), "{error}");
        }
    }
}
