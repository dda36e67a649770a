//! The same bytes through both codecs, for every message and version that both know.

#[path = "../../wire/tests/generate/mod.rs"]
mod generate;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use bytes::{Bytes, BytesMut};
use generate::{Random, Shape};
use ottla_wire::messages::{ALL, MessageType};

const SHAPE: Shape = Shape { unknown_tags: true, array_max: 3, tags_in_disorder: false };

/// The other codec at work.
struct Peer {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ottla-peer"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("the peer starts");
        let questions = process.stdin.take().expect("a pipe");
        let answers = BufReader::new(process.stdout.take().expect("a pipe"));
        Self { process, questions, answers }
    }

    /// The answer without its end of line; `None` if the peer died of the question.
    fn ask(&mut self, message: &MessageType, version: i16, bytes: &[u8]) -> Option<String> {
        writeln!(self.questions, "{} {version} {}", message.schema.name, hex(bytes)).ok()?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer).ok()?;
        answer.strip_suffix('\n').map(str::to_owned)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have died already, which is as well.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn recode(message: &MessageType, version: i16, bytes: Bytes) -> Option<Bytes> {
    let read = (message.decode)(bytes, version).ok()?;
    let mut written = BytesMut::new();
    read.encode(version, &mut written).ok()?;
    Some(written.freeze())
}

/// Calls `check` with drawn bytes of every message and version; returns for how many messages the peer knew one.
fn for_each(
    rounds: u64,
    mut check: impl FnMut(&mut Peer, &MessageType, i16, Bytes, &mut Random) -> bool,
) -> usize {
    let mut peer = Peer::start();
    let mut known = 0;
    for (index, message) in ALL.iter().enumerate() {
        let mut knows = false;
        for version in message.schema.valid.iter() {
            for round in 0..rounds {
                let mut random = Random::new(1 << 48 | (index as u64) << 32 | (version as u64) << 16 | round);
                let bytes = generate::message(&mut random, message.schema, version, SHAPE);
                knows |= check(&mut peer, message, version, bytes, &mut random);
            }
        }
        known += usize::from(knows);
    }
    known
}

#[test]
fn the_peer_writes_back_what_we_wrote() {
    let known = for_each(4, |peer, message, version, bytes, _| {
        let answer = peer.ask(message, version, &bytes).expect("well-formed bytes do not kill the peer");
        // A slip of the peer: a field called so is taken for the version of the fields behind it.
        let is_slip = message.schema.root.fields.iter().any(|field| field.name == "version");
        if answer != "?" && !is_slip {
            assert_eq!(answer, format!("={}", hex(&bytes)), "{} version {version}", message.schema.name);
        }
        answer != "?"
    });
    assert_eq!(known, 185);
}

/// Where both read broken bytes as a message, it must be the same message.
#[test]
fn both_understand_the_same_by_broken_bytes() {
    let mut read_by_both = 0;
    for_each(2, |peer, message, version, bytes, random| {
        let mut broken = bytes.to_vec();
        let at = random.below(broken.len() as u64 + 1) as usize;
        if let Some(byte) = broken.get_mut(at) {
            *byte ^= 1 << random.below(8);
        }
        let Some(ours) = recode(message, version, broken.clone().into()) else { return true };
        match peer.ask(message, version, &broken) {
            None => *peer = Peer::start(),
            Some(answer) if answer.starts_with('=') => {
                assert_eq!(answer, format!("={}", hex(&ours)), "{} version {version}", message.schema.name);
                read_by_both += 1;
            }
            Some(_) => {}
        }
        true
    });
    assert!(read_by_both > 100, "{read_by_both} is too few to tell anything");
}
