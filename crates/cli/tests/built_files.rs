//! `dump-log` on files that the test writes itself: what is too large or too fleeting for a fixture.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use expect_test::{Expect, expect};
use ottla_cli::{Console, run};
use ottla_record::{BatchBuilder, BatchSettings, Compressor, NewRecord, Offset, Timestamp};

fn batch(offset: i64, value: &[u8]) -> Vec<u8> {
    let settings = BatchSettings { base_offset: Offset(offset), ..BatchSettings::default() };
    let mut builder = BatchBuilder::new(settings);
    let record =
        NewRecord { timestamp: Timestamp(1000 + offset), value: Some(value), ..NewRecord::default() };
    builder.append(&record).expect("it fits");
    builder.build(&mut Compressor::new()).expect("a batch")
}

/// Writes a file that is longer than its content, by zeros that take no space.
fn write_preallocated(path: &Path, content: &[u8]) {
    fs::write(path, content).expect("written");
    File::options().write(true).open(path).and_then(|file| file.set_len(10 << 20)).expect("lengthened");
}

fn dump(out: &mut dyn Write, err: &mut dyn Write, arguments: &[String]) -> ExitCode {
    let arguments = arguments.iter().map(OsString::from);
    run(OsStr::new("kafka-dump-log.sh"), arguments, &mut Console::new(out, err))
}

/// Dumps files of a directory, whose name is left out of what is said.
fn check(dir: &Path, names: &[&str], flags: &[&str], expected: Expect) {
    let files: Vec<String> = names.iter().map(|name| dir.join(name).display().to_string()).collect();
    let mut arguments = vec!["--files".to_owned(), files.join(",")];
    arguments.extend(flags.iter().map(|flag| (*flag).to_owned()));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = dump(&mut out, &mut err, &arguments);
    let said = [out, err].concat();
    let said = String::from_utf8(said).expect("text").replace(&format!("{}/", dir.display()), "");
    let status = if status == ExitCode::SUCCESS { "" } else { "failed\n" };
    expected.assert_eq(&format!("{status}{said}"));
}

#[test]
fn indexes_of_a_live_segment_end_in_zeros() {
    let dir = tempfile::tempdir().expect("a directory");
    let batches = [batch(5, b"a"), batch(6, b"b"), batch(7, b"c")];
    let position = (batches[0].len() + batches[1].len()) as u32;
    let index = [2u32.to_be_bytes(), position.to_be_bytes()].concat();
    let time_index = [&1007i64.to_be_bytes()[..], &2u32.to_be_bytes()].concat();
    fs::write(dir.path().join("05.log"), batches.concat()).expect("written");
    write_preallocated(&dir.path().join("05.index"), &index);
    write_preallocated(&dir.path().join("05.timeindex"), &time_index);
    check(
        dir.path(),
        &["05.index", "05.timeindex"],
        &[],
        expect![[r#"
        Dumping 05.index
        offset: 7 position: 138
        Dumping 05.timeindex
        timestamp: 1007 offset: 7
    "#]],
    );
    check(
        dir.path(),
        &["05.index"],
        &["--index-sanity-check"],
        expect![[r#"
        Dumping 05.index
        05.index passed sanity check.
    "#]],
    );
    check(
        dir.path(),
        &["05.timeindex"],
        &["--index-sanity-check"],
        expect![[r#"
        failed
        Dumping 05.timeindex
        ottla dump-log: 05.timeindex is corrupt: its last timestamp 0 is below its first 1007
    "#]],
    );
}

#[test]
fn batches_larger_than_what_is_read_ahead() {
    let dir = tempfile::tempdir().expect("a directory");
    let batches = [batch(0, b"small"), batch(1, &[b'x'; 300_000]), batch(2, b"small again")];
    fs::write(dir.path().join("00.log"), batches.concat()).expect("written");
    check(
        dir.path(),
        &["00.log"],
        &["--deep-iteration"],
        expect![[r#"
        Dumping 00.log
        Log starting offset: 0
        baseOffset: 0 lastOffset: 0 count: 1 baseSequence: -1 lastSequence: -1 producerId: -1 producerEpoch: -1 partitionLeaderEpoch: -1 isTransactional: false isControl: false deleteHorizonMs: OptionalLong.empty position: 0 CreateTime: 1000 size: 73 magic: 2 compresscodec: none crc: 1746330189 isvalid: true
        | offset: 0 CreateTime: 1000 keySize: -1 valueSize: 5 sequence: -1 headerKeys: []
        baseOffset: 1 lastOffset: 1 count: 1 baseSequence: -1 lastSequence: -1 producerId: -1 producerEpoch: -1 partitionLeaderEpoch: -1 isTransactional: false isControl: false deleteHorizonMs: OptionalLong.empty position: 73 CreateTime: 1001 size: 300072 magic: 2 compresscodec: none crc: 435985097 isvalid: true
        | offset: 1 CreateTime: 1001 keySize: -1 valueSize: 300000 sequence: -1 headerKeys: []
        baseOffset: 2 lastOffset: 2 count: 1 baseSequence: -1 lastSequence: -1 producerId: -1 producerEpoch: -1 partitionLeaderEpoch: -1 isTransactional: false isControl: false deleteHorizonMs: OptionalLong.empty position: 300145 CreateTime: 1002 size: 79 magic: 2 compresscodec: none crc: 2428316079 isvalid: true
        | offset: 2 CreateTime: 1002 keySize: -1 valueSize: 11 sequence: -1 headerKeys: []
    "#]],
    );
    check(
        dir.path(),
        &["00.log"],
        &["--max-bytes", "200000"],
        expect![[r#"
        Dumping 00.log
        Log starting offset: 0
        baseOffset: 0 lastOffset: 0 count: 1 baseSequence: -1 lastSequence: -1 producerId: -1 producerEpoch: -1 partitionLeaderEpoch: -1 isTransactional: false isControl: false deleteHorizonMs: OptionalLong.empty position: 0 CreateTime: 1000 size: 73 magic: 2 compresscodec: none crc: 1746330189 isvalid: true
    "#]],
    );
}

/// Fails on the first write.
struct Refusing(io::ErrorKind);

impl Write for Refusing {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let arguments = ["--files".to_owned(), "x.log".to_owned()];
    let mut err = Vec::new();
    let status = dump(&mut Refusing(io::ErrorKind::BrokenPipe), &mut err, &arguments);
    assert_eq!((status, err), (ExitCode::SUCCESS, Vec::new()));

    let mut err = Vec::new();
    let status = dump(&mut Refusing(io::ErrorKind::StorageFull), &mut err, &arguments);
    assert_eq!(status, ExitCode::FAILURE);
    assert_eq!(String::from_utf8_lossy(&err), "ottla: cannot write the output: no storage space\n");
}
