//! Why Kafka's readers refuse a message, in their words, which its tool prints in place of the record.

use ottla_wire::schema::{Field, Schema, StructSchema, Type};

const STRING_LEN_MAX: i32 = i16::MAX as i32;

/// What Kafka says of `bytes` that should be a message at `version`; `None` if it would read them.
///
/// Kafka checks versions where it reads a struct within a message; without one it reads a later version than it knows like
/// the last that it knows.
pub(in crate::tools::dump_log) fn of(schema: &Schema, version: i16, bytes: &[u8]) -> Option<String> {
    let layout = version.clamp(schema.valid.first, schema.valid.last);
    let mut reader = Reader { rest: bytes, version, layout };
    reader.read_struct(schema.root, schema.flexible.contains(layout)).err()
}

/// Reads as Kafka's generated classes do, for what they throw.
struct Reader<'a> {
    rest: &'a [u8],
    version: i16,
    /// The version whose fields are read.
    layout: i16,
}

/// The words of an exception.
type Refused = String;

/// An underflow of Java's buffers has no words.
fn underflow() -> Refused {
    "null".to_owned()
}

impl Reader<'_> {
    fn read_struct(&mut self, schema: &StructSchema, flexible: bool) -> Result<(), Refused> {
        let layout = self.layout;
        for field in schema.fields.iter().filter(|field| field.is_plain(layout)) {
            let nullable = field.nullable.contains(layout);
            let is_null = match field.ty {
                Type::Struct(_) if nullable => i8::from_be_bytes(self.array()?) < 0,
                _ => false,
            };
            if !is_null {
                self.read(field.name, field.ty, nullable, flexible && !field.never_flexible)?;
            }
        }
        if flexible { self.read_tagged(schema) } else { Ok(()) }
    }

    fn read_tagged(&mut self, schema: &StructSchema) -> Result<(), Refused> {
        for _ in 0..self.varint()? {
            let tag = self.varint()?;
            let size = self.varint()?;
            let known =
                schema.fields.iter().find(|field| !field.tagged.is_empty() && field.tag as i32 == tag);
            match known {
                Some(field) if field.is_tagged(self.layout) => self.read_tagged_field(field)?,
                Some(_) => return Err(format!("Tag {tag} is not valid for version {}", self.version)),
                None => self.bytes(size)?,
            }
        }
        Ok(())
    }

    fn read_tagged_field(&mut self, field: &Field) -> Result<(), Refused> {
        let nullable = field.nullable.contains(self.layout);
        if matches!(field.ty, Type::Struct(_)) && nullable && self.varint()? <= 0 {
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
            Type::String => {
                let len =
                    if flexible { self.compact_len()? } else { i16::from_be_bytes(self.array()?).into() };
                match len {
                    ..0 => null(name, nullable),
                    len if len > STRING_LEN_MAX => {
                        Err(format!("string field {name} had invalid length {len}"))
                    }
                    len => self.bytes(len),
                }
            }
            Type::Bytes | Type::Records => match self.len(flexible)? {
                ..0 => null(name, nullable),
                len => self.bytes(len),
            },
            Type::Array(element) => self.read_array(name, *element, nullable, flexible),
            fixed => self.skip(fixed.fixed_len()),
        }
    }

    fn read_array(
        &mut self,
        name: &str,
        element: Type,
        nullable: bool,
        flexible: bool,
    ) -> Result<(), Refused> {
        let count = self.len(flexible)?;
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
pub(super) fn read_varint(bytes: &mut &[u8]) -> Result<i32, String> {
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
