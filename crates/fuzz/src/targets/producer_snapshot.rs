//! The file of a producer snapshot.

use std::path::Path;

use ottla_log::producer_state::{decode_snapshot, encode_snapshot};
use ottla_record::crc32c;

use crate::Target;

/// Decodes the input twice: as it is, and with its checksum made right, since no mutation would ever hit it. What is
/// decoded must come back the same once it is written again.
pub(super) const TARGET: Target = Target { name: "producer_snapshot", run, seeds };

const CRC: std::ops::Range<usize> = 2..6;

fn run(input: &[u8]) {
    check(input);
    let mut input = input.to_vec();
    if input.len() > CRC.end {
        let crc = crc32c(&input[CRC.end..]);
        input[CRC].copy_from_slice(&crc.to_be_bytes());
        check(&input);
    }
}

fn check(bytes: &[u8]) {
    let path = Path::new("00000000000000000042.snapshot");
    let Ok(entries) = decode_snapshot(path, bytes) else { return };
    assert!(entries.len() * 46 <= bytes.len(), "more entries than bytes");
    let written = encode_snapshot(entries.iter());
    let again = decode_snapshot(path, &written).expect("what we write we can read");
    assert_eq!(entries, again);
}

fn seeds() -> Vec<Vec<u8>> {
    let none = encode_snapshot([].iter());
    let mut two = none.clone();
    two[9] = 2;
    for id in [7_u8, 8] {
        let mut entry = [0; 46];
        entry[7] = id;
        // No sequence, no offset, no coordinator and no transaction for the second.
        if id == 8 {
            entry[10..22].fill(0xff);
            entry[34..46].fill(0xff);
        }
        two.extend_from_slice(&entry);
    }
    vec![none, two]
}
