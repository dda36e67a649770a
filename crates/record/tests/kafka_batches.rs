//! Batches that Apache Kafka wrote, of each format and codec, are read alike.

use ottla_record::{Batch, Batches, Codec, Decompressor, Magic, Offset, RecordSummary, Timestamp};

struct Fixture {
    magic: Magic,
    codec: Codec,
    bytes: Vec<u8>,
}

fn fixtures() -> Vec<Fixture> {
    let lines = include_str!("../testdata/kafka-batches.txt").lines();
    let fixtures: Vec<_> = lines.filter(|line| !line.starts_with('#')).map(parse).collect();
    assert_eq!(fixtures.len(), 13, "four codecs or none, zstd with magic 2 alone");
    fixtures
}

fn parse(line: &str) -> Fixture {
    let mut words = line.split(' ');
    let mut word = || words.next().expect("magic, codec, bytes");
    let magic = Magic::from_byte(word().parse().expect("a number")).expect("a magic");
    let codec = word().parse().expect("a codec");
    let hex = word();
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex digits");
    Fixture { magic, codec, bytes: (0..hex.len()).step_by(2).map(byte).collect() }
}

type Expected = (i64, i64, Option<&'static str>, Option<&'static str>);

fn expected(magic: Magic) -> Vec<Expected> {
    let timestamp = |n: i64| if magic == Magic::V0 { -1 } else { 1000 + n };
    vec![
        (10, timestamp(0), Some("k0"), Some("value value value 0")),
        (11, timestamp(1), None, Some("value value value 1")),
        (12, timestamp(2), Some("k2"), None),
    ]
}

#[test]
fn records_are_those_of_kafka() {
    let mut decompressor = Decompressor::with_limit(1024);
    for Fixture { magic, codec, bytes } in fixtures() {
        let mut found = Vec::new();
        for batch in Batches::new(&bytes) {
            let batch = batch.expect("whole batches");
            batch.verify().expect("the checksum is right");
            assert_eq!((batch.magic, batch.attributes.codec()), (magic, Ok(codec)));
            for record in batch.records(&mut decompressor).expect("readable") {
                let record = record.expect("valid");
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
                found.push((
                    record.offset.0,
                    record.timestamp.0,
                    record.key.map(text),
                    record.value.map(text),
                ));
            }
        }
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let expected: Vec<_> =
            expected(magic).into_iter().map(|(o, t, key, value)| (o, t, owned(key), owned(value))).collect();
        assert_eq!(found, expected, "{magic:?} {codec}");
    }
}

#[test]
fn summaries_are_those_of_the_records() {
    let mut decompressor = Decompressor::with_limit(1024);
    for Fixture { magic, codec, bytes } in fixtures() {
        for batch in Batches::new(&bytes) {
            let batch = batch.expect("whole batches");
            let records: Vec<_> = batch
                .records(&mut decompressor)
                .expect("readable")
                .map(|record| RecordSummary::from(&record.expect("valid")))
                .collect();
            let skimmed: Vec<_> = batch
                .skim(&mut decompressor)
                .expect("readable")
                .map(|summary| summary.expect("valid"))
                .collect();
            assert_eq!(skimmed, records, "{magic:?} {codec}");
        }
    }
}

#[test]
fn offsets_of_wrappers_are_those_of_their_last_message() {
    let mut decompressor = Decompressor::with_limit(1024);
    for Fixture { codec, bytes, .. } in fixtures().into_iter().filter(|fixture| fixture.codec != Codec::None)
    {
        let batch = Batch::parse(&bytes).expect("a batch");
        assert_eq!((batch.last_offset(), batch.next_offset()), (Offset(12), Offset(13)), "{codec}");
        assert_eq!(batch.first_offset(&mut decompressor), Ok(Offset(10)), "{codec}");
        if batch.magic != Magic::V0 {
            assert_eq!(batch.max_timestamp, Timestamp(1002), "{codec}");
        }
    }
}

#[test]
fn no_flipped_bit_makes_a_panic_and_none_is_missed() {
    let mut decompressor = Decompressor::with_limit(4096);
    for Fixture { bytes, .. } in fixtures() {
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            for batch in Batches::new(&bytes).map_while(Result::ok) {
                let _ = batch.verify();
                let _ = batch.records(&mut decompressor).map(|records| records.map_while(Result::ok).count());
                let _ = batch.skim(&mut decompressor).map(|records| records.map_while(Result::ok).count());
            }
            let is_covered = |at: usize| at >= 17;
            if Batches::new(&bytes).count() == 1 && is_covered(bit / 8) {
                let batch = Batch::parse(&bytes).expect("the prefix is untouched");
                batch.verify().expect_err("one bit is wrong");
            }
        }
    }
}
