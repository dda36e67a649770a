//! Zigzag varints as records use them.
//!
//! Bits of the last byte that the type has no room for are dropped and not refused, as in Kafka.

use crate::error::{Field, RecordDefect};

/// Where records are read from. Errors name the field that is being read.
///
/// The first two bytes of a number are read inline, since nearly all numbers in records have no more.
pub(crate) trait Bytes {
    /// Why a byte cannot be had.
    type Error: From<RecordDefect>;

    /// Bytes read so far.
    fn position(&self) -> usize;

    fn byte(&mut self, field: Field) -> Result<u8, Self::Error>;

    fn skip(&mut self, size: usize, field: Field) -> Result<(), Self::Error>;

    /// A varint of at most five bytes.
    #[inline(always)]
    fn varint(&mut self, field: Field) -> Result<i32, Self::Error> {
        let first = self.byte(field)?;
        if first < 0x80 {
            return Ok(unzigzag32(u32::from(first)));
        }
        let second = self.byte(field)?;
        let value = u32::from(first & 0x7f) | u32::from(second & 0x7f) << 7;
        if second < 0x80 {
            return Ok(unzigzag32(value));
        }
        self.long_varint(value, field)
    }

    /// The rest of a varint whose first two bytes came to `value`.
    #[inline(never)]
    fn long_varint(&mut self, mut value: u32, field: Field) -> Result<i32, Self::Error> {
        for shift in [14, 21, 28] {
            let byte = self.byte(field)?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(unzigzag32(value));
            }
        }
        Err(RecordDefect::EndlessVarint(field).into())
    }

    /// A varint of at most ten bytes.
    #[inline(always)]
    fn varlong(&mut self, field: Field) -> Result<i64, Self::Error> {
        let first = self.byte(field)?;
        if first < 0x80 {
            return Ok(unzigzag64(u64::from(first)));
        }
        let second = self.byte(field)?;
        let value = u64::from(first & 0x7f) | u64::from(second & 0x7f) << 7;
        if second < 0x80 {
            return Ok(unzigzag64(value));
        }
        self.long_varlong(value, field)
    }

    /// The rest of a varlong whose first two bytes came to `value`.
    #[inline(never)]
    fn long_varlong(&mut self, mut value: u64, field: Field) -> Result<i64, Self::Error> {
        for shift in (14..64).step_by(7) {
            let byte = self.byte(field)?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(unzigzag64(value));
            }
        }
        Err(RecordDefect::EndlessVarint(field).into())
    }
}

/// A reader over borrowed bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    #[inline(always)]
    pub(crate) const fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    #[inline(always)]
    pub(crate) fn take(&mut self, size: usize, field: Field) -> Result<&'a [u8], RecordDefect> {
        let start = self.at;
        self.skip(size, field)?;
        Ok(&self.bytes[start..self.at])
    }

    /// The bytes read since `start`, a former position.
    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        &self.bytes[start..self.at]
    }

    /// Bytes behind their length, of which every negative one means null.
    #[inline(always)]
    pub(crate) fn nullable_bytes(&mut self, field: Field) -> Result<Option<&'a [u8]>, RecordDefect> {
        match usize::try_from(self.varint(field)?) {
            Ok(size) => self.take(size, field).map(Some),
            Err(_) => Ok(None),
        }
    }
}

impl Bytes for Cursor<'_> {
    type Error = RecordDefect;

    #[inline(always)]
    fn position(&self) -> usize {
        self.at
    }

    #[inline(always)]
    fn byte(&mut self, field: Field) -> Result<u8, RecordDefect> {
        let byte = *self.bytes.get(self.at).ok_or(RecordDefect::Truncated(field))?;
        self.at += 1;
        Ok(byte)
    }

    #[inline(always)]
    fn skip(&mut self, size: usize, field: Field) -> Result<(), RecordDefect> {
        if size > self.left() {
            return Err(RecordDefect::Truncated(field));
        }
        self.at += size;
        Ok(())
    }
}

const fn unzigzag32(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

const fn unzigzag64(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

const fn zigzag64(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Bytes that a varint takes.
pub(crate) const fn varint_size(value: i64) -> usize {
    let bits = 64 - zigzag64(value).leading_zeros() as usize;
    if bits == 0 { 1 } else { bits.div_ceil(7) }
}

/// Appends a varint; one of 32 bits is written alike.
pub(crate) fn put_varint(out: &mut Vec<u8>, value: i64) {
    let mut left = zigzag64(value);
    while left >= 0x80 {
        out.push(left as u8 | 0x80);
        left >>= 7;
    }
    out.push(left as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(value: i64) -> Vec<u8> {
        let mut out = Vec::new();
        put_varint(&mut out, value);
        out
    }

    #[test]
    fn known_bytes() {
        for (value, bytes) in [
            (0, &[0x00][..]),
            (-1, &[0x01]),
            (1, &[0x02]),
            (63, &[0x7e]),
            (-64, &[0x7f]),
            (64, &[0x80, 0x01]),
            (i64::from(i32::MAX), &[0xfe, 0xff, 0xff, 0xff, 0x0f]),
            (i64::from(i32::MIN), &[0xff, 0xff, 0xff, 0xff, 0x0f]),
        ] {
            assert_eq!(encoded(value), bytes);
            assert_eq!(varint_size(value), bytes.len());
            assert_eq!(Cursor::new(bytes).varint(Field::Size), Ok(value as i32));
            assert_eq!(Cursor::new(bytes).varlong(Field::Size), Ok(value));
        }
    }

    #[test]
    fn extremes_of_64_bits() {
        for value in [i64::MIN, i64::MAX, -1 << 62] {
            let bytes = encoded(value);
            assert_eq!(varint_size(value), bytes.len());
            assert_eq!(Cursor::new(&bytes).varlong(Field::Size), Ok(value));
        }
    }

    #[test]
    fn too_long_or_cut() {
        let endless = [0x80; 11];
        assert_eq!(Cursor::new(&endless).varint(Field::Size), Err(RecordDefect::EndlessVarint(Field::Size)));
        assert_eq!(Cursor::new(&endless).varlong(Field::Key), Err(RecordDefect::EndlessVarint(Field::Key)));
        assert_eq!(Cursor::new(&endless[..4]).varint(Field::Size), Err(RecordDefect::Truncated(Field::Size)));
    }

    #[test]
    fn surplus_bits_are_dropped() {
        assert_eq!(Cursor::new(&[0xff, 0xff, 0xff, 0xff, 0x7f]).varint(Field::Size), Ok(i32::MIN));
    }
}
