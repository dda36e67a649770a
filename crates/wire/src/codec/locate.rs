//! Finds out to which field a fault or a problem belongs.
//!
//! The code of each message carries no paths: only when something is wrong are the bytes walked once more,
//! along the schema, to the place.

use std::fmt::Write;

use bytes::Bytes;

use super::{Layout, Reader, Tags};
use crate::error::{DecodeError, DecodeFailure, EncodeError, EncodeFailure, Fault, Problem};
use crate::schema::{Field, Schema, StructSchema, Type};

/// The error of a fault that decoding `bytes` ran into.
#[cold]
pub(crate) fn locate_fault(schema: &Schema, version: i16, bytes: Bytes, fault: Fault) -> DecodeError {
    let path = print(&path_to(schema, version, bytes, usize::MAX));
    DecodeFailure::Malformed { message: schema.name, version, path, fault }.into()
}

/// The error of a problem that writing ran into at `position` of what was `written`.
#[cold]
pub(crate) fn locate_problem(
    schema: &Schema,
    version: i16,
    written: Bytes,
    problem: Problem,
    position: usize,
) -> EncodeError {
    let mut path = path_to(schema, version, written, position);
    if let Problem::Unsupported { field } = problem {
        // The place of a field that is not written is that of the next one.
        path.pop();
        path.push(Segment::Field(field));
    }
    EncodeFailure::Field { message: schema.name, version, path: print(&path), problem }.into()
}

#[derive(Debug, Clone, Copy)]
enum Segment {
    Field(&'static str),
    Index(usize),
    Tags,
    End,
}

fn print(path: &[Segment]) -> String {
    let mut text = String::new();
    for segment in path {
        let dot = if text.is_empty() { "" } else { "." };
        // Writing to a string cannot fail.
        let _ = match segment {
            Segment::Field(name) => write!(text, "{dot}{name}"),
            Segment::Index(index) => write!(text, "[{index}]"),
            Segment::Tags => write!(text, "{dot}(tagged fields)"),
            Segment::End => write!(text, "{dot}(end)"),
        };
    }
    text
}

/// Walks `bytes` up to the first value at or behind `stop`, or to the first malformed one.
fn path_to(schema: &Schema, version: i16, bytes: Bytes, stop: usize) -> Vec<Segment> {
    let mut walk = Walk { reader: Reader::new(bytes), stop, path: Vec::new() };
    if walk.fields(schema.root, Layout::new(version, schema.flexible)).is_ok() {
        walk.path.push(Segment::End);
    }
    walk.path
}

struct Walk {
    reader: Reader,
    stop: usize,
    path: Vec<Segment>,
}

/// The walk has arrived; its path says where.
struct Arrived;

impl From<Fault> for Arrived {
    fn from(_: Fault) -> Self {
        Self
    }
}

impl Walk {
    fn fields(&mut self, fields: &StructSchema, layout: Layout) -> Result<(), Arrived> {
        for field in fields.fields.iter().filter(|field| field.is_plain(layout.version)) {
            self.path.push(Segment::Field(field.name));
            self.field(field, layout)?;
            self.path.pop();
        }
        self.path.push(Segment::Tags);
        self.check_stop()?;
        let mut tags = Tags::begin(&mut self.reader, layout)?;
        while let Some(tag) = tags.next(&mut self.reader)? {
            let is_known = |field: &&Field| !field.tagged.is_empty() && field.tag == tag;
            match fields.fields.iter().find(is_known) {
                Some(field) if !field.is_tagged(layout.version) => return Err(Arrived),
                Some(field) => {
                    self.path.pop();
                    self.path.push(Segment::Field(field.name));
                    self.tagged(field, layout)?;
                    self.path.pop();
                    self.path.push(Segment::Tags);
                }
                None => tags.skip(&mut self.reader)?,
            }
        }
        self.path.pop();
        Ok(())
    }

    fn field(&mut self, field: &Field, layout: Layout) -> Result<(), Arrived> {
        let nullable = field.nullable.contains(layout.version);
        let layout = if field.never_flexible { layout.never_flexible() } else { layout };
        if nullable && matches!(field.ty, Type::Struct(_)) {
            self.check_stop()?;
            if i8::from_be_bytes(self.reader.array()?) < 0 {
                return Ok(());
            }
        }
        self.value(field.ty, layout, nullable)
    }

    fn tagged(&mut self, field: &Field, layout: Layout) -> Result<(), Arrived> {
        let nullable = field.nullable.contains(layout.version);
        let there = !(nullable && matches!(field.ty, Type::Struct(_))) || self.reader.varint()? as i32 > 0;
        if there { self.value(field.ty, layout, nullable) } else { Ok(()) }
    }

    fn value(&mut self, ty: Type, layout: Layout, nullable: bool) -> Result<(), Arrived> {
        match ty {
            Type::Struct(fields) => return self.fields(fields, layout),
            _ => self.check_stop()?,
        }
        let len = match ty {
            Type::Array(element) => return self.array(*element, layout, nullable),
            Type::String => self.reader.string_len(layout)?,
            Type::Bytes | Type::Records => self.reader.bytes_len(layout)?,
            fixed => Some(fixed.fixed_len()),
        };
        match len {
            Some(len) => Ok(self.reader.skip(len)?),
            None if nullable => Ok(()),
            None => Err(Arrived),
        }
    }

    fn array(&mut self, element: Type, layout: Layout, nullable: bool) -> Result<(), Arrived> {
        let Some(count) = self.reader.count(layout)? else {
            return if nullable { Ok(()) } else { Err(Arrived) };
        };
        for index in 0..count {
            self.path.push(Segment::Index(index));
            self.value(element, layout, false)?;
            self.path.pop();
        }
        Ok(())
    }

    fn check_stop(&self) -> Result<(), Arrived> {
        if self.reader.position() >= self.stop { Err(Arrived) } else { Ok(()) }
    }
}
