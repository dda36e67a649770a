//! Names of files and directories.

use ottla_log::paths::{FileName, PartitionDir, PartitionDirState, partition_dir_name};

use crate::Target;

/// Reads the input as the name of a file and of a partition's directory. A name that is understood is one we write.
pub(super) const TARGET: Target = Target { name: "names", run, seeds };

fn run(input: &[u8]) {
    let Ok(name) = std::str::from_utf8(input) else { return };
    if let Some(file) = FileName::parse(name) {
        assert_eq!(file.to_string(), name);
    }
    if let Some(dir) = PartitionDir::parse(name) {
        let again = partition_dir_name(&dir.partition, PartitionDirState::Future, 42);
        let parsed = PartitionDir::parse(&again).map(|dir| dir.partition);
        if !name.contains(char::is_whitespace) {
            assert_eq!(parsed, Some(dir.partition));
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let names = [
        "00000000000000000042.log",
        "00000000000000000000.timeindex.deleted",
        "09223372036854775807.snapshot",
        "00000000000000000007.txnindex.swap",
        "00000000000000000007.index.cleaned",
        "topic-0",
        "my-topic.with-dots-12",
        "topic-3.375b3c1552a140d3a42c10cd40e799d4-delete",
        "topic-3.375b3c1552a140d3a42c10cd40e799d4-stray",
        "topic-3.375b3c1552a140d3a42c10cd40e799d4-future",
    ];
    names.map(|name| name.as_bytes().to_vec()).into()
}
