use std::fmt;

use bytes::Bytes;

use super::{Counter, Layout, Reader, Sink, Value};
use crate::error::{Cause, Fault, Problem};

/// The highest tag that can be written. Kafka reads any, but takes tags for signed numbers when it writes them,
/// and the highest of those for the end.
const TAG_MAX: u32 = i32::MAX as u32 - 1;

/// Tagged fields of a struct that this release does not know, kept as they came and written back.
///
/// Kafka's readers take such fields in any order, and keep each of those that bear the same tag; its writers
/// refuse tags that do not ascend. So do ours.
///
/// One word when empty, which it nearly always is.
#[derive(Clone, PartialEq, Eq, Default)]
#[expect(clippy::box_collection, reason = "an empty one takes one word in every struct of every message")]
pub struct UnknownTaggedFields(Option<Box<Vec<(u32, Bytes)>>>);

impl UnknownTaggedFields {
    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The fields, in the order in which they were read.
    pub fn as_slice(&self) -> &[(u32, Bytes)] {
        self.0.as_ref().map_or(&[], |fields| fields)
    }

    /// Sets the field of `tag`, which must not be one that the struct knows: in place of those that bear the
    /// tag, before the first with a higher one.
    pub fn insert(&mut self, tag: u32, value: Bytes) {
        let fields = self.0.get_or_insert_default();
        fields.retain(|&(other, _)| other != tag);
        let index = fields.iter().position(|&(other, _)| other > tag).unwrap_or(fields.len());
        fields.insert(index, (tag, value));
    }

    /// Appends a field that was read.
    ///
    /// Room for one is made at first, not for the few that a vector starts with: a hostile message may have one
    /// field of two bytes in each of its structs.
    fn push(&mut self, tag: u32, value: Bytes) {
        self.0.get_or_insert_with(|| Box::new(Vec::with_capacity(1))).push((tag, value));
    }

    /// Reads the tagged fields at the end of a struct that knows none.
    ///
    /// # Errors
    ///
    /// The bytes are malformed.
    pub fn read(reader: &mut Reader, layout: Layout) -> Result<Self, Fault> {
        let mut unknown = Self::default();
        let mut tags = Tags::begin(reader, layout)?;
        while tags.next(reader)?.is_some() {
            tags.unknown(reader, &mut unknown)?;
        }
        Ok(unknown)
    }

    /// Writes the tagged fields at the end of a struct that knows none.
    pub fn write<S: Sink>(&self, sink: &mut S, layout: Layout) {
        if self.begin(sink, layout, 0) {
            self.write_between(sink, 0, None);
        }
    }

    /// Writes the number of tagged fields, `known` ones included; false if the version has none.
    pub fn begin<S: Sink>(&self, sink: &mut S, layout: Layout, known: u32) -> bool {
        if !self.is_empty() {
            self.check(sink, layout);
        }
        if layout.flexible {
            sink.put_varint(self.as_slice().len() as u32 + known);
        }
        layout.flexible
    }

    /// Reports fields that the version has no place for, or that Kafka would not write.
    #[cold]
    fn check<S: Sink>(&self, sink: &mut S, layout: Layout) {
        if !layout.flexible {
            return sink.fail(Problem::TagsUnsupported);
        }
        let tags = || self.as_slice().iter().map(|&(tag, _)| tag);
        if let Some((previous, tag)) = tags().zip(tags().skip(1)).find(|(previous, tag)| previous >= tag) {
            return sink.fail(Problem::TagOrder { tag, previous });
        }
        if let Some(tag) = tags().find(|&tag| tag > TAG_MAX) {
            sink.fail(Problem::TagTooHigh(tag));
        }
    }

    /// Writes the fields with tags from `first` to below `next`, the next known tag.
    #[inline]
    pub fn write_between<S: Sink>(&self, sink: &mut S, first: u32, next: Option<u32>) {
        if !self.is_empty() {
            self.write_some(sink, first, next);
        }
    }

    #[cold]
    fn write_some<S: Sink>(&self, sink: &mut S, first: u32, next: Option<u32>) {
        let from = self.as_slice().iter().skip_while(|&&(tag, _)| tag < first);
        for (tag, value) in from.take_while(|&&(tag, _)| next.is_none_or(|next| tag <= next)) {
            if next == Some(*tag) {
                sink.fail(Problem::TagClash(*tag));
            }
            sink.put_varint(*tag);
            sink.put_varint(value.len() as u32);
            sink.put(value);
        }
    }
}

impl fmt::Debug for UnknownTaggedFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.as_slice().iter().map(|(tag, value)| (tag, value))).finish()
    }
}

/// Reads the tagged fields at the end of a struct.
///
/// Each [`next`](Self::next) is followed by one call that takes the value: [`value`](Self::value),
/// [`nullable_struct`](Self::nullable_struct) or [`unknown`](Self::unknown).
#[derive(Debug)]
pub struct Tags {
    layout: Layout,
    left: u32,
    tag: u32,
    size: usize,
}

impl Tags {
    /// Reads how many there are; none in a version that is not flexible, nor where Java sees a negative number.
    ///
    /// # Errors
    ///
    /// The bytes are malformed.
    pub fn begin(reader: &mut Reader, layout: Layout) -> Result<Self, Fault> {
        let start = reader.position();
        let left = if layout.flexible { reader.varint()?.cast_signed().max(0).cast_unsigned() } else { 0 };
        let remaining = reader.remaining();
        if left as usize > remaining / 2 {
            let cause = Cause::CountTooLarge { count: left as usize, remaining };
            return Err(Fault { cause, position: start });
        }
        Ok(Self { layout, left, tag: 0, size: 0 })
    }

    /// The next tag; `None` behind the last.
    ///
    /// # Errors
    ///
    /// The bytes are malformed.
    pub fn next(&mut self, reader: &mut Reader) -> Result<Option<u32>, Fault> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.tag = reader.varint()?;
        self.size = reader.varint()? as usize;
        Ok(Some(self.tag))
    }

    /// Reads the value of a known tag, in a version that has it: the bytes it takes, whatever its size says.
    ///
    /// # Errors
    ///
    /// The bytes are malformed, or the version does not have the tag.
    pub fn value<T: Value>(&self, reader: &mut Reader, known: bool) -> Result<T, Fault> {
        self.check_known(reader, known)?;
        T::read(reader, self.layout)
    }

    /// Reads a struct behind a number that says whether it is there.
    ///
    /// # Errors
    ///
    /// The bytes are malformed, or the version does not have the tag.
    pub fn nullable_struct<T: Value>(&self, reader: &mut Reader, known: bool) -> Result<Option<T>, Fault> {
        self.check_known(reader, known)?;
        match reader.varint()?.cast_signed() {
            ..=0 => Ok(None),
            _ => T::read(reader, self.layout).map(Some),
        }
    }

    /// Keeps the value of a tag that is not known.
    ///
    /// # Errors
    ///
    /// The bytes are malformed.
    pub fn unknown(&self, reader: &mut Reader, fields: &mut UnknownTaggedFields) -> Result<(), Fault> {
        let value = reader.slice(self.size)?;
        fields.push(self.tag, value);
        Ok(())
    }

    /// Passes over the value of a tag that is not known.
    pub(crate) fn skip(&self, reader: &mut Reader) -> Result<(), Fault> {
        reader.skip(self.size)
    }

    /// Checks that the version has the known tag just read.
    pub(crate) fn check_known(&self, reader: &Reader, known: bool) -> Result<(), Fault> {
        if known { Ok(()) } else { Err(reader.fault(Cause::TagVersion(self.tag))) }
    }
}

/// Writes the value of a known tag, with tag and size.
pub fn write_tagged<T: Value, S: Sink>(value: &T, sink: &mut S, layout: Layout, tag: u32) {
    let mut counter = Counter::default();
    value.write(&mut counter, layout);
    sink.adopt(&counter);
    sink.put_varint(tag);
    sink.put_varint(counter.len() as u32);
    value.write(sink, layout);
}

/// Writes a nullable struct of a known tag, behind a number that says whether it is there.
pub fn write_tagged_struct<T: Value, S: Sink>(value: &Option<T>, sink: &mut S, layout: Layout, tag: u32) {
    let mut counter = Counter::default();
    if let Some(value) = value {
        value.write(&mut counter, layout);
    }
    sink.adopt(&counter);
    sink.put_varint(tag);
    sink.put_varint(counter.len() as u32 + 1);
    sink.put_varint(value.is_some().into());
    if let Some(value) = value {
        value.write(sink, layout);
    }
}
