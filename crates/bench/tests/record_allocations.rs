//! The produce path over a batch allocates nothing.

use ottla_bench::allocations::{self, Counting};
use ottla_record::{
    BatchBuilder, BatchMut, BatchSettings, Batches, Codec, Compressor, Decompressor, LeaderEpoch, NewRecord,
    Offset, ProducerId, Timestamp, TimestampType,
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn batch(codec: Codec) -> Vec<u8> {
    let settings = BatchSettings { compression: codec.into(), ..BatchSettings::default() };
    let mut builder = BatchBuilder::new(settings);
    for timestamp in 0..100 {
        let record = NewRecord {
            timestamp: Timestamp(timestamp),
            key: Some(b"key"),
            value: Some(&[b'v'; 100]),
            headers: &[],
        };
        builder.append(&record).expect("a valid record");
    }
    builder.build(&mut Compressor::new()).expect("valid settings")
}

/// Reads, checks and patches the batch, and tells how many allocations that took.
fn allocations_of(bytes: &mut [u8], decompressor: &mut Decompressor, round: i64) -> u64 {
    let before = allocations::count();
    for batch in Batches::new(bytes) {
        let batch = batch.expect("a whole batch");
        batch.verify().expect("the checksum is right");
        let read = batch.records(decompressor).expect("readable").filter(Result::is_ok).count();
        let skimmed = batch.skim(decompressor).expect("readable").filter(Result::is_ok).count();
        assert_eq!((read, skimmed), (100, 100));
    }
    let mut batch = BatchMut::parse(bytes).expect("a whole batch");
    batch.set_base_offset(Offset(round));
    batch.set_partition_leader_epoch(LeaderEpoch(5));
    batch.set_max_timestamp(TimestampType::LogAppendTime, Timestamp(round));
    batch.set_producer(ProducerId(round), 0);
    allocations::count() - before
}

#[test]
fn an_uncompressed_batch_is_never_copied() {
    let mut bytes = batch(Codec::None);
    assert_eq!(allocations_of(&mut bytes, &mut Decompressor::with_limit(0), 1), 0);
}

#[test]
fn contexts_and_buffers_are_kept_for_the_next_batch() {
    for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        let mut bytes = batch(codec);
        let mut decompressor = Decompressor::with_limit(1 << 20);
        let first = allocations_of(&mut bytes, &mut decompressor, 1);
        assert!(first > 0, "the count works");
        assert_eq!(allocations_of(&mut bytes, &mut decompressor, 2), 0, "{codec}");
    }
}
