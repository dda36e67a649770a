//! How values are laid out in bytes: what the derive macro's code calls.
//!
//! Big-endian numbers throughout. In versions that are not flexible, a string has a 16-bit length before it,
//! bytes and arrays a 32-bit one, and -1 stands for null. Flexible versions (KIP-482) write the length plus
//! one as an unsigned varint, where 0 stands for null, and end every struct with its tagged fields. A
//! nullable struct has one byte before it: -1 for null, else 1.
//!
//! # As lenient as Kafka
//!
//! What Kafka's readers accept is accepted, and means the same: any byte but 0 is true, malformed UTF-8 is
//! replaced, every negative length is null where null may be.
//!
//! KIP-482 has tags ascend, and gives each field's size, but Kafka's readers check neither. Tags come in any
//! order; of a known tag that comes more than once the last value counts, and it takes the bytes it takes,
//! whatever its size says; the unknown ones are all kept, in their order. A negative number of them is none.
//!
//! Kafka's writers are strict, and so are these: known and unknown tags are written ascending, each with its
//! size. Unknown ones that were read in another order, or more than once, cannot be written.
//!
//! # Memory
//!
//! An array's count is checked against the bytes that are left, and no more than 64 KiB are reserved ahead of
//! elements actually read. What a hostile message can make a decoder hold is therefore bounded by what an
//! element takes in memory for each byte it takes on the wire: 46 bytes at worst, in arrays that may grow to
//! twice the room they need. A test holds the figure.

mod locate;
mod reader;
mod sink;
mod structs;
mod tagged;
mod value;

pub(crate) use locate::{locate_fault, locate_problem};
pub use reader::Reader;
pub use sink::{Counter, Sink, Writer};
pub use structs::{read_nullable, read_struct, write_nullable, write_struct};
pub use tagged::{Tags, UnknownTaggedFields, write_tagged, write_tagged_struct};
pub use value::{Value, read_items, write_items};

use crate::Versions;

/// The longest string, in bytes of UTF-8, in any version.
pub(crate) const STRING_MAX: usize = i16::MAX as usize;

/// The version of a message being read or written, handed down to nested structs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The version.
    pub version: i16,
    /// Whether lengths are varints and structs have tagged fields.
    pub flexible: bool,
}

impl Layout {
    /// The layout of `version`, for a message with these flexible versions.
    pub const fn new(version: i16, flexible: Versions) -> Self {
        Self { version, flexible: flexible.contains(version) }
    }

    /// The layout for a field whose length is never a varint.
    pub const fn never_flexible(self) -> Self {
        Self { flexible: false, ..self }
    }
}

/// Bytes that `value` takes as an unsigned varint.
pub(crate) const fn varint_len(value: u32) -> usize {
    let bits = 32 - (value | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}
