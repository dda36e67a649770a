//! Reads messages the way Kafka's generated classes do, which is seen where bytes are not what they should be.
//!
//! They check versions only where they read a struct within a message, and so read many a later version like the last that they
//! know; they do not look at the order of tags nor at the sizes of those they know. Where they refuse, the words of the
//! exception are part of the tool's output. What they do read is handed on as bytes that keep the rules.

use std::collections::BTreeMap;

use bytes::Bytes;
use ottla_wire::schema::{Field, Schema, StructSchema, Type};

const STRING_LEN_MAX: i32 = i16::MAX as i32;

/// The words of an exception.
pub(in crate::tools::dump_log) type Refused = String;

/// What Kafka has read.
#[derive(Debug)]
pub(in crate::tools::dump_log) struct Read {
    /// The message by the rules, without tags that are unknown.
    pub(in crate::tools::dump_log) message: Bytes,
    /// The version whose fields it has.
    pub(in crate::tools::dump_log) version: i16,
    /// Bytes that follow it.
    pub(in crate::tools::dump_log) left: usize,
}

/// Reads the message at the front of `bytes`.
pub(in crate::tools::dump_log) fn read(schema: &Schema, version: i16, bytes: &[u8]) -> Result<Read, Refused> {
    let layout = version.clamp(schema.valid.first, schema.valid.last);
    let mut reader = Reader { rest: bytes, version, layout, message: Vec::with_capacity(bytes.len()) };
    reader.read_struct(schema.root, schema.flexible.contains(layout))?;
    Ok(Read { message: reader.message.into(), version: layout, left: reader.rest.len() })
}

struct Reader<'a> {
    rest: &'a [u8],
    version: i16,
    /// The version whose fields are read.
    layout: i16,
    message: Vec<u8>,
}

/// An underflow of Java's buffers has no words.
fn underflow() -> Refused {
    "null".to_owned()
}

impl<'a> Reader<'a> {
    fn read_struct(&mut self, schema: &StructSchema, flexible: bool) -> Result<(), Refused> {
        let layout = self.layout;
        for field in schema.fields.iter().filter(|field| field.is_plain(layout)) {
            let nullable = field.nullable.contains(layout);
            let is_null = match field.ty {
                Type::Struct(_) if nullable => self.keep(|reader| reader.array().map(i8::from_be_bytes))? < 0,
                _ => false,
            };
            if !is_null {
                self.read(field.name, field.ty, nullable, flexible && !field.never_flexible)?;
            }
        }
        if flexible { self.read_tagged(schema) } else { Ok(()) }
    }

    fn read_tagged(&mut self, schema: &StructSchema) -> Result<(), Refused> {
        let mut known = BTreeMap::new();
        for _ in 0..self.varint()? {
            let tag = self.varint()?;
            let size = self.varint()?;
            let field =
                schema.fields.iter().find(|field| !field.tagged.is_empty() && field.tag as i32 == tag);
            match field {
                Some(field) if field.is_tagged(self.layout) => {
                    let outer = std::mem::take(&mut self.message);
                    self.read_tagged_field(field)?;
                    known.insert(field.tag, std::mem::replace(&mut self.message, outer));
                }
                Some(_) => return Err(format!("Tag {tag} is not valid for version {}", self.version)),
                None => self.bytes(size)?,
            }
        }
        write_varint(&mut self.message, known.len());
        for (tag, value) in known {
            write_varint(&mut self.message, tag as usize);
            write_varint(&mut self.message, value.len());
            self.message.extend(value);
        }
        Ok(())
    }

    fn read_tagged_field(&mut self, field: &Field) -> Result<(), Refused> {
        let nullable = field.nullable.contains(self.layout);
        if matches!(field.ty, Type::Struct(_)) && nullable && self.keep(Self::varint)? <= 0 {
            return Ok(());
        }
        self.read(field.name, field.ty, nullable, true)
    }

    fn read(&mut self, name: &str, ty: Type, nullable: bool, flexible: bool) -> Result<(), Refused> {
        match ty {
            Type::Struct(schema) if self.version != self.layout => {
                Err(format!("Can't read version {} of {}", self.version, schema.name))
            }
            Type::Struct(schema) => self.read_struct(schema, flexible),
            Type::String => match self.keep(|reader| reader.string_len(flexible))? {
                ..0 => null(name, nullable),
                len if len > STRING_LEN_MAX => Err(format!("string field {name} had invalid length {len}")),
                len => self.keep(|reader| reader.bytes(len)),
            },
            Type::Bytes | Type::Records => match self.keep(|reader| reader.len(flexible))? {
                ..0 => null(name, nullable),
                len => self.keep(|reader| reader.bytes(len)),
            },
            Type::Array(element) => self.read_array(name, *element, nullable, flexible),
            fixed => self.keep(|reader| reader.skip(fixed.fixed_len())),
        }
    }

    fn read_array(
        &mut self,
        name: &str,
        element: Type,
        nullable: bool,
        flexible: bool,
    ) -> Result<(), Refused> {
        let count = self.keep(|reader| reader.len(flexible))?;
        if count < 0 {
            return null(name, nullable);
        }
        if count as usize > self.rest.len() {
            return Err(format!(
                "Tried to allocate a collection of size {count}, but there are only {} bytes remaining.",
                self.rest.len()
            ));
        }
        let name = format!("{name} element");
        (0..count).try_for_each(|_| self.read(&name, element, false, flexible))
    }

    /// Reads something whose bytes are part of the message as they are.
    fn keep<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Refused>) -> Result<T, Refused> {
        let before: &'a [u8] = self.rest;
        let result = read(self)?;
        self.message.extend_from_slice(&before[..before.len() - self.rest.len()]);
        Ok(result)
    }

    fn string_len(&mut self, flexible: bool) -> Result<i32, Refused> {
        if flexible { self.compact_len() } else { Ok(i16::from_be_bytes(self.array()?).into()) }
    }

    fn len(&mut self, flexible: bool) -> Result<i32, Refused> {
        if flexible { self.compact_len() } else { Ok(i32::from_be_bytes(self.array()?)) }
    }

    fn compact_len(&mut self) -> Result<i32, Refused> {
        Ok(self.varint()?.wrapping_sub(1))
    }

    fn varint(&mut self) -> Result<i32, Refused> {
        read_varint(&mut self.rest)
    }

    fn bytes(&mut self, len: i32) -> Result<(), Refused> {
        let left = self.rest.len();
        // Java names the size of an array that cannot be.
        let wanted = usize::try_from(len).map_err(|_| len.to_string())?;
        match self.rest.split_at_checked(wanted) {
            Some((_, rest)) => {
                self.rest = rest;
                Ok(())
            }
            None => Err(format!("Error reading byte array of {len} byte(s): only {left} byte(s) available")),
        }
    }

    fn skip(&mut self, len: usize) -> Result<(), Refused> {
        self.rest = self.rest.split_at_checked(len).ok_or_else(underflow)?.1;
        Ok(())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Refused> {
        let (array, rest) = self.rest.split_first_chunk().ok_or_else(underflow)?;
        self.rest = rest;
        Ok(*array)
    }
}

fn null(name: &str, nullable: bool) -> Result<(), Refused> {
    if nullable { Ok(()) } else { Err(format!("non-nullable field {name} was serialized as null")) }
}

/// An unsigned varint as Java holds it, and the words of the exception if it is none.
pub(super) fn read_varint(bytes: &mut &[u8]) -> Result<i32, Refused> {
    let mut value: u32 = 0;
    for place in 0..5 {
        let (byte, rest) = bytes.split_first().ok_or_else(underflow)?;
        *bytes = rest;
        // Java extends the sign of the fifth byte, which the shift then pushes out.
        let bits = if place < 4 { u32::from(byte & 0x7f) } else { u32::from(*byte) };
        value |= bits << (7 * place);
        if byte & 0x80 == 0 {
            return Ok(value as i32);
        }
    }
    Err(format!(
        "Varint is too long, the most significant bit in the 5th byte is set, converted value: {value:x}"
    ))
}

fn write_varint(out: &mut Vec<u8>, number: usize) {
    let mut number = number;
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use ottla_wire::Message;
    use ottla_wire::metadata::MetadataRecord;
    use ottla_wire::metadata::partition_change::PartitionChangeRecord;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_come_in_order_and_once() {
        let schema = PartitionChangeRecord::SCHEMA;
        let topic = [&[0, 0, 0, 7][..], &[1; 16]].concat();
        // The leader (tag 1) twice, the second time with a wrong size, then the replicas in sync (tag 0) and an unknown tag.
        let tags = [4, 1, 4, 0, 0, 0, 1, 1, 9, 0, 0, 0, 2, 0, 5, 2, 0, 0, 0, 3, 99, 1, 5];
        let read = read(schema, 0, &[&topic[..], &tags, b"left"].concat()).expect("Kafka reads it");
        assert_eq!(read.left, 4);
        let expected = [&topic[..], &[2, 0, 5, 2, 0, 0, 0, 3, 1, 4, 0, 0, 0, 2]].concat();
        assert_eq!(read.message, expected);
        PartitionChangeRecord::decode(read.message, 0).expect("it keeps the rules");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

        /// What Kafka reads is a message to us, too.
        #[test]
        fn what_is_read_keeps_the_rules(
            which in 0..MetadataRecord::SCHEMAS.len(),
            version in -1..6i16,
            bytes in prop::collection::vec(prop_oneof![4 => 0..4u8, 1 => any::<u8>()], 0..60),
        ) {
            let schema = MetadataRecord::SCHEMAS[which];
            if let Ok(read) = read(schema, version, &bytes) {
                let records = ottla_wire::json::Records::Bytes;
                let json = ottla_wire::json::decode_to_json(schema, read.version, read.message, records);
                prop_assert!(json.is_ok(), "{json:?}");
            }
        }
    }
}
