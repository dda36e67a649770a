use std::fmt;

use bytes::Bytes;

use super::{Counter, Layout, Reader, Sink, Value};
use crate::error::{Cause, Fault, Problem};

/// Tagged fields of a struct that this release does not know, kept as they came and written back.
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

    /// The fields, by ascending tag.
    pub fn as_slice(&self) -> &[(u32, Bytes)] {
        self.0.as_ref().map_or(&[], |fields| fields)
    }

    /// Sets the field of `tag`, which must not be one that the struct knows.
    pub fn insert(&mut self, tag: u32, value: Bytes) {
        let fields = self.0.get_or_insert_default();
        match fields.binary_search_by_key(&tag, |&(tag, _)| tag) {
            Ok(index) => fields[index].1 = value,
            Err(index) => fields.insert(index, (tag, value)),
        }
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
        if layout.flexible {
            sink.put_varint(self.as_slice().len() as u32 + known);
        } else if !self.is_empty() {
            sink.fail(Problem::TagsUnsupported);
        }
        layout.flexible
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
    tag: Option<u32>,
    size: usize,
}

impl Tags {
    /// Reads how many there are; none in a version that is not flexible.
    ///
    /// # Errors
    ///
    /// The bytes are malformed.
    pub fn begin(reader: &mut Reader, layout: Layout) -> Result<Self, Fault> {
        let start = reader.position();
        let left = if layout.flexible { reader.varint()? } else { 0 };
        let remaining = reader.remaining();
        if left as usize > remaining / 2 {
            let cause = Cause::CountTooLarge { count: left as usize, remaining };
            return Err(Fault { cause, position: start });
        }
        Ok(Self { layout, left, tag: None, size: 0 })
    }

    /// The next tag; `None` behind the last.
    ///
    /// # Errors
    ///
    /// The bytes are malformed, or the tag is not higher than the one before.
    pub fn next(&mut self, reader: &mut Reader) -> Result<Option<u32>, Fault> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let start = reader.position();
        let tag = reader.varint()?;
        if let Some(previous) = self.tag.filter(|&previous| previous >= tag) {
            return Err(Fault { cause: Cause::TagOrder { tag, previous }, position: start });
        }
        self.tag = Some(tag);
        self.size = reader.varint()? as usize;
        Ok(self.tag)
    }

    /// Reads the value of a known tag, in a version that has it.
    ///
    /// # Errors
    ///
    /// The bytes are malformed, or the version does not have the tag.
    pub fn value<T: Value>(&self, reader: &mut Reader, known: bool) -> Result<T, Fault> {
        self.sized(reader, known, T::read)
    }

    /// Reads a struct behind a number that says whether it is there.
    ///
    /// # Errors
    ///
    /// The bytes are malformed, or the version does not have the tag.
    pub fn nullable_struct<T: Value>(&self, reader: &mut Reader, known: bool) -> Result<Option<T>, Fault> {
        self.sized(reader, known, |reader, layout| match reader.varint()? as i32 {
            ..=0 => Ok(None),
            _ => T::read(reader, layout).map(Some),
        })
    }

    /// Keeps the value of a tag that is not known.
    ///
    /// # Errors
    ///
    /// The bytes are malformed.
    pub fn unknown(&self, reader: &mut Reader, fields: &mut UnknownTaggedFields) -> Result<(), Fault> {
        let value = reader.slice(self.size)?;
        fields.insert(self.tag.unwrap_or_default(), value);
        Ok(())
    }

    /// Passes over the value of a tag that is not known.
    pub(crate) fn skip(&self, reader: &mut Reader) -> Result<(), Fault> {
        reader.skip(self.size)
    }

    /// Ends reading behind the value of a known tag, in a version that has it.
    pub(crate) fn enter(&self, reader: &mut Reader, known: bool) -> Result<Entered, Fault> {
        if !known {
            return Err(reader.fault(Cause::TagVersion(self.tag.unwrap_or_default())));
        }
        let start = reader.position();
        Ok(Entered { start, end: reader.narrow(self.size)? })
    }

    /// Checks that all of the value was read, and undoes [`enter`](Self::enter).
    pub(crate) fn leave(&self, reader: &mut Reader, Entered { start, end }: Entered) -> Result<(), Fault> {
        let used = reader.position() - start;
        if used != self.size {
            let cause = Cause::TagSize { tag: self.tag.unwrap_or_default(), size: self.size, used };
            return Err(Fault { cause, position: start });
        }
        reader.widen(end);
        Ok(())
    }

    fn sized<T>(
        &self,
        reader: &mut Reader,
        known: bool,
        read: impl FnOnce(&mut Reader, Layout) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let entered = self.enter(reader, known)?;
        let value = read(reader, self.layout)?;
        self.leave(reader, entered)?;
        Ok(value)
    }
}

/// Where the value of a tagged field began, and where reading went on to before.
#[derive(Debug)]
pub(crate) struct Entered {
    start: usize,
    end: usize,
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
