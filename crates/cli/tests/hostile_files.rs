//! No bytes make `dump-log` panic, whatever it is asked to see in them.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ottla_cli::{Console, run};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

const FLAGS: &[&[&str]] = &[
    &[],
    &["--print-data-log"],
    &["--offsets-decoder"],
    &["--transaction-log-decoder"],
    &["--share-group-state-decoder"],
    &["--cluster-metadata-decoder"],
    &["--remote-log-metadata-decoder"],
    &["--index-sanity-check"],
];

/// Files of every kind, in directories of which each holds one segment.
const SEGMENTS: &[&str] = &[
    "transactions-2/00000000000000000117",
    "__consumer_offsets-1/00000000000000000000",
    "__transaction_state-0/00000000000000000000",
    "__share_group_state-0/00000000000000000000",
    "__cluster_metadata-0/00000000000000000229-0000000001",
    "remote-0/00000000000000000000",
    "control-0/00000000000000000000",
    "shapes-0/00000000000000000216",
    "broker-gzip-0/00000000000000000000",
    "broker-lz4-0/00000000000000000000",
    "m0-gzip-CreateTime-0/00000000000000000000",
    "m1-snappy-CreateTime-0/00000000000000000000",
];
const SUFFIXES: &[&str] = &["log", "index", "timeindex", "txnindex", "snapshot", "checkpoint"];

/// A change of a file: at a place, so many bytes overwritten.
type Edit = (Index, Vec<u8>);

fn damage(bytes: &mut Vec<u8>, edits: &[Edit], cut: Option<Index>) {
    for (place, new) in edits {
        if bytes.is_empty() {
            return;
        }
        let start = place.index(bytes.len());
        let end = bytes.len().min(start + new.len());
        bytes[start..end].copy_from_slice(&new[..end - start]);
    }
    if let Some(cut) = cut {
        bytes.truncate(cut.index(bytes.len() + 1));
    }
}

fn copy_damaged(segment: &str, dir: &Path, mut damage: impl FnMut(&mut Vec<u8>)) -> Vec<PathBuf> {
    let mut copies = Vec::new();
    for suffix in SUFFIXES {
        let source = format!("tests/fixtures/dump_log/data/{segment}.{suffix}");
        let Ok(mut bytes) = fs::read(&source) else { continue };
        damage(&mut bytes);
        let name = Path::new(&source).file_name().expect("it has a name");
        let copy = dir.join(name);
        fs::write(&copy, bytes).expect("written");
        copies.push(copy);
    }
    copies
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(
        segment in 0..SEGMENTS.len(),
        edits in vec((any::<Index>(), vec(any::<u8>(), 1..6)), 1..6),
        cut in proptest::option::weighted(0.2, any::<Index>()),
    ) {
        let dir = tempfile::tempdir().expect("a directory");
        let files = copy_damaged(SEGMENTS[segment], dir.path(), |bytes| damage(bytes, &edits, cut));
        for file in files {
            for flags in FLAGS {
                let (mut out, mut err) = (Vec::new(), Vec::new());
                let arguments = ["dump-log".into(), "--files".into(), file.clone().into()];
                let arguments = arguments.into_iter().chain(flags.iter().map(OsString::from));
                let status = run(OsStr::new("ottla"), arguments, &mut Console::new(&mut out, &mut err));
                prop_assert!(out.starts_with(b"Dumping "));
                prop_assert!(status == ExitCode::SUCCESS || !err.is_empty());
            }
        }
    }
}
