//! The suite, as functions over a disk and an empty directory on it.

use std::io::{ErrorKind, IoSlice};
use std::path::Path;

use ottla_io::{DirEntry, Disk, EntryKind, OpenMode};

/// One test per promise; `$place` makes a value with a `disk` and a `root`.
macro_rules! contract {
    ($place:path; $($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                let place = $place();
                crate::suite::$name(&*place.disk, &place.root);
            }
        )*
    };
    ($place:path) => {
        crate::suite::contract!($place;
            usable_space_is_within_the_total
            reads_back_what_was_written
            reads_past_the_end_are_empty
            writes_past_the_end_leave_zeros
            vectored_writes_are_one_piece
            set_len_cuts_and_grows_with_zeros
            open_modes_differ
            handles_share_one_file
            read_only_handles_refuse_writes
            directories_are_created_with_their_parents
            listings_are_sorted_and_complete
            rename_replaces_a_file
            rename_moves_a_directory
            rename_refuses_impossible_pairs
            removed_files_live_on_in_their_handles
            remove_dir_all_takes_everything
            missing_things_are_not_found
            paths_through_files_lead_nowhere
            whole_reads_have_a_limit
            atomic_writes_replace
            locks_exclude_one_another
            modification_times_do_not_go_back
            syncs_succeed
            offsets_beyond_the_possible_are_refused
        );
    };
}
pub(crate) use contract;

fn kind<T>(result: std::io::Result<T>) -> ErrorKind {
    match result {
        Ok(_) => panic!("expected a failure"),
        Err(error) => error.kind(),
    }
}

fn write(disk: &dyn Disk, path: &Path, bytes: &[u8]) {
    disk.open(path, OpenMode::Truncate).unwrap().write_all_at(bytes, 0).unwrap();
}

fn read(disk: &dyn Disk, path: &Path) -> Vec<u8> {
    disk.read(path, 1 << 20).unwrap()
}

fn names(disk: &dyn Disk, dir: &Path) -> Vec<String> {
    disk.list(dir).unwrap().into_iter().map(|entry| entry.name).collect()
}

pub(crate) fn reads_back_what_was_written(disk: &dyn Disk, root: &Path) {
    let file = disk.open(&root.join("a"), OpenMode::Create).unwrap();
    let bytes: Vec<u8> = (0..20_000_u32).map(|n| (n % 251) as u8).collect();
    file.write_all_at(&bytes, 0).unwrap();
    file.write_all_at(b"patch", 4094).unwrap();
    let mut expected = bytes;
    expected[4094..4099].copy_from_slice(b"patch");
    assert_eq!(file.len().unwrap(), 20_000);
    assert!(!file.is_empty().unwrap());
    assert_eq!(read(disk, &root.join("a")), expected);
    let mut middle = [0; 100];
    file.read_exact_at(&mut middle, 4050).unwrap();
    assert_eq!(middle[..], expected[4050..4150]);
}

pub(crate) fn reads_past_the_end_are_empty(disk: &dyn Disk, root: &Path) {
    let file = disk.open(&root.join("a"), OpenMode::Create).unwrap();
    file.write_all_at(b"abc", 0).unwrap();
    let mut buf = [7; 4];
    assert_eq!(file.read_at(&mut buf, 3).unwrap(), 0);
    assert_eq!(file.read_at(&mut buf, 1 << 40).unwrap(), 0);
    assert_eq!(file.read_at(&mut [], 0).unwrap(), 0);
    assert_eq!(kind(file.read_exact_at(&mut buf, 0)), ErrorKind::UnexpectedEof);
}

pub(crate) fn writes_past_the_end_leave_zeros(disk: &dyn Disk, root: &Path) {
    let file = disk.open(&root.join("a"), OpenMode::Create).unwrap();
    file.write_all_at(b"x", 9000).unwrap();
    let mut expected = vec![0; 9000];
    expected.push(b'x');
    assert_eq!(read(disk, &root.join("a")), expected);
    assert_eq!(file.write_vectored_at(&[], 20_000).unwrap(), 0);
    assert_eq!(file.len().unwrap(), 9001, "writing nothing does not grow the file");
}

pub(crate) fn vectored_writes_are_one_piece(disk: &dyn Disk, root: &Path) {
    let file = disk.open(&root.join("a"), OpenMode::Create).unwrap();
    let written = file.write_vectored_at(&[IoSlice::new(b"one"), IoSlice::new(b""), IoSlice::new(b"two")], 2);
    assert_eq!(written.unwrap(), 6);
    assert_eq!(read(disk, &root.join("a")), b"\0\0onetwo");
}

pub(crate) fn set_len_cuts_and_grows_with_zeros(disk: &dyn Disk, root: &Path) {
    let file = disk.open(&root.join("a"), OpenMode::Create).unwrap();
    file.write_all_at(&[1; 5000], 0).unwrap();
    file.set_len(4100).unwrap();
    assert_eq!(file.len().unwrap(), 4100);
    file.set_len(6000).unwrap();
    let mut expected = vec![1; 4100];
    expected.resize(6000, 0);
    assert_eq!(read(disk, &root.join("a")), expected, "what was cut does not come back");
    file.set_len(0).unwrap();
    assert!(file.is_empty().unwrap());
}

pub(crate) fn open_modes_differ(disk: &dyn Disk, root: &Path) {
    let path = root.join("a");
    assert_eq!(kind(disk.open(&path, OpenMode::Read)), ErrorKind::NotFound);
    assert_eq!(kind(disk.open(&path, OpenMode::Write)), ErrorKind::NotFound);
    disk.open(&path, OpenMode::Create).unwrap().write_all_at(b"abc", 0).unwrap();
    disk.open(&path, OpenMode::Create).unwrap();
    disk.open(&path, OpenMode::Write).unwrap().write_all_at(b"x", 1).unwrap();
    assert_eq!(read(disk, &path), b"axc", "neither of them cuts");
    disk.open(&path, OpenMode::Truncate).unwrap();
    assert_eq!(read(disk, &path), b"");
    assert_eq!(kind(disk.open(root, OpenMode::Write)), ErrorKind::IsADirectory);
    assert_eq!(kind(disk.open(root, OpenMode::Create)), ErrorKind::IsADirectory);
}

pub(crate) fn handles_share_one_file(disk: &dyn Disk, root: &Path) {
    let writer = disk.open(&root.join("a"), OpenMode::Create).unwrap();
    let reader = disk.open(&root.join("a"), OpenMode::Read).unwrap();
    writer.write_all_at(b"seen", 0).unwrap();
    let mut buf = [0; 4];
    reader.read_exact_at(&mut buf, 0).unwrap();
    assert_eq!(&buf, b"seen");
}

pub(crate) fn read_only_handles_refuse_writes(disk: &dyn Disk, root: &Path) {
    write(disk, &root.join("a"), b"abc");
    let reader = disk.open(&root.join("a"), OpenMode::Read).unwrap();
    assert!(reader.write_all_at(b"x", 0).is_err());
    assert!(reader.set_len(0).is_err());
    assert_eq!(read(disk, &root.join("a")), b"abc");
}

pub(crate) fn directories_are_created_with_their_parents(disk: &dyn Disk, root: &Path) {
    let deep = root.join("x/y/z");
    disk.create_dir_all(&deep).unwrap();
    disk.create_dir_all(&deep).unwrap();
    assert!(disk.exists(&deep).unwrap());
    assert!(disk.list(&deep).unwrap().is_empty());
    write(disk, &deep.join("a"), b"");
    assert_eq!(kind(disk.create_dir_all(&deep.join("a"))), ErrorKind::AlreadyExists);
    assert_eq!(kind(disk.create_dir_all(&deep.join("a/b"))), ErrorKind::NotADirectory);
}

pub(crate) fn listings_are_sorted_and_complete(disk: &dyn Disk, root: &Path) {
    write(disk, &root.join("b"), b"12345");
    write(disk, &root.join("a.log"), b"");
    disk.create_dir_all(&root.join("B-dir")).unwrap();
    let listed = disk.list(root).unwrap();
    let shape: Vec<_> =
        listed.iter().map(|DirEntry { name, kind, len, .. }| (name.as_str(), *kind, *len)).collect();
    assert_eq!(
        shape,
        [("B-dir", EntryKind::Directory, 0), ("a.log", EntryKind::File, 0), ("b", EntryKind::File, 5)]
    );
    assert_eq!(kind(disk.list(&root.join("b"))), ErrorKind::NotADirectory);
}

pub(crate) fn rename_replaces_a_file(disk: &dyn Disk, root: &Path) {
    write(disk, &root.join("old"), b"old");
    write(disk, &root.join("new"), b"new");
    disk.rename(&root.join("new"), &root.join("old")).unwrap();
    assert_eq!(names(disk, root), ["old"]);
    assert_eq!(read(disk, &root.join("old")), b"new");
    disk.rename(&root.join("old"), &root.join("old")).unwrap();
    assert_eq!(read(disk, &root.join("old")), b"new");
}

pub(crate) fn rename_moves_a_directory(disk: &dyn Disk, root: &Path) {
    disk.create_dir_all(&root.join("t-0")).unwrap();
    write(disk, &root.join("t-0/a"), b"kept");
    let open = disk.open(&root.join("t-0/a"), OpenMode::Write).unwrap();
    disk.create_dir_all(&root.join("elsewhere")).unwrap();
    disk.rename(&root.join("t-0"), &root.join("elsewhere/t-0.x-delete")).unwrap();
    open.write_all_at(b"K", 0).unwrap();
    assert_eq!(read(disk, &root.join("elsewhere/t-0.x-delete/a")), b"Kept");
    assert!(!disk.exists(&root.join("t-0")).unwrap());
}

pub(crate) fn rename_refuses_impossible_pairs(disk: &dyn Disk, root: &Path) {
    disk.create_dir_all(&root.join("full/inner")).unwrap();
    disk.create_dir_all(&root.join("empty")).unwrap();
    write(disk, &root.join("file"), b"");
    let rename = |from: &str, to: &str| disk.rename(&root.join(from), &root.join(to));
    assert_eq!(kind(rename("nothing", "x")), ErrorKind::NotFound);
    assert_eq!(kind(rename("file", "missing/x")), ErrorKind::NotFound);
    assert_eq!(kind(rename("file", "empty")), ErrorKind::IsADirectory);
    assert_eq!(kind(rename("empty", "file")), ErrorKind::NotADirectory);
    assert_eq!(kind(rename("empty", "full")), ErrorKind::DirectoryNotEmpty);
    assert_eq!(kind(rename("full", "full/inner/x")), ErrorKind::InvalidInput);
    rename("full", "empty").unwrap();
    assert_eq!(names(disk, root), ["empty", "file"]);
    assert_eq!(names(disk, &root.join("empty")), ["inner"]);
}

pub(crate) fn removed_files_live_on_in_their_handles(disk: &dyn Disk, root: &Path) {
    write(disk, &root.join("a"), b"abc");
    let open = disk.open(&root.join("a"), OpenMode::Write).unwrap();
    disk.remove_file(&root.join("a")).unwrap();
    assert!(!disk.exists(&root.join("a")).unwrap());
    open.write_all_at(b"d", 3).unwrap();
    let mut buf = [0; 4];
    open.read_exact_at(&mut buf, 0).unwrap();
    assert_eq!(&buf, b"abcd");
    write(disk, &root.join("a"), b"another");
    assert_eq!(open.len().unwrap(), 4);
}

pub(crate) fn remove_dir_all_takes_everything(disk: &dyn Disk, root: &Path) {
    disk.create_dir_all(&root.join("d/e")).unwrap();
    write(disk, &root.join("d/a"), b"");
    write(disk, &root.join("d/e/b"), b"");
    assert_eq!(kind(disk.remove_file(&root.join("d"))), ErrorKind::IsADirectory);
    disk.remove_dir_all(&root.join("d")).unwrap();
    assert!(disk.list(root).unwrap().is_empty());
    write(disk, &root.join("f"), b"");
    assert_eq!(kind(disk.remove_dir_all(&root.join("f"))), ErrorKind::NotADirectory);
}

pub(crate) fn missing_things_are_not_found(disk: &dyn Disk, root: &Path) {
    let nothing = root.join("nothing");
    assert!(!disk.exists(&nothing).unwrap());
    assert_eq!(kind(disk.list(&nothing)), ErrorKind::NotFound);
    assert_eq!(kind(disk.remove_file(&nothing)), ErrorKind::NotFound);
    assert_eq!(kind(disk.remove_dir_all(&nothing)), ErrorKind::NotFound);
    assert_eq!(kind(disk.sync_dir(&nothing)), ErrorKind::NotFound);
    assert_eq!(kind(disk.read(&nothing, 10)), ErrorKind::NotFound);
    assert_eq!(kind(disk.open(&nothing.join("a"), OpenMode::Create)), ErrorKind::NotFound);
    assert_eq!(kind(disk.try_lock(&nothing.join(".lock"))), ErrorKind::NotFound);
}

pub(crate) fn paths_through_files_lead_nowhere(disk: &dyn Disk, root: &Path) {
    write(disk, &root.join("a"), b"");
    assert!(!disk.exists(&root.join("a/b")).unwrap());
    assert_eq!(kind(disk.open(&root.join("a/b"), OpenMode::Create)), ErrorKind::NotADirectory);
    assert_eq!(kind(disk.open(&root.join("a/b"), OpenMode::Read)), ErrorKind::NotADirectory);
}

pub(crate) fn whole_reads_have_a_limit(disk: &dyn Disk, root: &Path) {
    write(disk, &root.join("a"), b"abcd");
    assert_eq!(disk.read(&root.join("a"), 4).unwrap(), b"abcd");
    assert_eq!(kind(disk.read(&root.join("a"), 3)), ErrorKind::FileTooLarge);
}

pub(crate) fn atomic_writes_replace(disk: &dyn Disk, root: &Path) {
    let path = root.join("recovery-point-offset-checkpoint");
    disk.write_atomically(&path, b"first").unwrap();
    disk.write_atomically(&path, b"2nd").unwrap();
    assert_eq!(read(disk, &path), b"2nd");
    assert_eq!(names(disk, root), ["recovery-point-offset-checkpoint"], "no temporary file stays");
}

pub(crate) fn locks_exclude_one_another(disk: &dyn Disk, root: &Path) {
    let path = root.join(".lock");
    let held = disk.try_lock(&path).unwrap().unwrap();
    assert!(disk.exists(&path).unwrap());
    assert!(disk.try_lock(&path).unwrap().is_none());
    assert!(disk.try_lock(&path).unwrap().is_none(), "being refused does not give the lock back");
    let other = disk.try_lock(&root.join("other.lock")).unwrap().unwrap();
    drop(held);
    let again = disk.try_lock(&path).unwrap().unwrap();
    drop((other, again));
}

pub(crate) fn modification_times_do_not_go_back(disk: &dyn Disk, root: &Path) {
    let file = disk.open(&root.join("a"), OpenMode::Create).unwrap();
    file.write_all_at(b"a", 0).unwrap();
    let before = file.modified_ms().unwrap();
    file.write_all_at(b"b", 1).unwrap();
    assert!(file.modified_ms().unwrap() >= before);
    assert_eq!(disk.list(root).unwrap()[0].modified_ms, file.modified_ms().unwrap());
    file.set_modified_ms(1_234_567_890_123).unwrap();
    assert_eq!(file.modified_ms().unwrap(), 1_234_567_890_123);
    assert_eq!(disk.list(root).unwrap()[0].modified_ms, 1_234_567_890_123);
}

pub(crate) fn syncs_succeed(disk: &dyn Disk, root: &Path) {
    let file = disk.open(&root.join("a"), OpenMode::Create).unwrap();
    file.write_all_at(b"a", 0).unwrap();
    file.sync().unwrap();
    disk.sync_dir(root).unwrap();
}

pub(crate) fn offsets_beyond_the_possible_are_refused(disk: &dyn Disk, root: &Path) {
    let file = disk.open(&root.join("a"), OpenMode::Create).unwrap();
    assert!(file.write_all_at(b"a", u64::MAX).is_err());
    assert!(file.write_all_at(b"a", i64::MAX as u64).is_err());
    assert!(file.set_len(u64::MAX).is_err());
    assert!(file.is_empty().unwrap());
}

pub(crate) fn usable_space_is_within_the_total(disk: &dyn Disk, root: &Path) {
    let space = disk.space(root).unwrap();
    assert!(space.usable <= space.total && space.total > 0, "{space:?}");
}
