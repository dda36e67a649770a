//! CRC-32C of batches: every byte that is appended goes through it once.

use ottla_record::crc32c;

use crate::{Bench, Comparison, Session};

pub(super) const BENCH: Bench =
    Bench { name: "record-crc", about: "CRC-32C of a batch beside copying it", run };

fn run(session: &Session) -> anyhow::Result<()> {
    for (what, size) in
        [("crc32c of 1 KiB", 1 << 10), ("crc32c of 16 KiB", 1 << 14), ("crc32c of 1 MiB", 1 << 20)]
    {
        let bytes: Vec<u8> = (0..size).map(|n| n as u8).collect();
        let mut copy = vec![0; size];
        session.print(&Comparison {
            what,
            bytes: size,
            ours: session.measure(|| crc32c(&bytes)),
            limit_is: "memory copy",
            limit: session.measure(|| {
                copy.copy_from_slice(&bytes);
                copy[size - 1]
            }),
        });
    }
    Ok(())
}
