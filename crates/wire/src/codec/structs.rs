use super::{Layout, Reader, Sink, Value};
use crate::error::{Cause, Fault, Problem};

/// Reads a field whose type knows null, in a version that may not allow it.
///
/// # Errors
///
/// The bytes are malformed, or the value is null although `nullable` is false.
pub fn read_nullable<T>(reader: &mut Reader, layout: Layout, nullable: bool) -> Result<Option<T>, Fault>
where
    Option<T>: Value,
{
    let start = reader.position();
    match Value::read(reader, layout)? {
        None if !nullable => Err(Fault { cause: Cause::Null, position: start }),
        value => Ok(value),
    }
}

/// Writes a field whose type knows null, in a version that may not allow it.
pub fn write_nullable<T, S: Sink>(value: &Option<T>, sink: &mut S, layout: Layout, nullable: bool)
where
    Option<T>: Value,
{
    match value {
        None if !nullable => sink.fail(Problem::Null),
        value => value.write(sink, layout),
    }
}

/// Reads a struct with the byte before it that says whether it is there; without that byte where `nullable`
/// is false.
///
/// # Errors
///
/// The bytes are malformed.
pub fn read_struct<T: Value>(
    reader: &mut Reader,
    layout: Layout,
    nullable: bool,
) -> Result<Option<T>, Fault> {
    if nullable && i8::from_be_bytes(reader.array()?) < 0 {
        return Ok(None);
    }
    T::read(reader, layout).map(Some)
}

/// Writes a struct with the byte before it that says whether it is there; without that byte where `nullable`
/// is false.
pub fn write_struct<T: Value, S: Sink>(value: &Option<T>, sink: &mut S, layout: Layout, nullable: bool) {
    match value {
        None if nullable => sink.put(&(-1_i8).to_be_bytes()),
        None => sink.fail(Problem::Null),
        Some(value) => {
            if nullable {
                sink.put(&[1]);
            }
            value.write(sink, layout);
        }
    }
}
