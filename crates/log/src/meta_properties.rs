//! `meta.properties`: which node and cluster a log directory belongs to.

use std::path::{Path, PathBuf};

use ottla_io::Disk;
use ottla_properties::{Entry, Properties, Writer};
use ottla_record::Timestamp;
use ottla_wire::Uuid;

use crate::error::{CheckpointError, DiskError, MalformedLineError, UnknownVersionError};
use crate::paths::META_PROPERTIES;

const FILE_LEN_MAX: u64 = 1 << 20;
const NEWEST_VERSION: i64 = 1;

/// Which release's file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetaPropertiesVersion {
    /// From the days of ZooKeeper: `broker.id`, and all but the version may be missing.
    V0,
    /// KRaft's: `node.id` and `cluster.id` are always there.
    V1,
}

/// Content of `meta.properties`.
///
/// ```text
/// #
/// #Sat Nov 21 01:09:29 UTC 2026
/// node.id=1
/// directory.id=AAAAAAAAAAAAAAAAAAAACQ
/// version=1
/// cluster.id=AAAAAAAAAAAAAAAAAAAAAA
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaProperties {
    /// Which release's file it is.
    pub version: MetaPropertiesVersion,
    /// The cluster.
    pub cluster_id: Option<String>,
    /// The node.
    pub node_id: Option<i32>,
    /// The directory itself, missing in directories formatted before 3.7 (KIP-858).
    pub directory_id: Option<Uuid>,
}

impl MetaProperties {
    /// Reads the file of a log directory; `None` where there is none, so that the directory is not formatted.
    pub fn read(disk: &dyn Disk, log_dir: &Path) -> Result<Option<Self>, CheckpointError> {
        let path = log_dir.join(META_PROPERTIES);
        match disk.read(&path, FILE_LEN_MAX) {
            Ok(bytes) => Self::parse(&path, &bytes).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(DiskError { action: "read", path, source }.into()),
        }
    }

    /// Reads the file's bytes; `path` is for errors.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, CheckpointError> {
        let file = File { path: path.to_owned(), properties: Properties::default() };
        let properties = Properties::parse(bytes).map_err(|error| {
            file.malformed(error.line, "a malformed escape", "four hexadecimal digits behind \\u")
        })?;
        let file = File { properties, ..file };
        let version = file.version()?;
        let (node_id_key, node_id_expected) = match version {
            MetaPropertiesVersion::V0 => ("broker.id", "broker.id and a number"),
            MetaPropertiesVersion::V1 => ("node.id", "node.id and a number"),
        };
        let node_id = file.number(node_id_key, node_id_expected)?;
        let cluster_id = file.last("cluster.id").map(|property| property.value.clone());
        if version == MetaPropertiesVersion::V1 {
            file.require(node_id.is_some(), node_id_expected)?;
            file.require(cluster_id.is_some(), "cluster.id and an id")?;
        }
        let directory_id = match file.last("directory.id") {
            None => None,
            Some(property) => Some(property.value.parse().map_err(|_| {
                file.malformed(property.line, &property.value, "an id of 22 characters as directory.id")
            })?),
        };
        Ok(Self { version, cluster_id, node_id, directory_id })
    }

    /// Replaces the file of a log directory in one step.
    pub fn write(&self, disk: &dyn Disk, log_dir: &Path, now: Timestamp) -> Result<(), DiskError> {
        let path = log_dir.join(META_PROPERTIES);
        disk.write_atomically(&path, self.to_text(now).as_bytes()).map_err(|source| DiskError {
            action: "write",
            path,
            source,
        })
    }

    /// The file's text; Java puts the time into its second line.
    pub fn to_text(&self, now: Timestamp) -> String {
        let (version, node_id_key) = match self.version {
            MetaPropertiesVersion::V0 => ("0", "broker.id"),
            MetaPropertiesVersion::V1 => ("1", "node.id"),
        };
        let mut writer = Writer::new();
        writer.comment("");
        writer.comment(&java_date(now));
        if let Some(node_id) = self.node_id {
            writer.entry(node_id_key, &node_id.to_string());
        }
        if let Some(directory_id) = self.directory_id {
            writer.entry("directory.id", &directory_id.to_string());
        }
        writer.entry("version", version);
        if let Some(cluster_id) = &self.cluster_id {
            writer.entry("cluster.id", cluster_id);
        }
        writer.into_text()
    }
}

struct File {
    path: PathBuf,
    properties: Properties,
}

impl File {
    /// The last property of this name, which is the one that counts.
    fn last(&self, key: &str) -> Option<&Entry> {
        self.properties.get(key)
    }

    fn number(&self, key: &str, expected: &'static str) -> Result<Option<i32>, CheckpointError> {
        let Some(property) = self.last(key) else { return Ok(None) };
        match property.value.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(self.malformed(property.line, &property.value, expected)),
        }
    }

    fn version(&self) -> Result<MetaPropertiesVersion, CheckpointError> {
        let Some(property) = self.last("version") else { return Ok(MetaPropertiesVersion::V0) };
        match property.value.trim().parse() {
            Ok(0) => Ok(MetaPropertiesVersion::V0),
            Ok(1) => Ok(MetaPropertiesVersion::V1),
            Ok(found) => {
                Err(UnknownVersionError { path: self.path.clone(), found, supported: NEWEST_VERSION }.into())
            }
            Err(_) => Err(self.malformed(property.line, &property.value, "version and a number")),
        }
    }

    fn require(&self, present: bool, expected: &'static str) -> Result<(), CheckpointError> {
        let line = self.properties.entries.last().map_or(1, |property| property.line + 1);
        if present { Ok(()) } else { Err(self.malformed(line, "the end of the file", expected)) }
    }

    fn malformed(&self, line: usize, found: &str, expected: &'static str) -> CheckpointError {
        MalformedLineError {
            path: self.path.clone(),
            line,
            found: found.chars().take(100).collect(),
            expected,
        }
        .into()
    }
}

/// A time as Java's `Date` prints it, in UTC: `Sat Nov 21 01:09:29 UTC 2026`.
fn java_date(time: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let seconds = time.0.div_euclid(1000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_date(days);
    let weekday = DAYS[days.rem_euclid(7) as usize];
    let month = MONTHS[month - 1];
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{weekday} {month} {day:02} {hour:02}:{minute:02}:{second:02} UTC {year}")
}

/// Year, month and day of a day counted from 1970-01-01. Years are taken from March, so that a leap day ends one.
fn civil_date(days: i64) -> (i64, usize, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as usize, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Rig;

    const GOLDEN: &str = "#\n#Sat Nov 21 01:09:29 UTC 2026\nnode.id=1\ndirectory.id=AAAAAAAAAAAAAAAAAAAACQ\n\
                          version=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\n";

    fn golden() -> MetaProperties {
        MetaProperties {
            version: MetaPropertiesVersion::V1,
            cluster_id: Some("AAAAAAAAAAAAAAAAAAAAAA".to_owned()),
            node_id: Some(1),
            directory_id: Some(Uuid::from_halves(0, 9)),
        }
    }

    fn parse(text: &str) -> Result<MetaProperties, String> {
        MetaProperties::parse(Path::new("meta.properties"), text.as_bytes())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_file_is_kafkas() {
        assert_eq!(golden().to_text(Timestamp(1_795_223_369_999)), GOLDEN);
        let rig = Rig::new();
        assert_eq!(MetaProperties::read(&*rig.disk, &rig.dir).expect("missing"), None);
        golden().write(&*rig.disk, &rig.dir, Timestamp(0)).expect("write");
        assert_eq!(MetaProperties::read(&*rig.disk, &rig.dir).expect("read"), Some(golden()));
        assert_eq!(rig.names(), [META_PROPERTIES]);
    }

    #[test]
    fn old_files_are_read() {
        let old = MetaProperties {
            version: MetaPropertiesVersion::V0,
            cluster_id: None,
            node_id: None,
            directory_id: None,
        };
        assert_eq!(parse(""), Ok(old.clone()));
        let known = MetaProperties { cluster_id: Some("c l".to_owned()), node_id: Some(7), ..old };
        assert_eq!(parse("version=0\nbroker.id = 7\nnode.id=x\ncluster.id=c l\n"), Ok(known.clone()));
        assert_eq!(parse(&known.to_text(Timestamp(0))), Ok(known));
        assert_eq!(
            parse("node.id=5\nnode.id=1\nversion = 1 \ncluster.id=x").map(|read| read.node_id),
            Ok(Some(1))
        );
    }

    #[test]
    fn malformed_files_are_told_by_line() {
        let check = |text, expected: &str| assert_eq!(parse(text).expect_err(text), expected);
        check(
            "version=2\n",
            "meta.properties has format version 2, this release reads version 1; a newer release wrote it",
        );
        check("\nversion=x\n", "line 2 of meta.properties is \"x\", expected version and a number");
        check("version=1\nnode.id=a\n", "line 2 of meta.properties is \"a\", expected node.id and a number");
        check(
            "version=1\ncluster.id=c\n",
            "line 3 of meta.properties is \"the end of the file\", expected node.id and a number",
        );
        check(
            "version=1\nnode.id=1\n",
            "line 3 of meta.properties is \"the end of the file\", expected cluster.id and an id",
        );
        check(
            "directory.id=abc\n",
            "line 1 of meta.properties is \"abc\", expected an id of 22 characters as directory.id",
        );
        check(
            "cluster.id=\\u12\n",
            "line 1 of meta.properties is \"a malformed escape\", expected four hexadecimal digits behind \\u",
        );
    }

    #[test]
    fn dates_are_javas() {
        let check = |time, text| assert_eq!(java_date(Timestamp(time)), text);
        check(0, "Thu Jan 01 00:00:00 UTC 1970");
        check(-1, "Wed Dec 31 23:59:59 UTC 1969");
        check(951_782_400_000, "Tue Feb 29 00:00:00 UTC 2000");
        check(4_107_542_399_000, "Sun Feb 28 23:59:59 UTC 2100");
        check(1_709_251_199_000, "Thu Feb 29 23:59:59 UTC 2024");
    }
}
