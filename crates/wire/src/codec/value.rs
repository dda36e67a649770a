use bytes::Bytes;

use super::{Layout, Reader, Sink};
use crate::error::{Cause, Fault};
use crate::schema::Type;
use crate::{KafkaString, Uuid};

/// Bytes reserved for an array before its elements were read.
const RESERVE_MAX: usize = 64 * 1024;

/// Something that a field of a message can hold.
pub trait Value: Sized {
    /// The type in the schema.
    const TYPE: Type;

    /// Reads the value.
    ///
    /// # Errors
    ///
    /// The bytes are malformed.
    fn read(reader: &mut Reader, layout: Layout) -> Result<Self, Fault>;

    /// Writes the value.
    fn write<S: Sink>(&self, sink: &mut S, layout: Layout);

    /// Whether this is what a field is that nobody set: zero, false, empty, or a struct of defaults.
    fn is_zero(&self) -> bool;
}

macro_rules! numbers {
    ($($number:ty: $ty:ident,)+) => {$(
        impl Value for $number {
            const TYPE: Type = Type::$ty;

            #[inline]
            fn read(reader: &mut Reader, _: Layout) -> Result<Self, Fault> {
                reader.array().map(Self::from_be_bytes)
            }

            #[inline]
            fn write<S: Sink>(&self, sink: &mut S, _: Layout) {
                sink.put(&self.to_be_bytes());
            }

            #[inline]
            fn is_zero(&self) -> bool {
                *self == Self::default()
            }
        }
    )+};
}

numbers! {
    i8: Int8,
    i16: Int16,
    u16: Uint16,
    i32: Int32,
    u32: Uint32,
    i64: Int64,
    f64: Float64,
}

impl Value for bool {
    const TYPE: Type = Type::Bool;

    /// Any byte but 0 is true.
    #[inline]
    fn read(reader: &mut Reader, _: Layout) -> Result<Self, Fault> {
        Ok(reader.array()? != [0])
    }

    #[inline]
    fn write<S: Sink>(&self, sink: &mut S, _: Layout) {
        sink.put(&[u8::from(*self)]);
    }

    #[inline]
    fn is_zero(&self) -> bool {
        !self
    }
}

impl Value for Uuid {
    const TYPE: Type = Type::Uuid;

    #[inline]
    fn read(reader: &mut Reader, _: Layout) -> Result<Self, Fault> {
        reader.array().map(Self)
    }

    #[inline]
    fn write<S: Sink>(&self, sink: &mut S, _: Layout) {
        sink.put(&self.0);
    }

    #[inline]
    fn is_zero(&self) -> bool {
        Self::is_zero(*self)
    }
}

impl Value for KafkaString {
    const TYPE: Type = Type::String;

    fn read(reader: &mut Reader, layout: Layout) -> Result<Self, Fault> {
        let start = reader.position();
        reader.nullable_string(layout)?.ok_or(Fault { cause: Cause::Null, position: start })
    }

    fn write<S: Sink>(&self, sink: &mut S, layout: Layout) {
        sink.put_string(self, layout);
    }

    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

impl Value for Option<KafkaString> {
    const TYPE: Type = Type::String;

    fn read(reader: &mut Reader, layout: Layout) -> Result<Self, Fault> {
        reader.nullable_string(layout)
    }

    fn write<S: Sink>(&self, sink: &mut S, layout: Layout) {
        match self {
            Some(text) => sink.put_string(text, layout),
            None => sink.put_null_string(layout),
        }
    }

    fn is_zero(&self) -> bool {
        self.as_ref().is_some_and(|text| text.is_empty())
    }
}

impl Value for Bytes {
    const TYPE: Type = Type::Bytes;

    fn read(reader: &mut Reader, layout: Layout) -> Result<Self, Fault> {
        let start = reader.position();
        reader.nullable_bytes(layout)?.ok_or(Fault { cause: Cause::Null, position: start })
    }

    fn write<S: Sink>(&self, sink: &mut S, layout: Layout) {
        sink.put_bytes(self, layout);
    }

    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

impl Value for Option<Bytes> {
    const TYPE: Type = Type::Bytes;

    fn read(reader: &mut Reader, layout: Layout) -> Result<Self, Fault> {
        reader.nullable_bytes(layout)
    }

    fn write<S: Sink>(&self, sink: &mut S, layout: Layout) {
        match self {
            Some(bytes) => sink.put_bytes(bytes, layout),
            None => sink.put_null(layout),
        }
    }

    fn is_zero(&self) -> bool {
        self.as_ref().is_some_and(Bytes::is_empty)
    }
}

impl<T: Value> Value for Vec<T> {
    const TYPE: Type = Type::Array(&T::TYPE);

    fn read(reader: &mut Reader, layout: Layout) -> Result<Self, Fault> {
        let start = reader.position();
        match reader.count(layout)? {
            Some(count) => read_items(reader, layout, count),
            None => Err(Fault { cause: Cause::Null, position: start }),
        }
    }

    fn write<S: Sink>(&self, sink: &mut S, layout: Layout) {
        write_items(self, sink, layout);
    }

    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Value> Value for Option<Vec<T>> {
    const TYPE: Type = Type::Array(&T::TYPE);

    fn read(reader: &mut Reader, layout: Layout) -> Result<Self, Fault> {
        reader.count(layout)?.map(|count| read_items(reader, layout, count)).transpose()
    }

    fn write<S: Sink>(&self, sink: &mut S, layout: Layout) {
        match self {
            Some(items) => write_items(items, sink, layout),
            None => sink.put_null(layout),
        }
    }

    fn is_zero(&self) -> bool {
        self.as_ref().is_some_and(Vec::is_empty)
    }
}

/// Reads `count` elements.
///
/// # Errors
///
/// The bytes are malformed.
pub fn read_items<T: Value>(reader: &mut Reader, layout: Layout, count: usize) -> Result<Vec<T>, Fault> {
    let mut items = Vec::with_capacity(count.min(RESERVE_MAX / size_of::<T>()));
    for _ in 0..count {
        items.push(T::read(reader, layout)?);
    }
    Ok(items)
}

/// Writes the count and the elements.
pub fn write_items<T: Value, S: Sink>(items: &[T], sink: &mut S, layout: Layout) {
    sink.put_len(items.len(), layout);
    for item in items {
        item.write(sink, layout);
    }
}
