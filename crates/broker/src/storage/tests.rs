use std::collections::BTreeMap;
use std::path::Path;

use ottla_config::ServerConfig;
use ottla_controller::features::MetadataVersion;
use ottla_io::{Disk, OpenMode, RealDisk};
use ottla_log::meta_properties::MetaProperties;
use ottla_record::Timestamp;
use ottla_wire::Uuid;
use tempfile::TempDir;

use super::*;
use crate::metadata::METADATA_LOG_DIR_NAME;
use crate::metadata::framing::RecordRun;
use crate::metadata::snapshot::{SnapshotId, SnapshotReader};

const NOW: Timestamp = Timestamp(1_764_000_000_000);
const CLUSTER: &str = "AAAAAAAAAAAAAAAAAAAAAQ";

/// Directories below a temporary one, and a source of ids that counts.
struct Rig {
    root: TempDir,
    drawn: u8,
}

impl Rig {
    fn new() -> Self {
        Self { root: TempDir::new().unwrap(), drawn: 0 }
    }

    fn dir(&self, name: &str) -> String {
        self.root.path().join(name).to_str().unwrap().to_owned()
    }

    fn config(&self, dirs: &[&str], more: &str) -> ServerConfig {
        let dirs: Vec<String> = dirs.iter().map(|dir| self.dir(dir)).collect();
        let text = format!(
            "process.roles=broker,controller\nnode.id=1\nlisteners=PLAINTEXT://:9092,CONTROLLER://:9093\n\
             controller.listener.names=CONTROLLER\nlog.dirs={}\n{more}",
            dirs.join(",")
        );
        ServerConfig::from_properties("server.properties", text.as_bytes()).unwrap()
    }

    fn dynamic(&self, dirs: &[&str]) -> ServerConfig {
        self.config(dirs, "controller.quorum.bootstrap.servers=localhost:9093")
    }

    fn fixed(&self, dirs: &[&str]) -> ServerConfig {
        self.config(dirs, "controller.quorum.voters=1@localhost:9093")
    }

    fn random(&mut self) -> impl FnMut() -> [u8; 16] {
        || {
            self.drawn += 1;
            [self.drawn; 16]
        }
    }

    fn standalone(&mut self, config: &ServerConfig) -> Formatter {
        let controllers = InitialControllers::standalone(config, Uuid::random(self.random())).unwrap();
        Formatter {
            initial_controllers: Some(controllers),
            ..Formatter::for_config(config, CLUSTER).unwrap()
        }
    }

    fn format(&mut self, formatter: &Formatter) -> Result<Vec<String>, FormatError> {
        let mut said = Vec::new();
        let root = self.root.path().to_str().unwrap().to_owned();
        let mut say = |line: &str| said.push(line.replace(&root, "/disk"));
        formatter.run(&RealDisk, NOW, &mut self.random(), &mut say)?;
        Ok(said)
    }

    fn open(&mut self, config: &ServerConfig) -> Result<NodeStorage, OpenStorageError> {
        NodeStorage::open(&RealDisk, config, NOW, &mut self.random())
    }

    fn properties(&self, dir: &str) -> MetaProperties {
        MetaProperties::read(&RealDisk, Path::new(&self.dir(dir))).unwrap().unwrap()
    }
}

#[test]
fn a_standalone_node_is_its_own_first_voter() {
    let mut rig = Rig::new();
    let config = rig.dynamic(&["a", "b"]);
    let formatter = rig.standalone(&config);
    let said = rig.format(&formatter).unwrap();
    assert_eq!(
        said,
        [
            "Bootstrap metadata: BootstrapMetadata(records=[\
             ApiMessageAndVersion(FeatureLevelRecord(name='metadata.version', featureLevel=30) at version 0), \
             ApiMessageAndVersion(FeatureLevelRecord(name='eligible.leader.replicas.version', featureLevel=1) at version 0), \
             ApiMessageAndVersion(FeatureLevelRecord(name='group.version', featureLevel=1) at version 0), \
             ApiMessageAndVersion(FeatureLevelRecord(name='share.version', featureLevel=1) at version 0), \
             ApiMessageAndVersion(FeatureLevelRecord(name='streams.version', featureLevel=1) at version 0), \
             ApiMessageAndVersion(FeatureLevelRecord(name='transaction.version', featureLevel=2) at version 0)\
             ], metadataVersionLevel=30, source=format command)",
            "Formatting dynamic metadata voter directory /disk/a with metadata.version 4.3-IV0.",
            "Formatting data directory /disk/b with metadata.version 4.3-IV0.",
        ]
    );

    let storage = rig.open(&config).unwrap();
    assert_eq!(storage.cluster_id, CLUSTER);
    let voter = formatter.initial_controllers.as_ref().unwrap().voters()[&1].clone();
    assert_eq!(storage.metadata_directory_id(), voter.directory_id);
    assert_eq!(storage.directories.len(), 2);
    assert_eq!(storage.bootstrap.metadata_version(), MetadataVersion::LATEST_PRODUCTION);
    assert_eq!(storage.bootstrap.records().len(), 6);
    assert_eq!(rig.properties("b").node_id, Some(1));

    let dir = Path::new(&rig.dir("a")).join(METADATA_LOG_DIR_NAME);
    let mut snapshot = SnapshotReader::open(&RealDisk, &dir, SnapshotId::BOOTSTRAP).unwrap();
    let RecordRun::Control(first) = snapshot.next_run().unwrap().unwrap() else { panic!("no control batch") };
    let record = format!("{:?}", first[2]);
    assert!(first.len() == 3 && record.contains("CONTROLLER") && record.contains("localhost"), "{record}");
    assert!(matches!(snapshot.next_run().unwrap(), Some(RecordRun::Control(footer)) if footer.len() == 1));
    assert!(snapshot.next_run().unwrap().is_none());
    assert!(!RealDisk.exists(&Path::new(&rig.dir("b")).join(METADATA_LOG_DIR_NAME)).unwrap());
}

#[test]
fn a_static_voter_has_no_snapshot() {
    let mut rig = Rig::new();
    let config = rig.fixed(&["a"]);
    let formatter = Formatter {
        release_version: MetadataVersion::from_name("3.9"),
        ..Formatter::for_config(&config, CLUSTER).unwrap()
    };
    let said = rig.format(&formatter).unwrap();
    assert_eq!(said[1], "Formatting metadata directory /disk/a with metadata.version 3.9-IV0.");
    let storage = rig.open(&config).unwrap();
    assert_eq!(storage.bootstrap.metadata_version().level(), 21);
    assert_eq!(storage.bootstrap.records().len(), 1);
    assert!(!RealDisk.exists(&Path::new(&rig.dir("a")).join(METADATA_LOG_DIR_NAME)).unwrap());
}

#[test]
fn formatted_directories_are_left_alone() {
    let mut rig = Rig::new();
    let config = rig.dynamic(&["a"]);
    let formatter = rig.standalone(&config);
    rig.format(&formatter).unwrap();
    let before = rig.properties("a");
    let error = rig.format(&formatter).unwrap_err().to_string();
    assert!(
        error.ends_with("Use --ignore-formatted to ignore this directory and format the others."),
        "{error}"
    );

    let again = Formatter { ignore_formatted: true, ..formatter.clone() };
    assert_eq!(rig.format(&again).unwrap(), ["All of the log directories are already formatted."]);
    let more = Formatter { directories: [rig.dir("a"), rig.dir("b")].into(), ..again.clone() };
    assert_eq!(
        rig.format(&more).unwrap()[1],
        "Formatting data directory /disk/b with metadata.version 4.3-IV0."
    );
    assert_eq!(rig.properties("a"), before);

    let other = Formatter { cluster_id: "other".to_owned(), ..again };
    let error = rig.format(&other).unwrap_err().to_string();
    assert!(error.contains("Expected other, but read AAAAAAAAAAAAAAAAAAAAAQ"), "{error}");
}

#[test]
fn features_are_checked_before_anything_is_written() {
    let mut rig = Rig::new();
    let config = rig.dynamic(&["a"]);
    let formatter = rig.standalone(&config);
    let mut check = |levels: &[(&str, i16)], release: Option<&str>, expected: &str| {
        let feature_levels = levels.iter().map(|(name, level)| ((*name).to_owned(), *level)).collect();
        let release_version = release.and_then(MetadataVersion::from_name);
        let formatter = Formatter { feature_levels, release_version, ..formatter.clone() };
        let error = rig.format(&formatter).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    };
    check(
        &[("metadata.version", 30)],
        Some("4.3"),
        "Use --release-version instead of --feature metadata.version=X",
    );
    check(&[("metadata.version", 99)], None, "No MetadataVersion with feature level 99.");
    check(&[], Some("4.4-IV0"), "metadata.version 4.4-IV0 is not yet stable.");
    check(
        &[("nope", 1)],
        None,
        "Unsupported feature: nope. Supported features are: eligible.leader.replicas.version, group.version, kraft.version, ",
    );
    check(&[("group.version", 9)], None, "No feature:group.version with feature level 9");
    check(
        &[("kraft.version", 0)],
        None,
        "Cannot set kraft.version to 0 if controller.quorum.voters is empty",
    );
    check(
        &[("eligible.leader.replicas.version", 1)],
        Some("3.9"),
        "eligible.leader.replicas.version could not be set to 1",
    );
    assert!(!RealDisk.exists(Path::new(&rig.dir("a"))).unwrap());

    let fixed = rig.fixed(&["a"]);
    let feature_levels = BTreeMap::from([("kraft.version".to_owned(), 1)]);
    let formatter = Formatter { feature_levels, ..Formatter::for_config(&fixed, CLUSTER).unwrap() };
    let error = rig.format(&formatter).unwrap_err().to_string();
    assert!(
        error.starts_with("Cannot set kraft.version to 1 unless controller.quorum.voters is empty"),
        "{error}"
    );
}

#[test]
fn credentials_follow_the_features() {
    let mut rig = Rig::new();
    let config = rig.dynamic(&["a"]);
    let scram_arguments = vec!["SCRAM-SHA-256=[name=alice,password=secret]".to_owned()];
    let formatter = Formatter { scram_arguments, ..rig.standalone(&config) };
    let said = rig.format(&formatter).unwrap();
    assert!(said[0].contains("UserScramCredentialRecord(name='alice', mechanism=1"), "{said:?}");
    assert!(!said[0].contains("secret"), "{said:?}");
    assert_eq!(rig.open(&config).unwrap().bootstrap.records().len(), 7);
    let old =
        Formatter { release_version: MetadataVersion::from_name("3.4"), ignore_formatted: true, ..formatter };
    let error = rig.format(&old).unwrap_err().to_string();
    assert_eq!(error, "SCRAM is only supported in metadata.version 3.5-IV2 or later.");
}

#[test]
fn a_node_starts_on_its_own_directories_only() {
    let mut rig = Rig::new();
    let config = rig.dynamic(&["a", "b"]);
    let error = rig.open(&config).unwrap_err().to_string();
    assert!(
        error.contains("No readable meta.properties files found") && error.contains("kafka-storage format"),
        "{error}"
    );

    let formatter = rig.standalone(&config);
    rig.format(&formatter).unwrap();
    let three = rig.dynamic(&["a", "b", "c"]);
    let error = rig.open(&three).unwrap_err().to_string();
    assert!(error.starts_with("No `meta.properties` found in "), "{error}");

    let b = MetaProperties { directory_id: rig.properties("a").directory_id, ..rig.properties("b") };
    b.write(&RealDisk, Path::new(&rig.dir("b")), NOW).unwrap();
    let error = rig.open(&config).unwrap_err().to_string();
    assert!(error.starts_with("Duplicate directory ID "), "{error}");

    let write_b = |rig: &Rig, properties: MetaProperties| {
        properties.write(&RealDisk, Path::new(&rig.dir("b")), NOW).unwrap();
    };
    write_b(&rig, MetaProperties { directory_id: Some(Uuid::LOST_DIRECTORY), ..b.clone() });
    assert!(
        rig.open(&config)
            .unwrap_err()
            .to_string()
            .starts_with("Invalid reserved directory ID AAAAAAAAAAAAAAAAAAAAAg")
    );
    write_b(&rig, MetaProperties { node_id: Some(2), ..b.clone() });
    assert!(
        rig.open(&config)
            .unwrap_err()
            .to_string()
            .starts_with("Stored node id 2 doesn't match previous node id 1 in ")
    );
    write_b(&rig, MetaProperties { cluster_id: Some("x".to_owned()), ..b });
    assert!(rig.open(&config).unwrap_err().to_string().ends_with(&format!("Expected {CLUSTER}, but read x")));

    write_b(&rig, MetaProperties { directory_id: None, ..b });
    let storage = rig.open(&config).unwrap();
    assert_eq!(rig.properties("b").directory_id, Some(storage.directories[&rig.dir("b")]));

    let other = Path::new(&rig.dir("b")).join(METADATA_LOG_DIR_NAME);
    RealDisk.create_dir_all(&other).unwrap();
    assert!(
        rig.open(&config)
            .unwrap_err()
            .to_string()
            .starts_with("Found unexpected metadata location in data directory")
    );
}

#[test]
fn unreadable_directories_stop_the_node_only_where_the_metadata_is() {
    let mut rig = Rig::new();
    let config = rig.dynamic(&["a", "b"]);
    let formatter = rig.standalone(&config);
    rig.format(&formatter).unwrap();
    let damage = |rig: &Rig, dir: &str| {
        let path = Path::new(&rig.dir(dir)).join("meta.properties");
        RealDisk.open(&path, OpenMode::Truncate).unwrap().write_all_at(b"version=x", 0).unwrap();
    };
    damage(&rig, "b");
    let storage = rig.open(&config).unwrap();
    assert!(storage.failed.contains_key(&rig.dir("b")) && storage.directories.len() == 1);
    damage(&rig, "a");
    let error = rig.open(&config).unwrap_err().to_string();
    assert!(error.starts_with("Encountered I/O error in metadata log directory"), "{error}");
}

#[test]
fn a_damaged_bootstrap_file_is_told() {
    let mut rig = Rig::new();
    let config = rig.dynamic(&["a"]);
    let formatter = rig.standalone(&config);
    rig.format(&formatter).unwrap();
    let path = Path::new(&rig.dir("a")).join("bootstrap.checkpoint");
    let bytes = RealDisk.read(&path, 1 << 20).unwrap();
    for cut in [1, 80, bytes.len() - 1] {
        RealDisk.open(&path, OpenMode::Truncate).unwrap().write_all_at(&bytes[..cut], 0).unwrap();
        let error = rig.open(&config).unwrap_err().to_string();
        assert!(error.contains("bootstrap.checkpoint is damaged"), "{error}");
    }
    RealDisk.remove_file(&path).unwrap();
    assert_eq!(rig.open(&config).unwrap().bootstrap, BootstrapMetadata::latest());
}

#[test]
fn info_tells_what_is_there_and_what_is_wrong() {
    let mut rig = Rig::new();
    let config = rig.dynamic(&["a", "b", "c"]);
    let formatter = rig.standalone(&config);
    rig.format(&formatter).unwrap();
    let info = StorageInfo::read(&RealDisk, &config);
    assert_eq!((info.found.len(), info.problems.len()), (3, 0));
    assert_eq!(info.metadata, Some(rig.properties("a")));

    let c = MetaProperties { cluster_id: Some("x".to_owned()), ..rig.properties("c") };
    c.write(&RealDisk, Path::new(&rig.dir("c")), NOW).unwrap();
    RealDisk.remove_file(&Path::new(&rig.dir("b")).join("meta.properties")).unwrap();
    let info = StorageInfo::read(&RealDisk, &rig.dynamic(&["a", "b", "c", "d"]));
    assert_eq!(
        info.problems,
        [
            format!("{} is not formatted.", rig.dir("b")),
            "Mismatched cluster IDs between storage directories.".to_owned(),
            format!("{} does not exist", rig.dir("d")),
        ]
    );
}

/// What `kafka-storage format --standalone` of Kafka 4.3.1 wrote for node 1, as `bootstrap.checkpoint`.
const BOOTSTRAP_OF_KAFKA: &str = "\
    0000000000000000000000470000000002234632ca002000000000000001a2123fa3bb000001a2123fa3bbffffffffffffffffffffff\
    ffffff000000012a0000000800000003160000000000000000000000000000000000000001000000f100000000026753a96800000000\
    0005000001a2123fa3d1000001a2123fa3d1ffffffffffffffffffffffffffff000000063a000000012e010c00116d65746164617461\
    2e76657273696f6e001e00005a000002014e010c0021656c696769626c652e6c65616465722e7265706c696361732e76657273696f6e\
    00010000340000040128010c000e67726f75702e76657273696f6e00010000340000060128010c000e73686172652e76657273696f6e\
    0001000038000008012c010c001073747265616d732e76657273696f6e000100004000000a0134010c00147472616e73616374696f6e\
    2e76657273696f6e0002000000000000000000070000003f00000000028ccc43cb002000000000000001a2123fa3d2000001a2123fa3\
    d2ffffffffffffffffffffffffffff000000011a00000008000000040600000000";
/// The snapshot that it wrote beside, for a controller at `localhost:19393`.
const VOTERS_OF_KAFKA: &str = "\
    00000000000000000000009a00000000023c273b3d002000000002000001a2123fa3e2000001a2123fa3e2ffffffffffffffffffffff\
    ffffff000000032a0000000800000003160000000001a2123fa3da00001e00000208000000050a000000010000820100000408000000\
    066e000002000000019d1eaeeb06774831b2c7e3c1a64a5582020b434f4e54524f4c4c45520a6c6f63616c686f73744bc10000000001\
    0000000000000000000000030000003f00000000025b882a49002000000000000001a2123fa3e8000001a2123fa3e8ffffffffffffff\
    ffffffffffffff000000011a00000008000000040600000000";

/// The bytes of batches without what depends on the time: checksums, timestamps, and the time in a snapshot's header.
fn timeless(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut start = 0;
    while start < bytes.len() {
        let length = i32::from_be_bytes(bytes[start + 8..start + 12].try_into().unwrap());
        bytes[start + 17..start + 21].fill(0);
        bytes[start + 27..start + 43].fill(0);
        if start == 0 {
            // Behind the header of the batch, and length, attributes, deltas, key, length and version of the record.
            bytes[start + 61 + 12..start + 61 + 20].fill(0);
        }
        start += 12 + usize::try_from(length).unwrap();
    }
    bytes
}

#[test]
fn the_files_are_kafkas() {
    let mut rig = Rig::new();
    let config = rig.dynamic(&["a"]);
    let controllers = "1@localhost:19393:nR6u6wZ3SDGyx-PBpkpVgg".parse().unwrap();
    let formatter = Formatter {
        initial_controllers: Some(controllers),
        ..Formatter::for_config(&config, CLUSTER).unwrap()
    };
    rig.format(&formatter).unwrap();
    let check = |name: &str, kafka: &str| {
        let bytes = RealDisk.read(&Path::new(&rig.dir("a")).join(name), 1 << 20).unwrap();
        let kafka: Vec<u8> = (0..kafka.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&kafka[at..at + 2], 16).unwrap())
            .collect();
        assert_eq!(timeless(&bytes), timeless(&kafka), "{name}");
    };
    check("bootstrap.checkpoint", BOOTSTRAP_OF_KAFKA);
    check("__cluster_metadata-0/00000000000000000000-0000000000.checkpoint", VOTERS_OF_KAFKA);
}
