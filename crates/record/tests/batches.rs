//! Walking over batches, patching them, and random ones there and back.

use ottla_record::{
    Batch, BatchBuilder, BatchError, BatchMut, BatchSettings, Batches, BatchesError, BatchesMut, Codec,
    Compression, Compressor, Decompressor, Header, LeaderEpoch, NewRecord, Offset, ProducerId, Record,
    RecordSummary, RecordsError, Timestamp, TimestampType,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn batch(base_offset: i64, values: &[&str]) -> Vec<u8> {
    let mut builder =
        BatchBuilder::new(BatchSettings { base_offset: Offset(base_offset), ..BatchSettings::default() });
    for value in values {
        let record =
            NewRecord { timestamp: Timestamp(5), value: Some(value.as_bytes()), ..NewRecord::default() };
        builder.append(&record).expect("valid");
    }
    builder.build(&mut Compressor::new()).expect("valid")
}

fn two_batches() -> Vec<u8> {
    [batch(0, &["a", "b"]), batch(2, &["c"])].concat()
}

#[test]
fn a_clean_end_a_cut_and_garbage_differ() {
    let bytes = two_batches();
    let first = batch(0, &["a", "b"]).len();
    let walk =
        |bytes: &[u8]| Batches::new(bytes).map(|batch| batch.map(|b| b.base_offset)).collect::<Vec<_>>();

    assert_eq!(walk(&[]), []);
    assert_eq!(walk(&bytes), [Ok(Offset(0)), Ok(Offset(2))]);

    let cut = walk(&bytes[..bytes.len() - 1]);
    let error = cut[1].expect_err("cut");
    let need = bytes.len() - first;
    assert_eq!(
        error,
        BatchesError { position: first, cause: BatchError::Truncated { have: need - 1, need } }
    );
    assert!(error.is_truncated());
    assert_eq!(
        error.to_string(),
        format!("at byte {first}: the batch is cut off: {} of at least {need} bytes are there", need - 1)
    );

    let mut garbage = bytes;
    garbage[first + 16] = 9;
    let error = walk(&garbage)[1].expect_err("garbage");
    assert_eq!(error, BatchesError { position: first, cause: BatchError::UnknownMagic(9) });
    assert!(!error.is_truncated());
}

#[test]
fn a_walk_tells_how_far_it_came() {
    let bytes = two_batches();
    let mut batches = Batches::new(&bytes[..bytes.len() - 1]);
    assert!(batches.by_ref().last().expect("two items").is_err());
    assert_eq!(batches.position(), batch(0, &["a", "b"]).len());
    assert!(batches.next().is_none());
}

#[test]
fn patching_offset_and_epoch_leaves_the_checksum() {
    let mut bytes = two_batches();
    for batch in BatchesMut::new(&mut bytes) {
        let mut batch = batch.expect("whole batches");
        let (crc, base) = (batch.crc, batch.base_offset);
        batch.set_base_offset(Offset(base.0 + 100));
        batch.set_partition_leader_epoch(LeaderEpoch(7));
        assert_eq!((batch.crc, batch.base_offset), (crc, Offset(base.0 + 100)));
        batch.as_batch().verify().expect("untouched");
    }
    let last_offsets: Vec<_> = Batches::new(&bytes)
        .map(|batch| batch.expect("whole batches"))
        .map(|batch| (batch.partition_leader_epoch, batch.last_offset(), batch.verify()))
        .collect();
    assert_eq!(last_offsets, [(LeaderEpoch(7), Offset(101), Ok(())), (LeaderEpoch(7), Offset(102), Ok(()))]);
}

#[test]
fn patching_the_last_offset_moves_the_first() {
    let mut bytes = batch(0, &["a", "b", "c"]);
    BatchMut::parse(&mut bytes).expect("a batch").set_last_offset(Offset(12));
    let batch = Batch::parse(&bytes).expect("a batch");
    assert_eq!((batch.base_offset, batch.last_offset()), (Offset(10), Offset(12)));
}

#[test]
fn patching_timestamp_and_producer_recomputes_the_checksum() {
    let mut bytes = batch(0, &["a", "b"]);
    let before = bytes.clone();
    let mut patched = BatchMut::parse(&mut bytes).expect("a batch");
    patched.set_max_timestamp(TimestampType::CreateTime, Timestamp(5));
    patched.set_producer(ProducerId::NONE, -1);
    assert_eq!(patched.as_batch().as_bytes(), before, "nothing changes, so nothing is written");

    patched.set_max_timestamp(TimestampType::LogAppendTime, Timestamp(99));
    patched.set_producer(ProducerId(8), 2);
    let read = Batch::parse(&bytes).expect("a batch");
    read.verify().expect("recomputed");
    assert_eq!(
        (read.producer_id, read.producer_epoch, read.log_append_time()),
        (ProducerId(8), 2, Some(Timestamp(99)))
    );
    let mut decompressor = Decompressor::with_limit(0);
    assert!(
        read.records(&mut decompressor)
            .expect("readable")
            .all(|r| r.expect("valid").timestamp == Timestamp(99))
    );
}

#[test]
fn legacy_messages_are_not_patched() {
    let mut bytes = batch(0, &["a"]);
    bytes[16] = 1;
    assert_eq!(BatchMut::parse(&mut bytes).expect_err("too old"), BatchError::LegacyMagic(1));
}

#[test]
fn skimming_needs_memory_for_a_chunk_only() {
    let value = vec![0; 8 << 20];
    for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        let mut builder =
            BatchBuilder::new(BatchSettings { compression: codec.into(), ..BatchSettings::default() });
        let record = NewRecord { key: Some(b"k"), value: Some(&value), ..NewRecord::default() };
        builder.append(&record).expect("valid");
        let bytes = builder.build(&mut Compressor::new()).expect("valid");
        let mut decompressor = Decompressor::with_limit(16 << 20);
        let batch = Batch::parse(&bytes).expect("a batch");
        let skimmed: Vec<_> =
            batch.skim(&mut decompressor).expect("readable").map(|s| s.expect("valid")).collect();
        assert_eq!((skimmed.len(), skimmed[0].value_size), (1, Some(value.len())));
        assert!(decompressor.retained_bytes() <= 256 * 1024, "{codec}: {}", decompressor.retained_bytes());

        let mut stingy = Decompressor::with_limit(1 << 20);
        let error =
            batch.skim(&mut stingy).expect("readable").next().expect("an error").expect_err("too large");
        assert!(matches!(error, RecordsError::Decompress(_)), "{codec}");
    }
}

type Owned = (i64, i64, Option<Vec<u8>>, Option<Vec<u8>>, Vec<(Vec<u8>, Option<Vec<u8>>)>);

fn records() -> impl Strategy<Value = Vec<Owned>> {
    let bytes = || option::of(vec(any::<u8>(), 0..200));
    let headers = vec((vec(any::<u8>(), 0..5), bytes()), 0..4);
    let timestamp = prop_oneof![-1..1_000_000i64, Just(i64::MAX)];
    vec((1..1000i64, timestamp, bytes(), bytes(), headers), 1..40).prop_map(|mut records| {
        let mut offset = -1;
        for record in &mut records {
            offset += record.0;
            record.0 = offset;
        }
        records
    })
}

fn build(records: &[Owned], settings: BatchSettings) -> Vec<u8> {
    let mut builder = BatchBuilder::new(settings);
    for (offset, timestamp, key, value, headers) in records {
        let headers: Vec<_> =
            headers.iter().map(|(key, value)| Header { key, value: value.as_deref() }).collect();
        let record = NewRecord {
            timestamp: Timestamp(*timestamp),
            key: key.as_deref(),
            value: value.as_deref(),
            headers: &headers,
        };
        let size = builder.uncompressed_size_with(&record);
        if builder.next_offset() == Offset(*offset) {
            builder.append(&record).expect("valid");
            assert_eq!(builder.uncompressed_size(), size);
        } else {
            builder.append_at(Offset(*offset), &record).expect("valid");
        }
    }
    builder.build(&mut Compressor::new()).expect("valid")
}

fn read(batch: &Batch<'_>, decompressor: &mut Decompressor) -> Vec<Owned> {
    let records = batch.records(decompressor).expect("readable").map(|record| record.expect("valid"));
    let owned = |bytes: Option<&[u8]>| bytes.map(<[u8]>::to_vec);
    records
        .map(|r| {
            let headers = r.headers.iter().map(|header| (header.key.to_vec(), owned(header.value))).collect();
            (r.offset.0, r.timestamp.0, owned(r.key), owned(r.value), headers)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn batches_come_back(records in records(), codec in 0..5u8) {
        let compression = Compression::of(Codec::from_id(codec).expect("a codec"));
        let bytes = build(&records, BatchSettings { compression, ..BatchSettings::default() });
        let batch = Batch::parse(&bytes).expect("a batch");
        let mut decompressor = Decompressor::with_limit(1 << 20);
        prop_assert_eq!(batch.verify(), Ok(()));
        prop_assert_eq!(batch.size_in_bytes(), bytes.len());
        prop_assert_eq!(batch.last_offset().0, records.last().expect("some").0);
        prop_assert_eq!(batch.max_timestamp.0, records.iter().map(|record| record.1).max().expect("some"));
        prop_assert_eq!(read(&batch, &mut decompressor), records);
    }

    #[test]
    fn skimming_and_reading_agree(
        records in records(),
        codec in 0..5u8,
        at in any::<prop::sample::Index>(),
        flip in any::<u8>(),
    ) {
        let compression = Compression::of(Codec::from_id(codec).expect("a codec"));
        let mut bytes = build(&records, BatchSettings { compression, ..BatchSettings::default() });
        let at = 57 + at.index(bytes.len() - 57);
        bytes[at] ^= flip;
        let batch = Batch::parse(&bytes).expect("the prefix is untouched");
        let mut decompressor = Decompressor::with_limit(1 << 20);
        let whole: Result<Vec<_>, _> = batch.records(&mut decompressor).and_then(|records| {
            let summary = |record: Record<'_>| RecordSummary::from(&record);
            records.map(|record| record.map(summary).map_err(RecordsError::Record)).collect()
        });
        let skimmed: Result<Vec<_>, _> = batch.skim(&mut decompressor).and_then(Iterator::collect);
        // They find the same defects, though not always the same one first.
        prop_assert_eq!(whole.ok(), skimmed.ok());
    }

    #[test]
    fn garbage_does_no_harm(garbage in vec(any::<u8>(), 0..200), magic in 0..3u8) {
        let mut bytes = garbage;
        if bytes.len() > 16 {
            let length = (bytes.len() - 12) as i32;
            bytes[8..12].copy_from_slice(&length.to_be_bytes());
            bytes[16] = magic;
        }
        let mut decompressor = Decompressor::with_limit(100_000);
        for batch in Batches::new(&bytes).map_while(Result::ok) {
            let _ = (batch.last_offset(), batch.next_offset(), batch.last_sequence(), batch.verify());
            if let Ok(records) = batch.records(&mut decompressor) {
                for record in records.map_while(Result::ok) {
                    prop_assert_eq!(record.headers.iter().count(), record.headers.len());
                }
            }
            let _ = batch.skim(&mut decompressor).map(Iterator::count);
            let _ = batch.first_offset(&mut decompressor);
        }
    }
}
