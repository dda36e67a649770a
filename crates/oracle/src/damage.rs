//! What may have happened to a directory before it is opened again.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use ottla_rival::files::files;

use Which::{First, Last};

use crate::data::partition_dirs;

/// One kind of damage, done to every partition of a data directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Damage {
    /// What it is called in names of directories.
    pub(crate) name: &'static str,
    /// Whether to look at it after a clean shutdown. Then files of records are whole, no work is half done, and Kafka
    /// believes the last entry of an offset index, to the loss of the log if that is noise.
    pub(crate) after_clean_shutdown: bool,
    /// Whether to look at it after a crash. Then Kafka refuses a log whose transaction index is noise, which we rebuild.
    pub(crate) after_crash: bool,
    /// Does it to one partition's directory.
    apply: fn(&Partition) -> anyhow::Result<()>,
}

/// All kinds. The same one always does the same to the same bytes.
pub(crate) const ALL: &[Damage] = &[
    crash("torn-tail", |partition| partition.cut_active_log(30)),
    crash("torn-header", |partition| partition.append_to_active_log(&NOISE[..17])),
    crash("flipped-bit-in-tail", |partition| partition.flip_in_record(Last)),
    crash("flipped-bit-in-oldest", |partition| partition.flip_in_record(First)),
    crash("garbage-tail", |partition| partition.append_to_active_log(&NOISE)),
    crash("zero-tail", |partition| partition.append_to_active_log(&[0; 4096])),
    crash("oldest-log-gone", |partition| partition.remove_oldest_log()),
    crash("half-cleaned", |partition| partition.rename_oldest("cleaned")),
    crash("half-swapped", |partition| partition.copy_oldest("swap")),
    crash("half-deleted", |partition| partition.rename_oldest("deleted")),
    any("none", |_| Ok(())),
    any("indexes-gone", |partition| partition.remove(&["index", "timeindex", "txnindex"])),
    any("offset-indexes-gone", |partition| partition.remove(&["index"])),
    any("time-indexes-gone", |partition| partition.remove(&["timeindex"])),
    crash("offset-index-noise", |partition| partition.overwrite_end("index", 8)),
    any("time-index-noise", |partition| partition.overwrite_end("timeindex", 12)),
    any("offset-index-odd", |partition| partition.cut_one_byte("index")),
    any("time-index-odd", |partition| partition.cut_one_byte("timeindex")),
    clean("transaction-index-noise", |partition| partition.overwrite_end("txnindex", 34)),
    any("snapshot-flipped", |partition| partition.flip_newest_snapshot()),
    any("snapshots-gone", |partition| partition.remove(&["snapshot"])),
    any("epochs-gone", |partition| partition.remove_named("leader-epoch-checkpoint")),
];

const fn crash(name: &'static str, apply: fn(&Partition) -> anyhow::Result<()>) -> Damage {
    Damage { name, after_clean_shutdown: false, after_crash: true, apply }
}

const fn clean(name: &'static str, apply: fn(&Partition) -> anyhow::Result<()>) -> Damage {
    Damage { name, after_clean_shutdown: true, after_crash: false, apply }
}

const fn any(name: &'static str, apply: fn(&Partition) -> anyhow::Result<()>) -> Damage {
    Damage { name, after_clean_shutdown: true, after_crash: true, apply }
}

/// Which of several files, by name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Which {
    First,
    Last,
}

/// Bytes that are no batch: a length that lies, and then letters.
const NOISE: [u8; 80] = {
    let mut noise = [b'x'; 80];
    noise[8] = 0;
    noise[9] = 0;
    noise[10] = 3;
    noise
};

/// The suffixes of a segment's files.
const SEGMENT: [&str; 4] = ["log", "index", "timeindex", "txnindex"];

/// A partition's directory.
#[derive(Debug)]
pub(crate) struct Partition {
    files: Vec<PathBuf>,
}

/// Damages every partition of a data directory.
pub(crate) fn apply(damage: Damage, data_dir: &Path) -> anyhow::Result<()> {
    partition_dirs(data_dir)?.iter().try_for_each(|dir| damage.apply_to(dir))
}

/// Damages the partitions of a data directory each in another way, as far as there are ways.
pub(crate) fn apply_in_turn(data_dir: &Path) -> anyhow::Result<()> {
    partition_dirs(data_dir)?
        .iter()
        .zip(ALL.iter().cycle())
        .try_for_each(|(dir, damage)| damage.apply_to(dir))
}

impl Damage {
    fn apply_to(&self, dir: &Path) -> anyhow::Result<()> {
        let partition = Partition { files: files(dir)? };
        (self.apply)(&partition).with_context(|| format!("cannot damage {}", dir.display()))
    }
}

impl Partition {
    fn with_suffix<'a>(&'a self, suffix: &'a str) -> impl DoubleEndedIterator<Item = &'a PathBuf> {
        self.files.iter().filter(move |file| file.extension().is_some_and(|extension| extension == suffix))
    }

    fn pick<'a>(&'a self, suffix: &'a str, which: Which) -> Option<&'a PathBuf> {
        match which {
            First => self.with_suffix(suffix).next(),
            Last => self.with_suffix(suffix).next_back(),
        }
    }

    fn cut_active_log(&self, bytes: u64) -> anyhow::Result<()> {
        self.pick("log", Last).map_or(Ok(()), |log| cut(log, bytes))
    }

    /// Flips a bit of the batch in the middle of a log, in its records: there its checksum sees it.
    fn flip_in_record(&self, which: Which) -> anyhow::Result<()> {
        let Some(log) = self.pick("log", which) else { return Ok(()) };
        let bytes = fs::read(log)?;
        let mut start = 0;
        let mut end = 0;
        while end <= bytes.len() / 2 {
            let Some(length) = bytes.get(end + 8..end + 12) else { return Ok(()) };
            start = end;
            end += 12 + usize::try_from(i32::from_be_bytes(length.try_into()?))?;
        }
        // Past the header; an empty batch has nothing there.
        if start + 61 < end { flip(log, (start + 61) as u64) } else { Ok(()) }
    }

    fn flip_newest_snapshot(&self) -> anyhow::Result<()> {
        let Some(file) = self.pick("snapshot", Last) else { return Ok(()) };
        flip(file, fs::metadata(file)?.len() / 2)
    }

    fn append_to_active_log(&self, bytes: &[u8]) -> anyhow::Result<()> {
        let Some(log) = self.pick("log", Last) else { return Ok(()) };
        let len = fs::metadata(log)?.len();
        Ok(OpenOptions::new().write(true).open(log)?.write_all_at(bytes, len)?)
    }

    fn remove(&self, suffixes: &[&str]) -> anyhow::Result<()> {
        for suffix in suffixes {
            for file in self.with_suffix(suffix) {
                fs::remove_file(file)?;
            }
        }
        Ok(())
    }

    fn remove_named(&self, name: &str) -> anyhow::Result<()> {
        match self.files.iter().find(|file| file.ends_with(name)) {
            Some(file) => Ok(fs::remove_file(file)?),
            None => Ok(()),
        }
    }

    fn remove_oldest_log(&self) -> anyhow::Result<()> {
        match self.pick("log", First) {
            Some(log) if self.with_suffix("log").count() > 1 => Ok(fs::remove_file(log)?),
            _ => Ok(()),
        }
    }

    /// Overwrites the last entry of every such index with letters.
    fn overwrite_end(&self, suffix: &str, entry_bytes: u64) -> anyhow::Result<()> {
        for file in self.with_suffix(suffix) {
            let len = fs::metadata(file)?.len();
            if let Some(start) = len.checked_sub(entry_bytes) {
                let noise = vec![b'z'; usize::try_from(entry_bytes)?];
                OpenOptions::new().write(true).open(file)?.write_all_at(&noise, start)?;
            }
        }
        Ok(())
    }

    fn cut_one_byte(&self, suffix: &str) -> anyhow::Result<()> {
        self.with_suffix(suffix).try_for_each(|file| cut(file, 1))
    }

    /// Renames the files of the oldest segment, if it is not the only one.
    fn rename_oldest(&self, suffix: &str) -> anyhow::Result<()> {
        for file in self.oldest_segment() {
            fs::rename(&file, with_suffix(&file, suffix))?;
        }
        Ok(())
    }

    /// Puts a second copy of the oldest segment's files beside them.
    fn copy_oldest(&self, suffix: &str) -> anyhow::Result<()> {
        for file in self.oldest_segment() {
            fs::copy(&file, with_suffix(&file, suffix))?;
        }
        Ok(())
    }

    fn oldest_segment(&self) -> Vec<PathBuf> {
        let Some(log) = self.pick("log", First) else { return Vec::new() };
        if self.with_suffix("log").count() == 1 {
            return Vec::new();
        }
        SEGMENT.iter().map(|suffix| log.with_extension(suffix)).filter(|file| file.exists()).collect()
    }
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

fn cut(file: &Path, bytes: u64) -> anyhow::Result<()> {
    let len = fs::metadata(file)?.len();
    Ok(OpenOptions::new().write(true).open(file)?.set_len(len.saturating_sub(bytes))?)
}

fn flip(file: &Path, position: u64) -> anyhow::Result<()> {
    let file = OpenOptions::new().read(true).write(true).open(file)?;
    let mut byte = [0];
    file.read_exact_at(&mut byte, position)?;
    Ok(file.write_all_at(&[byte[0] ^ 0x10], position)?)
}
