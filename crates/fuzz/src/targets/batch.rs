//! Reading batches of every format, patching them and building them anew.

use ottla_record::{
    Batch, BatchBuilder, BatchMut, BatchSettings, Batches, BatchesMut, Codec, Compression, Compressor,
    Decompressor, EndTxnMarker, Header, LeaderEpoch, NewRecord, Offset, ProducerId, Record, RecordSummary,
    Timestamp, TimestampType,
};

use crate::Target;

/// Most bytes that the records of a batch may expand to.
const LIMIT: usize = 1 << 18;

pub(super) const TARGET: Target = Target { name: "batch", run, seeds };

fn run(input: &[u8]) {
    let mut decompressor = Decompressor::with_limit(LIMIT);
    for batch in Batches::new(input).map_while(Result::ok) {
        let _ = (
            batch.verify(),
            batch.last_offset(),
            batch.next_offset(),
            batch.last_sequence(),
            batch.offset_count(),
        );
        let _ = batch.first_offset(&mut decompressor);
        check_skim(&batch);
        check_rebuilt(&batch, &mut decompressor);
    }
    let mut bytes = input.to_vec();
    BatchesMut::new(&mut bytes).map_while(Result::ok).for_each(check_patches);
}

/// Skimming must tell what reading tells.
fn check_skim(batch: &Batch<'_>) {
    let (mut one, mut other) = (Decompressor::with_limit(LIMIT), Decompressor::with_limit(LIMIT));
    let skimmed: Result<Vec<_>, _> = batch.skim(&mut one).and_then(Iterator::collect);
    let read: Option<Vec<_>> = batch.records(&mut other).ok().and_then(|records| {
        records.map(|record| record.ok().map(|record| RecordSummary::from(&record))).collect()
    });
    // In a stream the library refuses windows of more than 128 MiB, in one go it needs none.
    let may_refuse_window = batch.attributes.codec() == Ok(Codec::Zstd) && skimmed.is_err();
    if !may_refuse_window {
        assert_eq!(skimmed.ok(), read);
    }
}

/// A batch of the same records must read the same.
fn check_rebuilt(batch: &Batch<'_>, decompressor: &mut Decompressor) {
    let Ok(records) = batch.records(decompressor) else { return };
    let Ok(settings) = BatchSettings::like(batch) else { return };
    let mut builder = BatchBuilder::new(BatchSettings { compression: Compression::NONE, ..settings });
    let mut expected = Vec::new();
    for record in records {
        let Ok(record) = record else { return };
        let _ = EndTxnMarker::of(&record);
        if builder.append_record_at(record.offset, &record).is_err() {
            return;
        }
        expected.push(record);
    }
    let Ok(bytes) = builder.build(&mut Compressor::new()) else { return };
    if expected.is_empty() {
        return;
    }
    let rebuilt = Batch::parse(&bytes).expect("we built it");
    rebuilt.verify().expect("we built it");
    let mut unused = Decompressor::with_limit(0);
    let found = rebuilt.records(&mut unused).expect("we built it").map(|record| record.expect("we built it"));
    assert!(found.map(|record| contents(&record)).eq(expected.iter().map(contents)));
}

type Contents<'a> = (Offset, Timestamp, Option<&'a [u8]>, Option<&'a [u8]>, Vec<Header<'a>>);

fn contents<'a>(record: &Record<'a>) -> Contents<'a> {
    (record.offset, record.timestamp, record.key, record.value, record.headers.iter().collect())
}

/// Patches must be found when the batch is read again, under a right checksum.
fn check_patches(mut batch: BatchMut<'_>) {
    batch.set_last_offset(Offset(1000));
    batch.set_partition_leader_epoch(LeaderEpoch(3));
    batch.set_producer(ProducerId(5), 6);
    // One of the two is a change, and a change recomputes the checksum.
    batch.set_max_timestamp(TimestampType::LogAppendTime, Timestamp(7));
    batch.set_max_timestamp(TimestampType::CreateTime, Timestamp(8));
    let read = Batch::parse(batch.as_batch().as_bytes()).expect("patches keep the length");
    assert_eq!(read.header(), batch.as_batch().header());
    assert_eq!(read.verify(), Ok(()));
    assert_eq!(read.last_offset(), Offset(1000));
}

fn seeds() -> Vec<Vec<u8>> {
    let kafka = include_str!("../../../record/testdata/kafka-batches.txt").lines();
    let hex = kafka.filter(|line| !line.starts_with('#')).filter_map(|line| line.split(' ').nth(2));
    let byte = |hex: &str, at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex digits");
    let kafka = hex.map(|hex| (0..hex.len()).step_by(2).map(|at| byte(hex, at)).collect());
    kafka.chain(Codec::ALL.map(own)).collect()
}

/// A transactional batch with headers, and a plain one behind it.
fn own(codec: Codec) -> Vec<u8> {
    let compression = Compression::of(codec);
    let transactional = BatchSettings {
        compression,
        producer_id: ProducerId(4),
        producer_epoch: 1,
        base_sequence: i32::MAX,
        is_transactional: true,
        ..BatchSettings::default()
    };
    let headers = [Header { key: b"h", value: Some(b"1") }, Header { key: b"h", value: None }];
    let record =
        NewRecord { timestamp: Timestamp(9), key: Some(b"key"), value: Some(&[7; 200]), headers: &headers };
    let mut bytes = Vec::new();
    for settings in [transactional, BatchSettings { compression, ..BatchSettings::default() }] {
        let mut builder = BatchBuilder::new(settings);
        for _ in 0..3 {
            builder.append(&record).expect("a valid record");
        }
        builder.build_into(&mut Compressor::new(), &mut bytes).expect("valid settings");
    }
    bytes
}
