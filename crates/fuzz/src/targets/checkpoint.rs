//! The text files of a log directory and of a partition: offsets by partition, and leader epochs.

use std::path::Path;
use std::sync::Arc;

use ottla_io::sim::{SimClock, SimDisk};
use ottla_io::{Disk, OpenMode};
use ottla_log::checkpoint::OffsetCheckpoint;
use ottla_log::leader_epoch::{EpochEntry, LeaderEpochCache};
use ottla_log::paths::LEADER_EPOCH_CHECKPOINT;
use ottla_record::{LeaderEpoch, Offset};

use crate::Target;

/// Reads the input as either file. What is read must come back the same once it is written again.
pub(super) const TARGET: Target = Target { name: "checkpoint", run, seeds };

const DIR: &str = "/d";
const NAME: &str = "recovery-point-offset-checkpoint";

fn run(input: &[u8]) {
    check_offsets(input);
    check_epochs(input);
}

fn disk_with(name: &str, bytes: &[u8]) -> Arc<dyn Disk> {
    let disk = SimDisk::new(0, &SimClock::new(0));
    disk.create_dir_all(Path::new(DIR)).expect("an empty disk takes a directory");
    let file = disk.open(&Path::new(DIR).join(name), OpenMode::Create).expect("an empty disk takes a file");
    file.write_all_at(bytes, 0).expect("an empty disk takes bytes");
    Arc::new(disk)
}

fn check_offsets(input: &[u8]) {
    let checkpoint = OffsetCheckpoint::new(disk_with(NAME, input), Path::new(DIR), NAME);
    let Ok(offsets) = checkpoint.read() else { return };
    checkpoint
        .write(offsets.iter().map(|(partition, offset)| (partition, *offset)))
        .expect("the disk is sound");
    assert_eq!(checkpoint.read().expect("what we write we can read"), offsets);
}

fn check_epochs(input: &[u8]) {
    let disk = disk_with(LEADER_EPOCH_CHECKPOINT, input);
    let open = || LeaderEpochCache::open(Arc::clone(&disk), Path::new(DIR).into());
    let Ok(mut cache) = open() else { return };
    let entries = cache.entries();
    assert!(entries.is_sorted_by(|a, b| a.epoch < b.epoch && a.start_offset < b.start_offset), "{entries:?}");
    // Only a cache that was changed is written.
    let next = entries.last().map(|last| (last.epoch.0.checked_add(1), last.start_offset.0.checked_add(1)));
    let Some((Some(epoch), Some(start_offset))) = next else { return };
    cache.assign(EpochEntry { epoch: LeaderEpoch(epoch), start_offset: Offset(start_offset) });
    cache.flush().expect("the disk is sound");
    assert_eq!(open().expect("what we write we can read").entries(), cache.entries());
}

fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "",
        "0\n0\n",
        "0\n2\ntopic 0 42\nother-topic.x 11 9223372036854775807\n",
        "0\n3\n0 0\n2 71\n4 128\n",
    ];
    texts.map(|text| text.as_bytes().to_vec()).into()
}
