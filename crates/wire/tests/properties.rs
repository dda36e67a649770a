//! What holds for every message at every version, with bytes made from the schema.

mod generate;

use std::cell::{Cell, RefCell};

use bytes::{Bytes, BytesMut};
use generate::{Random, Shape};
use ottla_wire::Versions;
use ottla_wire::error::{EncodeError, EncodeFailure, Problem};
use ottla_wire::json::{Records, decode_to_json, encode_json};
use ottla_wire::messages::{ALL, AnyMessage, MessageType};
use ottla_wire::schema::{StructSchema, Type};

const PLAIN: Shape = Shape { unknown_tags: false, array_max: 3, tags_in_disorder: false };
const TAGGED: Shape = Shape { unknown_tags: true, ..PLAIN };
const DISORDERED: Shape = Shape { tags_in_disorder: true, ..TAGGED };

/// Calls `check` with messages of every type and version.
fn for_each(shape: Shape, rounds: u64, check: impl Fn(&MessageType, i16, Bytes, &mut Random)) {
    for (index, message) in ALL.iter().enumerate() {
        for version in message.schema.valid.iter() {
            for round in 0..rounds {
                let mut random = Random::new((index as u64) << 32 | (version as u64) << 16 | round);
                let bytes = generate::message(&mut random, message.schema, version, shape);
                check(message, version, bytes, &mut random);
            }
        }
    }
}

fn encode(message: &dyn AnyMessage, version: i16) -> Bytes {
    let mut buffer = BytesMut::new();
    message.encode(version, &mut buffer).unwrap_or_else(|error| panic!("{error}"));
    buffer.freeze()
}

#[test]
fn bytes_come_back_with_the_tags_that_nobody_knows() {
    for_each(TAGGED, 8, |message, version, bytes, _| {
        let read = (message.decode)(bytes.clone(), version).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(encode(read.as_ref(), version), bytes, "{} version {version}", message.schema.name);
    });
}

#[test]
fn tags_in_disorder_say_the_same_and_are_written_in_order() {
    let ordered = RefCell::new(Vec::new());
    for_each(TAGGED, 8, |_, _, bytes, _| ordered.borrow_mut().push(bytes));
    let ordered = RefCell::new(ordered.into_inner().into_iter());
    let differ = Cell::new(0);
    for_each(DISORDERED, 8, |message, version, bytes, _| {
        let read = (message.decode)(bytes.clone(), version).unwrap_or_else(|error| panic!("{error}"));
        let expected = ordered.borrow_mut().next().expect("as many of both");
        assert_eq!(encode(read.as_ref(), version), expected, "{} version {version}", message.schema.name);
        let json = |bytes| decode_to_json(message.schema, version, bytes, Records::Bytes);
        differ.set(differ.get() + usize::from(bytes != expected));
        assert_eq!(json(bytes).expect("a message"), json(expected).expect("a message"));
    });
    assert!(differ.get() > 200, "only {} messages had tags in disorder", differ.get());
}

#[test]
fn json_holds_the_whole_message() {
    for_each(PLAIN, 4, |message, version, bytes, _| {
        let json = decode_to_json(message.schema, version, bytes.clone(), Records::Bytes)
            .unwrap_or_else(|error| panic!("{error}"));
        let mut written = BytesMut::new();
        encode_json(message.schema, version, &json, &mut written)
            .unwrap_or_else(|error| panic!("{error}\n{json}"));
        assert_eq!(written, bytes, "{} version {version}: {json}", message.schema.name);
    });
}

#[test]
fn a_message_cut_short_is_an_error() {
    for_each(TAGGED, 1, |message, version, bytes, _| {
        for end in (0..bytes.len()).take(200) {
            let error = (message.decode)(bytes.slice(..end), version).expect_err("a part is no message");
            assert!(error.to_string().contains(" version "), "{error}");
            decode_to_json(message.schema, version, bytes.slice(..end), Records::Size)
                .expect_err("nor in JSON");
        }
    });
}

#[test]
fn trailing_bytes_are_an_error() {
    for_each(PLAIN, 1, |message, version, bytes, _| {
        let longer = Bytes::from([&bytes[..], &[0]].concat());
        let error = (message.decode)(longer, version).expect_err("a byte too many");
        assert!(error.to_string().contains("1 bytes follow"), "{error}");
    });
}

/// Unknown tags are the only thing that can be read and not written.
fn is_of_tags(error: &EncodeError) -> bool {
    let EncodeFailure::Field { problem, .. } = error.failure() else { return false };
    matches!(problem, Problem::TagOrder { .. } | Problem::TagTooHigh(_))
}

/// Mutated bytes may still be a message; then what was read of them is written and read again unchanged.
#[test]
fn broken_bytes_never_panic() {
    const HOSTILE: [&[u8]; 5] =
        [&[0xff, 0xff, 0xff, 0xff, 0x0f], &[0x7f; 4], &[0xff; 8], &[0x80; 6], &[0x80, 0xff, 0xff, 0x7f]];
    for_each(TAGGED, 6, |message, version, bytes, random| {
        let mut broken = bytes.to_vec();
        for _ in 0..=random.below(3) {
            let at = random.below(broken.len() as u64 + 1) as usize;
            match random.below(3) {
                0 if at < broken.len() => broken[at] = random.next() as u8,
                1 => drop(broken.splice(at..at, HOSTILE[random.below(5) as usize].iter().copied())),
                _ => broken.truncate(at),
            }
        }
        let Ok(read) = (message.decode)(broken.into(), version) else { return };
        let mut written = BytesMut::new();
        if let Err(error) = read.encode(version, &mut written) {
            assert!(is_of_tags(&error), "{error}");
            return;
        }
        let written = written.freeze();
        let again = (message.decode)(written.clone(), version).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(encode(again.as_ref(), version), written);
    });
}

#[test]
fn a_version_outside_of_the_range_is_an_error() {
    for message in ALL {
        let Versions { first, last } = message.schema.valid;
        for version in [first - 1, last + 1] {
            let error = (message.decode)(Bytes::new(), version).expect_err("no such version").to_string();
            assert_eq!(
                error,
                format!("{} has versions {}, not {version}", message.schema.name, message.schema.valid)
            );
            assert!((message.default)().encode(version, &mut BytesMut::new()).is_err());
        }
    }
}

/// The figure that the documentation of `codec` names.
#[test]
fn a_byte_on_the_wire_takes_at_most_46_in_memory() {
    let mut worst = (0, "", 0);
    for message in ALL {
        for version in message.schema.valid.iter() {
            let layout = Measure { version, flexible: message.schema.flexible.contains(version) };
            layout.amplification(message.schema.root, message.schema.name, &mut worst);
        }
    }
    assert_eq!(worst, (46, "ListGroupsResponse", 3));
}

#[derive(Clone, Copy)]
struct Measure {
    version: i16,
    flexible: bool,
}

impl Measure {
    fn amplification(
        self,
        schema: &StructSchema,
        message: &'static str,
        worst: &mut (usize, &'static str, i16),
    ) {
        for field in schema.fields.iter().filter(|field| field.versions.contains(self.version)) {
            match field.ty {
                Type::Array(element) => {
                    let ratio = self.memory(*element).div_ceil(self.least(*element));
                    if ratio > worst.0 {
                        *worst = (ratio, message, self.version);
                    }
                    if let Type::Struct(schema) = *element {
                        self.amplification(schema, message, worst);
                    }
                }
                Type::Struct(schema) => self.amplification(schema, message, worst),
                _ => {}
            }
        }
    }

    /// Bytes that an element takes in memory.
    fn memory(self, ty: Type) -> usize {
        match ty {
            Type::Struct(schema) => schema.memory,
            Type::String | Type::Bytes => size_of::<Bytes>(),
            fixed => fixed.fixed_len(),
        }
    }

    /// The fewest bytes that a value takes on the wire.
    fn least(self, ty: Type) -> usize {
        match ty {
            Type::Struct(schema) => {
                let plain = schema.fields.iter().filter(|field| field.is_plain(self.version));
                let fields = plain.map(|field| match field.ty {
                    Type::Struct(_) if field.nullable.contains(self.version) => 1,
                    ty => self.least(ty),
                });
                fields.sum::<usize>() + usize::from(self.flexible)
            }
            Type::String | Type::Bytes | Type::Records | Type::Array(_) if self.flexible => 1,
            Type::String => 2,
            Type::Bytes | Type::Records | Type::Array(_) => 4,
            fixed => fixed.fixed_len(),
        }
    }
}
