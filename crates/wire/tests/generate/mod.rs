//! Makes bytes of any message from its schema, so that one test serves them all.

use bytes::{BufMut, Bytes, BytesMut};
use ottla_wire::schema::{DefaultValue, Field, Schema, StructSchema, Type};

/// Numbers from a seed (SplitMix64): the same bytes each time, on each machine.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(crate) fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }
}

/// What may appear in the bytes.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// Whether structs of flexible versions carry tags that nobody knows.
    pub(crate) unknown_tags: bool,
    /// The most elements of an array.
    pub(crate) array_max: u64,
    /// Whether known tags come in any order, at any size, and more than once.
    pub(crate) tags_in_disorder: bool,
}

/// Bytes of a message as Kafka would write them: tags ascend, and no tagged field is at its default. With tags in
/// disorder, bytes of the same message as Kafka would also read it.
pub(crate) fn message(random: &mut Random, schema: &Schema, version: i16, shape: Shape) -> Bytes {
    let flexible = schema.flexible.contains(version);
    let disorder = Random::new(random.0);
    let mut generator = Generator { random, disorder, version, shape, bytes: BytesMut::new() };
    generator.fields(schema.root, flexible, false);
    generator.bytes.freeze()
}

struct Generator<'a> {
    random: &'a mut Random,
    /// Of its own, so that the message is the same with disorder and without.
    disorder: Random,
    version: i16,
    shape: Shape,
    bytes: BytesMut,
}

#[derive(Clone)]
struct Tag {
    tag: u32,
    size: u32,
    value: BytesMut,
}

impl Generator<'_> {
    /// With `set`, no field is at its default.
    fn fields(&mut self, schema: &StructSchema, flexible: bool, set: bool) {
        let version = self.version;
        for field in schema.fields.iter().filter(|field| field.is_plain(version)) {
            self.field(field, flexible && !field.never_flexible, set);
        }
        if flexible {
            self.tags(schema, set);
        }
    }

    fn tags(&mut self, schema: &StructSchema, set: bool) {
        let mut known: Vec<_> = schema.fields.iter().filter(|field| field.is_tagged(self.version)).collect();
        known.sort_by_key(|field| field.tag);
        known.retain(|_| set || self.random.one_in(2));
        let unknown = if self.shape.unknown_tags { self.random.below(3) } else { 0 };
        let mut tags = Vec::new();
        for field in known {
            let outer = std::mem::take(&mut self.bytes);
            self.tagged(field);
            let value = std::mem::replace(&mut self.bytes, outer);
            tags.push(Tag { tag: field.tag, size: value.len() as u32, value });
        }
        if self.shape.tags_in_disorder {
            self.disturb(&mut tags);
        }
        for index in 0..unknown as u32 {
            let value = BytesMut::from(&[0xa5; 4][..self.random.below(4) as usize]);
            let tag = Tag { tag: 1000 + index * 77_777, size: value.len() as u32, value };
            let place =
                if self.shape.tags_in_disorder { self.place_behind_unknown(&tags) } else { tags.len() };
            tags.insert(place, tag);
        }
        self.varint(tags.len() as u32);
        for Tag { tag, size, value } in tags {
            self.varint(tag);
            self.varint(size);
            self.bytes.put_slice(&value);
        }
    }

    /// Puts known tags in another order, repeats some and gives some another size.
    fn disturb(&mut self, tags: &mut Vec<Tag>) {
        let known = std::mem::take(tags);
        for tag in known {
            for _ in 0..=self.disorder.below(2) {
                let size = if self.disorder.one_in(2) { tag.size } else { self.disorder.next() as u32 };
                let place = self.disorder.below(tags.len() as u64 + 1) as usize;
                tags.insert(place, Tag { size, ..tag.clone() });
            }
        }
    }

    /// A place behind all tags that nobody knows, which must ascend to be written back.
    fn place_behind_unknown(&mut self, tags: &[Tag]) -> usize {
        let first = tags.iter().rposition(|tag| tag.tag >= 1000).map_or(0, |last| last + 1);
        first + self.disorder.below((tags.len() - first) as u64 + 1) as usize
    }

    fn tagged(&mut self, field: &Field) {
        let nullable = field.nullable.contains(self.version);
        let null = nullable && field.default != DefaultValue::Null && self.random.one_in(3);
        match field.ty {
            Type::Struct(_) if nullable => {
                self.varint(u32::from(!null));
                if null {
                    return;
                }
            }
            _ if null => return self.varint(0),
            _ => {}
        }
        self.value(field.ty, true, Some(field.default));
    }

    fn field(&mut self, field: &Field, flexible: bool, set: bool) {
        let nullable = field.nullable.contains(self.version);
        let null = nullable && !(set && field.default == DefaultValue::Null) && self.random.one_in(4);
        match field.ty {
            Type::Struct(_) if null => self.bytes.put_i8(-1),
            Type::Struct(_) if nullable => {
                self.bytes.put_i8(1);
                self.value(field.ty, flexible, None);
            }
            Type::String if null && !flexible => self.bytes.put_i16(-1),
            _ if null && !flexible => self.bytes.put_i32(-1),
            _ if null => self.varint(0),
            ty => self.value(ty, flexible, set.then_some(field.default)),
        }
    }

    /// A value; other than `not`, if that is given.
    fn value(&mut self, ty: Type, flexible: bool, not: Option<DefaultValue>) {
        match ty {
            Type::Bool => {
                let value = not.map_or_else(|| self.random.one_in(2), |not| not != DefaultValue::True);
                self.bytes.put_u8(value.into());
            }
            Type::Float64 => self.bytes.put_f64(self.random.below(1_000_000) as f64 / 8.0 + 0.125),
            Type::Uuid => {
                self.bytes.put_u64(self.random.next());
                self.bytes.put_u64(self.random.next() | 1);
            }
            Type::String => self.string(flexible, not.is_some()),
            Type::Bytes | Type::Records => {
                let len = self.random.below(20) + u64::from(not.is_some());
                self.len(len as usize, flexible);
                for _ in 0..len {
                    self.bytes.put_u8(self.random.next() as u8);
                }
            }
            Type::Struct(schema) => self.fields(schema, flexible, not.is_some()),
            Type::Array(element) => {
                let count = self.random.below(self.shape.array_max) + u64::from(not.is_some());
                self.len(count as usize, flexible);
                for _ in 0..count {
                    self.value(*element, flexible, None);
                }
            }
            number => self.number(number.fixed_len(), not),
        }
    }

    fn number(&mut self, len: usize, not: Option<DefaultValue>) {
        let random = self.random.next();
        let value = match not {
            Some(DefaultValue::Int(value)) if value == i64::MAX => 1,
            Some(DefaultValue::Int(value)) => value.wrapping_add(1 + (random % 50) as i64),
            Some(_) => 1 + (random % 100) as i64,
            None if random.is_multiple_of(4) => (random >> 8) as i64 % 100,
            None => random as i64,
        };
        self.bytes.put_slice(&value.to_be_bytes()[8 - len..]);
    }

    fn string(&mut self, flexible: bool, set: bool) {
        const WORDS: [&str; 6] = ["", "a", "topic-1", "größe", "日本語", "😀"];
        let word = WORDS[(self.random.below(5) + u64::from(set)) as usize];
        match flexible {
            true => self.varint(word.len() as u32 + 1),
            false => self.bytes.put_i16(word.len() as i16),
        }
        self.bytes.put_slice(word.as_bytes());
    }

    fn len(&mut self, len: usize, flexible: bool) {
        match flexible {
            true => self.varint(len as u32 + 1),
            false => self.bytes.put_i32(len as i32),
        }
    }

    fn varint(&mut self, mut value: u32) {
        while value >= 0x80 {
            self.bytes.put_u8(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.put_u8(value as u8);
    }
}
