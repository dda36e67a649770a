//! Dumps a `.txnindex` file.

use std::io::Write;

use super::index_file::IndexFile;
use crate::frame::Stop;
use crate::java::JavaFile;

const ENTRY_LEN: usize = 34;
const VERSION_MAX: i8 = 0;

pub(super) fn dump(file: &JavaFile, out: &mut dyn Write) -> Result<(), Stop> {
    super::base_offset(file)?;
    // A segment without aborted transactions has no such file, and to Kafka an absent one is empty.
    if !file.as_path().exists() {
        return Ok(());
    }
    let mut index = IndexFile::<ENTRY_LEN>::open(file)?;
    // Kafka reads all entries before it prints the first.
    for slot in 0..index.len() {
        let version = version(&index.entry(slot)?);
        if version > VERSION_MAX {
            let position = slot * ENTRY_LEN as i64;
            let what = format!("version {version} is unknown, at most {VERSION_MAX} would be right");
            return Err(anyhow::anyhow!("{file} at position {position}: {what}").into());
        }
    }
    for slot in 0..index.len() {
        let entry = index.entry(slot)?;
        let (numbers, _) = entry[2..].as_chunks::<8>();
        let number = |place: usize| i64::from_be_bytes(numbers[place]);
        writeln!(
            out,
            "version: {} producerId: {} firstOffset: {} lastOffset: {} lastStableOffset: {}",
            version(&entry),
            number(0),
            number(1),
            number(2),
            number(3),
        )?;
    }
    Ok(())
}

/// Of the two bytes of the version Kafka looks at the first alone.
const fn version(entry: &[u8; ENTRY_LEN]) -> i8 {
    entry[0] as i8
}
