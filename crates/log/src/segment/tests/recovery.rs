//! What recovery makes of damaged and of whole segments.

use super::*;

#[test]
fn recovery_rebuilds_everything() {
    let rig = Rig::new();
    let mut segment = rig.create(0);
    let open = |offset, producer, sequence| {
        TestBatch {
            count: 2,
            producer: Some((producer, 0, sequence)),
            transactional: true,
            epoch: 4,
            ..TestBatch::at(offset)
        }
        .build()
    };
    let batches = [
        TestBatch { epoch: 2, ..TestBatch::at(0) }.build(),
        open(1, 7, 0),
        open(3, 8, 0),
        marker(5, (7, 0), TransactionResult::Abort),
        open(6, 9, 0),
        marker(8, (8, 0), TransactionResult::Commit),
        TestBatch { epoch: 6, timestamp: NOW.0 + 9, ..TestBatch::at(9) }.build(),
    ];
    append(&mut segment, &batches);
    let expected = (offset_entries(&segment), segment.largest_timestamp().expect("read"));
    drop(segment);
    for name in
        ["00000000000000000000.index", "00000000000000000000.timeindex", "00000000000000000000.txnindex"]
    {
        rig.write(name, b"not an index at all");
    }

    let mut segment = rig.open(0);
    let (mut producers, mut epochs) = (rig.producer_state(), rig.leader_epochs());
    let recovered = segment.recover(None, &mut producers, &mut epochs).expect("recover");
    assert!(recovered.stopped.is_none());
    assert_eq!((recovered.truncated_bytes, recovered.next_offset), (0, Offset(10)));
    assert_eq!((offset_entries(&segment), segment.largest_timestamp().expect("read")), expected);
    let entry =
        |epoch, start| EpochEntry { epoch: ottla_record::LeaderEpoch(epoch), start_offset: Offset(start) };
    assert_eq!(epochs.entries(), [entry(2, 0), entry(4, 1), entry(6, 9)]);
    let aborted = segment.collect_aborted(Offset(0), Offset(10)).expect("read");
    let [aborted] = aborted.transactions[..] else { panic!("one was aborted, not {aborted:?}") };
    assert_eq!(
        (aborted.producer_id, aborted.first_offset, aborted.last_offset),
        (ProducerId(7), Offset(1), Offset(5))
    );
    assert_eq!(aborted.last_stable_offset, Offset(3));
    assert_eq!(producers.first_undecided_offset(), Some(Offset(6)));
    assert_eq!(producers.map_end_offset(), Offset(10));
}

/// Recovers three batches, the last of which was damaged, and says why the last was cut.
fn recover_damaged(damage: impl FnOnce(&mut Vec<u8>, usize)) -> (i64, String) {
    let rig = Rig::new();
    drop(rig.create(0));
    let mut bytes = [plain(0), plain(1), plain(2)].concat();
    let third = bytes.len() / 3 * 2;
    damage(&mut bytes, third);
    rig.write("00000000000000000000.log", &bytes);
    let mut segment = rig.open(0);
    let recovered =
        segment.recover(None, &mut rig.producer_state(), &mut rig.leader_epochs()).expect("recover");
    assert_eq!(rig.bytes("00000000000000000000.log").len(), recovered.valid_bytes as usize);
    assert_eq!(recovered.truncated_bytes, bytes.len() as u64 - u64::from(recovered.valid_bytes));
    assert_eq!(segment.read_next_offset().expect("read"), recovered.next_offset);
    let why =
        recovered.stopped.map_or_else(String::new, |error| format!("{}: {}", error.position, error.what));
    (recovered.next_offset.0, why)
}

#[test]
fn recovery_cuts_what_is_no_valid_batch() {
    let check = |damage: fn(&mut Vec<u8>, usize), next_offset, why: expect_test::Expect| {
        let recovered = recover_damaged(damage);
        assert_eq!(recovered.0, next_offset);
        why.assert_eq(&recovered.1);
    };
    check(|_, _| (), 3, expect![[""]]);
    check(|bytes, third| bytes.truncate(third), 2, expect![[""]]);
    check(|bytes, third| bytes.truncate(third + 11), 2, expect!["158: 11 bytes are too few for a batch"]);
    check(
        |bytes, third| bytes.truncate(third + 40),
        2,
        expect!["158: the batch is cut off: 40 of at least 79 bytes are there"],
    );
    check(
        |bytes, _| bytes.truncate(bytes.len() - 1),
        2,
        expect!["158: the batch has 79 bytes, 78 are there"],
    );
    check(
        |bytes, third| bytes[third + 70] ^= 1,
        2,
        expect!["158: stored crc is 3519861593, computed crc is 636618001"],
    );
    check(
        |bytes, third| bytes[third + 8..third + 12].fill(0xff),
        2,
        expect!["158: batch length -1 is below 14, the least that its format allows"],
    );
    check(
        |bytes, third| bytes[third + 8..third + 12].copy_from_slice(&i32::MAX.to_be_bytes()),
        2,
        expect!["158: the batch has 2147483659 bytes, 79 are there"],
    );
    check(
        |bytes, third| bytes[third + 16] = 3,
        2,
        expect!["158: magic 3 is unknown, 0, 1 or 2 would be right"],
    );
    check(
        |bytes, third| bytes[third + 7] = 1,
        2,
        expect!["158: the batch begins at offset 1, 2 or more would be right"],
    );
    check(
        |bytes, third| bytes[third] = 0x7f,
        2,
        expect![
            "158: the batch has offsets 9151314442816847874 to 9151314442816847874, up to 2147483647 would be right"
        ],
    );
    check(
        |bytes, third| bytes[third..].fill(0),
        2,
        expect!["158: batch length 0 is below 14, the least that its format allows"],
    );
    check(
        |bytes, third| bytes[third..].fill(0xa5),
        2,
        expect!["158: batch length -1515870811 is below 14, the least that its format allows"],
    );
    check(|bytes, _| bytes.clear(), 0, expect![[""]]);
}

#[test]
fn recovery_takes_batches_longer_than_its_buffer() {
    let rig = Rig::new();
    let mut segment = rig.create(0);
    let large = TestBatch { value_len: 700_000, count: 2, ..TestBatch::at(1) }.build();
    let batches = [
        plain(0),
        large,
        plain(3),
        TestBatch { base_offset: 4, value_len: 300_000, ..TestBatch::at(4) }.build(),
        plain(5),
    ];
    append(&mut segment, &batches);
    let mut segment = rig.open(0);
    let recovered =
        segment.recover(None, &mut rig.producer_state(), &mut rig.leader_epochs()).expect("recover");
    assert_eq!((recovered.next_offset, recovered.truncated_bytes), (Offset(6), 0));

    let path = rig.dir.join("00000000000000000000.log");
    let at = batches[0].len() as u64 + 900_000;
    rig.sim.corrupt(&path, at..at + 1, Corruption::FlipBit).expect("corrupt");
    let mut segment = rig.open(0);
    let recovered =
        segment.recover(None, &mut rig.producer_state(), &mut rig.leader_epochs()).expect("recover");
    assert_eq!(recovered.next_offset, Offset(1));
}

#[test]
fn recovery_keeps_below_the_next_segment() {
    let rig = Rig::new();
    let mut segment = rig.create(0);
    append(&mut segment, &[plain(0), plain(1), plain(5)]);
    let next = Some(Offset(5));
    let recovered =
        segment.recover(next, &mut rig.producer_state(), &mut rig.leader_epochs()).expect("recover");
    assert_eq!(recovered.next_offset, Offset(2));
    let why = recovered.stopped.expect("cut").what;
    assert_eq!(why, "the batch has offsets 5 to 5, up to 4 would be right");
}

/// A message of magic 1, as segments written before Kafka 0.11 hold them.
fn legacy(offset: i64) -> Vec<u8> {
    let value = b"old";
    let covered = [
        &[1, 0][..],
        &(NOW.0 + offset).to_be_bytes(),
        &(-1i32).to_be_bytes(),
        &(value.len() as i32).to_be_bytes(),
        value,
    ]
    .concat();
    let size = covered.len() as i32 + 4;
    let crc = crc_fast::crc32_iso_hdlc(&covered);
    [&offset.to_be_bytes()[..], &size.to_be_bytes(), &crc.to_be_bytes(), &covered].concat()
}

#[test]
fn recovery_takes_messages_of_old_formats() {
    let rig = Rig::new();
    drop(rig.create(0));
    let mut damaged = legacy(3);
    *damaged.last_mut().expect("a value") ^= 1;
    let log = [legacy(0), legacy(1), plain(2), damaged].concat();
    rig.write("00000000000000000000.log", &log);
    let mut segment = rig.open(0);
    let recovered =
        segment.recover(None, &mut rig.producer_state(), &mut rig.leader_epochs()).expect("recover");
    assert_eq!(recovered.next_offset, Offset(3));
    assert!(recovered.stopped.expect("cut").what.starts_with("stored crc"));
    assert_eq!(offset_entries(&segment), [(1, 37), (2, 74)]);
    assert_eq!(segment.translate_offset(Offset(1)).expect("read").expect("found").position, 37);
}
