//! Validating a batch as a leader does: header, checksum, every record, offsets and timestamp patched in
//! place. And reading it as a consumer does: header, checksum, every record with key and value.

use anyhow::Context;
use ottla_record::{
    Batch, BatchBuilder, BatchMut, BatchSettings, Codec, Compressor, Decompressor, LeaderEpoch, NewRecord,
    Offset, Timestamp, TimestampType,
};

use crate::{Bench, Comparison, Session};

pub(super) const BENCH: Bench = Bench {
    name: "record-validate",
    about: "validating and reading a batch beside copying its records",
    run,
};

const SIZES: [(usize, &str); 2] = [(1 << 14, "16 KiB"), (1 << 20, "1 MiB")];

fn run(session: &Session) -> anyhow::Result<()> {
    for (size, name) in SIZES {
        let size = session.pick(size, 2000);
        for codec in [Codec::None, Codec::Lz4, Codec::Zstd] {
            compare(session, name, codec, size)?;
        }
    }
    Ok(())
}

fn compare(session: &Session, name: &str, codec: Codec, size: usize) -> anyhow::Result<()> {
    let mut batch = batch(codec, size)?;
    let mut decompressor = Decompressor::with_limit(i32::MAX as usize);
    let mut offset = 0;
    validate(&mut batch, &mut decompressor, offset)?;
    let validated = session.measure(|| {
        offset += 1;
        validate(&mut batch, &mut decompressor, offset)
    });
    let read = session.measure(|| read(&batch, &mut decompressor));
    let source = vec![7u8; size];
    let mut copy = vec![0; size];
    let limit = session.measure(|| {
        copy.copy_from_slice(&source);
        copy[size - 1]
    });
    for (verb, ours) in [("validate", validated), ("read", read)] {
        let what = &format!("{verb} {name}, {codec}");
        session.print(&Comparison { what, bytes: size, ours, limit_is: "memory copy", limit });
    }
    Ok(())
}

/// What a consumer does with it.
fn read(bytes: &[u8], decompressor: &mut Decompressor) -> anyhow::Result<usize> {
    let batch = Batch::parse(bytes)?;
    batch.verify()?;
    let mut read = 0;
    for record in batch.records(decompressor)? {
        let record = record?;
        read += record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
    }
    Ok(read)
}

/// What a leader does with the batch of a producer.
fn validate(
    bytes: &mut [u8],
    decompressor: &mut Decompressor,
    base_offset: i64,
) -> anyhow::Result<Timestamp> {
    let batch = Batch::parse(bytes)?;
    batch.verify()?;
    let mut max_timestamp = Timestamp::NONE;
    for (record, offset) in batch.skim(decompressor)?.zip(batch.base_offset.0..) {
        let record = record?;
        anyhow::ensure!(record.offset == Offset(offset) && record.key_size.is_some(), "a gap, or no key");
        max_timestamp = max_timestamp.max(record.timestamp);
    }
    let mut batch = BatchMut::parse(bytes)?;
    batch.set_base_offset(Offset(base_offset));
    batch.set_partition_leader_epoch(LeaderEpoch(1));
    batch.set_max_timestamp(TimestampType::CreateTime, max_timestamp);
    Ok(max_timestamp)
}

/// A batch of records of about 100 bytes that compress about as JSON does, `size` bytes before compression.
fn batch(codec: Codec, size: usize) -> anyhow::Result<Vec<u8>> {
    let settings = BatchSettings { compression: codec.into(), ..BatchSettings::default() };
    let mut builder = BatchBuilder::new(settings);
    for n in 0u32.. {
        let key = format!("user-{}", n.wrapping_mul(2_654_435_761) % 10_000);
        let value = format!(
            "{{\"id\":{n},\"event\":\"page_view\",\"session\":\"{:08x}\",\"at\":{}}}",
            n.wrapping_mul(0x9e37_79b9),
            1_700_000_000_000u64 + u64::from(n)
        );
        let timestamp = Timestamp(1_700_000_000_000 + i64::from(n));
        let record =
            NewRecord { timestamp, key: Some(key.as_bytes()), value: Some(value.as_bytes()), headers: &[] };
        if builder.uncompressed_size_with(&record) > size {
            break;
        }
        builder.append(&record)?;
    }
    builder.build(&mut Compressor::new()).context("the settings are plain")
}
