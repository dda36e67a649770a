//! What a power loss takes and what it leaves.

use std::time::Duration;

use ottla_io::sim::{CrashOptions, Growth, Names, NamesAfterCrash, PlantedBug};

use super::*;

#[test]
fn what_was_synced_survives_every_crash() {
    let disk = disk();
    let file = create(&disk, "/d/a");
    file.write_all_at(&[1; 3000], 0).unwrap();
    file.sync().unwrap();
    disk.sync_dir("/d".as_ref()).unwrap();
    file.write_all_at(&[2; 3000], 3000).unwrap();
    for seed in 0..200 {
        let after = content(&disk.crash(seed), "/d/a");
        assert_eq!(after[..3000], [1; 3000]);
        assert!(after.len() <= 6000);
    }
}

#[test]
fn unsynced_appends_are_lost_kept_torn_and_reordered() {
    let disk = disk();
    let file = durable(&disk, "/d/a", &[1; 512]);
    file.write_all_at(&[2; 1024], 512).unwrap();
    file.write_all_at(&[3; 1024], 1536).unwrap();
    let options = CrashOptions { growth: Growth::Zeros, ..CrashOptions::default() };
    let sectors = |seed| -> Vec<u8> {
        content(&disk.crash_with(seed, &options), "/d/a").chunks(512).map(|sector| sector[0]).collect()
    };
    let seen: BTreeSet<Vec<u8>> = (0..400).map(sectors).collect();
    for expected in [
        &[1][..],
        &[1, 2, 2, 3, 3],
        &[1, 2],
        &[1, 2, 2],
        &[1, 2, 2, 3],
        &[1, 0, 2, 3, 3],
        &[1, 0, 0, 3, 3],
        &[1, 0, 0, 0, 0],
    ] {
        assert!(seen.contains(expected), "never seen: {expected:?} in {seen:?}");
    }
    assert!(seen.iter().all(|sectors| sectors[0] == 1));
}

#[test]
fn a_sector_shows_a_state_the_cache_was_in() {
    let disk = disk();
    let file = durable(&disk, "/d/a", b"....");
    file.write_all_at(b"1", 0).unwrap();
    file.write_all_at(b"2", 1).unwrap();
    file.write_all_at(b"3", 0).unwrap();
    let seen = outcomes(&disk, |disk| String::from_utf8(content(disk, "/d/a")).unwrap());
    let states = ["....", "1...", "12..", "32.."];
    assert_eq!(seen, states.map(str::to_owned).into());
}

#[test]
fn bytes_never_written_read_as_zeros_or_garbage() {
    let disk = disk();
    let file = durable(&disk, "/d/a", b"");
    file.write_all_at(&[1; 2048], 0).unwrap();
    let kinds = |growth| {
        let options = CrashOptions { growth, ..CrashOptions::default() };
        let mut seen = BTreeSet::new();
        for seed in 0..200 {
            for sector in content(&disk.crash_with(seed, &options), "/d/a").chunks(512) {
                let same = sector.iter().all(|byte| *byte == sector[0]);
                seen.insert(if same { i32::from(sector[0]) } else { -1 });
            }
        }
        seen
    };
    assert_eq!(kinds(Growth::Zeros), [0, 1].into());
    assert!(kinds(Growth::Garbage).contains(&-1));
    assert_eq!(kinds(Growth::Either), [-1, 0, 1].into());
}

#[test]
fn a_cut_may_be_forgotten_until_synced() {
    let disk = disk();
    let file = durable(&disk, "/d/a", &[1; 10_000]);
    file.set_len(600).unwrap();
    let lens = outcomes(&disk, |disk| content(disk, "/d/a").len());
    assert_eq!(lens, [600, 10_000].into());
    for seed in 0..100 {
        let after = content(&disk.crash(seed), "/d/a");
        assert_eq!(after[..600], [1; 600]);
        assert!(after.len() == 600 || after[4096..] == [1; 5904], "whole blocks go with the journal");
    }
    file.sync().unwrap();
    assert_eq!(outcomes(&disk, |disk| content(disk, "/d/a").len()), [600].into());
}

#[test]
fn bytes_written_after_a_forgotten_cut_are_not_in_the_old_blocks() {
    let disk = disk();
    let file = durable(&disk, "/d/a", &[1; 12_288]);
    file.set_len(100).unwrap();
    file.write_all_at(&[2; 12_188], 100).unwrap();
    for seed in 0..300 {
        let after = content(
            &disk.crash_with(seed, &CrashOptions { growth: Growth::Zeros, ..<_>::default() }),
            "/d/a",
        );
        let tail = after.get(4096..).unwrap_or_default();
        assert!(
            !(tail.contains(&1) && tail.contains(&2)),
            "old and new blocks of one file after seed {seed}"
        );
    }
}

#[test]
fn names_are_durable_when_their_directory_is_synced() {
    let disk = disk();
    create(&disk, "/d/a").sync().unwrap();
    assert_eq!(outcomes(&disk, |disk| names(disk, "/d").len()), [0, 1].into(), "bytes are not names");
    disk.sync_dir("/d".as_ref()).unwrap();
    assert_eq!(outcomes(&disk, |disk| names(disk, "/d")), [vec!["a".to_owned()]].into());
}

#[test]
fn unsynced_names_survive_in_order_or_in_any_subset() {
    let disk = disk();
    for name in ["/d/a", "/d/b", "/d/c"] {
        create(&disk, name);
    }
    let subsets = |rule| {
        let options = CrashOptions { names: rule, ..CrashOptions::default() };
        (0..400).map(|seed| names(&disk.crash_with(seed, &options), "/d").concat()).collect()
    };
    let ordered: BTreeSet<String> = subsets(NamesAfterCrash::Ordered);
    assert_eq!(ordered, ["", "a", "ab", "abc"].map(str::to_owned).into());
    let any: BTreeSet<String> = subsets(NamesAfterCrash::AnySubset);
    assert_eq!(any, ["", "a", "b", "c", "ab", "ac", "bc", "abc"].map(str::to_owned).into());
}

#[test]
fn directories_lose_their_names_each_for_itself() {
    let disk = disk();
    disk.create_dir_all("/e".as_ref()).unwrap();
    disk.settle();
    create(&disk, "/d/a");
    create(&disk, "/e/b");
    let seen = outcomes(&disk, |disk| (names(disk, "/d").len(), names(disk, "/e").len()));
    assert_eq!(seen, [(0, 0), (0, 1), (1, 0), (1, 1)].into());
}

#[test]
fn a_rename_happens_or_does_not() {
    let disk = disk();
    durable(&disk, "/d/checkpoint", b"old");
    let tmp = create(&disk, "/d/checkpoint.tmp");
    tmp.write_all_at(b"new", 0).unwrap();
    tmp.sync().unwrap();
    disk.rename("/d/checkpoint.tmp".as_ref(), "/d/checkpoint".as_ref()).unwrap();
    let seen = outcomes(&disk, |disk| String::from_utf8(content(disk, "/d/checkpoint")).unwrap());
    assert_eq!(seen, ["new".to_owned(), "old".to_owned()].into());
}

#[test]
fn a_rename_between_directories_leaves_one_name() {
    let disk = disk();
    disk.create_dir_all("/e".as_ref()).unwrap();
    disk.settle();
    create(&disk, "/d/a");
    disk.rename("/d/a".as_ref(), "/e/a".as_ref()).unwrap();
    let both = |disk: &SimDisk| (names(disk, "/d").len(), names(disk, "/e").len());
    assert_eq!(outcomes(&disk, both), [(0, 0), (1, 0), (0, 1)].into());
    disk.sync_dir("/e".as_ref()).unwrap();
    assert_eq!(outcomes(&disk, both), [(0, 1)].into());
}

#[test]
fn a_removed_file_may_come_back() {
    let disk = disk();
    durable(&disk, "/d/a", b"bytes");
    disk.remove_file("/d/a".as_ref()).unwrap();
    let seen = outcomes(&disk, |disk| names(disk, "/d").first().map(|_| content(disk, "/d/a")));
    assert_eq!(seen, [None, Some(b"bytes".to_vec())].into());
}

#[test]
fn atomic_writes_are_atomic() {
    let disk = disk();
    disk.write_atomically("/d/c".as_ref(), b"one").unwrap();
    for stop in 0..6 {
        let disk = disk.kill();
        disk.cut_power_after(stop);
        let finished = disk.write_atomically("/d/c".as_ref(), b"another").is_ok();
        for seed in 0..50 {
            let after = content(&disk.crash(seed), "/d/c");
            assert!(after == b"another" || (!finished && after == b"one"), "torn after {stop}: {after:?}");
        }
    }
}

#[test]
fn killing_the_process_loses_nothing_and_syncs_nothing() {
    let disk = disk();
    let _lock = disk.try_lock("/d/.lock".as_ref()).unwrap().unwrap();
    create(&disk, "/d/a").write_all_at(b"bytes", 0).unwrap();
    let restarted = disk.kill();
    assert_eq!(content(&restarted, "/d/a"), b"bytes");
    assert!(restarted.try_lock("/d/.lock".as_ref()).unwrap().is_some(), "the dead hold no locks");
    assert!(outcomes(&restarted, |disk| names(disk, "/d").len()).contains(&0));
}

#[test]
fn bits_flip_only_in_what_was_in_flight() {
    let disk = disk();
    let file = durable(&disk, "/d/a", &[0; 4096]);
    file.write_all_at(&[0; 4096], 4096).unwrap();
    let options =
        CrashOptions { corrupt_in_flight: Some("a"), growth: Growth::Zeros, ..CrashOptions::default() };
    let mut flips = 0;
    for seed in 0..50 {
        let after = content(&disk.crash_with(seed, &options), "/d/a");
        assert!(after[..4096].iter().all(|byte| *byte == 0));
        flips += after[4096..].iter().filter(|byte| **byte != 0).count();
    }
    assert!(flips > 0);
}

#[test]
fn one_seed_tells_one_story() {
    let run = || {
        let clock = SimClock::new(5);
        let disk = SimDisk::new(3, &clock);
        disk.create_dir_all("/d".as_ref()).unwrap();
        for n in 0..20_u8 {
            clock.advance(Duration::from_millis(7));
            create(&disk, &format!("/d/{}", n % 7)).write_all_at(&[n; 700], u64::from(n) * 300).unwrap();
        }
        (0..20).map(|seed| snapshot(&disk.crash(seed))).collect::<Vec<_>>()
    };
    let first = run();
    assert_eq!(first, run());
    assert!(first.iter().collect::<BTreeSet<_>>().len() > 10, "seeds differ");
}

fn snapshot(disk: &SimDisk) -> Vec<(String, i64, Vec<u8>)> {
    let Ok(entries) = disk.list("/d".as_ref()) else { return Vec::new() };
    let file = |entry: ottla_io::DirEntry| {
        let bytes = content(disk, &format!("/d/{}", entry.name));
        (entry.name, entry.modified_ms, bytes)
    };
    entries.into_iter().map(file).collect()
}

#[test]
fn planted_bugs_bite() {
    let disk = disk();
    let log = durable(&disk, "/d/0.log", &[1; 100]);
    let index = durable(&disk, "/d/0.index", &[1; 100]);

    disk.plant(PlantedBug::SkipSync(Names::ending_in(".log")));
    disk.plant(PlantedBug::DurableAtOnce(Names::ending_in(".index")));
    for file in [&log, &index] {
        file.write_all_at(&[2; 100], 100).unwrap();
    }
    log.sync().unwrap();
    let lens = |disk: &SimDisk| (content(disk, "/d/0.log").len(), content(disk, "/d/0.index").len());
    assert_eq!(outcomes(&disk, lens), [(100, 200), (200, 200)].into());

    disk.plant(PlantedBug::IgnoreSetLen(Names::ending_in(".index")));
    index.set_len(0).unwrap();
    assert_eq!(index.len().unwrap(), 200);

    disk.plant(PlantedBug::SkipSyncDir(Names::All));
    create(&disk, "/d/new");
    disk.sync_dir("/d".as_ref()).unwrap();
    assert!(outcomes(&disk, |disk| names(disk, "/d").len()).contains(&2));
}
