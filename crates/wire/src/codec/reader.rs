use bytes::Bytes;

use super::{Layout, STRING_MAX};
use crate::KafkaString;
use crate::error::{Cause, Fault};

/// Reads the values of a message one after the other.
///
/// Every length is checked against the bytes left before anything is made of it.
#[derive(Debug)]
pub struct Reader {
    bytes: Bytes,
    position: usize,
}

impl Reader {
    /// A reader at the first of `bytes`.
    pub fn new(bytes: Bytes) -> Self {
        Self { bytes, position: 0 }
    }

    /// Offset of the next byte.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Bytes left.
    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }

    /// The bytes that were not read.
    pub fn into_rest(self) -> Bytes {
        self.bytes.slice(self.position..)
    }

    /// The next `N` bytes.
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        match self.bytes[self.position..].first_chunk() {
            Some(chunk) => {
                self.position += N;
                Ok(*chunk)
            }
            None => Err(self.truncated(N)),
        }
    }

    /// An unsigned varint of 32 bits: seven bits a byte, the lowest first.
    #[inline]
    pub fn varint(&mut self) -> Result<u32, Fault> {
        let bytes = &self.bytes[self.position..];
        if let [byte @ 0..=0x7f, ..] = *bytes {
            self.position += 1;
            return Ok(byte.into());
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Result<u32, Fault> {
        let bytes = &self.bytes[self.position..];
        let mut value = 0;
        for (index, &byte) in bytes.iter().take(5).enumerate() {
            // Bits beyond the 32nd are dropped, as in Kafka.
            value |= u32::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                self.position += index + 1;
                return Ok(value);
            }
        }
        match bytes.len() {
            0..5 => Err(self.truncated(bytes.len() + 1)),
            _ => Err(self.fault(Cause::VarintTooLong)),
        }
    }

    /// The next `len` bytes, shared with the message's buffer.
    pub fn slice(&mut self, len: usize) -> Result<Bytes, Fault> {
        if len > self.remaining() {
            return Err(self.truncated(len));
        }
        let start = self.position;
        self.position += len;
        Ok(self.bytes.slice(start..self.position))
    }

    /// Passes over `len` bytes.
    pub(crate) fn skip(&mut self, len: usize) -> Result<(), Fault> {
        if len > self.remaining() {
            return Err(self.truncated(len));
        }
        self.position += len;
        Ok(())
    }

    /// The length before a string; `None` for null.
    pub(crate) fn string_len(&mut self, layout: Layout) -> Result<Option<usize>, Fault> {
        let start = self.position;
        let len = match layout.flexible {
            true => self.compact_len()?,
            false => i32::from(i16::from_be_bytes(self.array()?)),
        };
        match usize::try_from(len) {
            Ok(len) if len > STRING_MAX => Err(Fault { cause: Cause::StringTooLong(len), position: start }),
            len => Ok(len.ok()),
        }
    }

    /// The length before bytes or record batches; `None` for null.
    pub(crate) fn bytes_len(&mut self, layout: Layout) -> Result<Option<usize>, Fault> {
        let len = match layout.flexible {
            true => self.compact_len()?,
            false => i32::from_be_bytes(self.array()?),
        };
        Ok(usize::try_from(len).ok())
    }

    /// The count before an array; `None` for null. Each element takes a byte at least.
    pub(crate) fn count(&mut self, layout: Layout) -> Result<Option<usize>, Fault> {
        let start = self.position;
        let count = self.bytes_len(layout)?;
        let remaining = self.remaining();
        match count {
            Some(count) if count > remaining => {
                Err(Fault { cause: Cause::CountTooLarge { count, remaining }, position: start })
            }
            count => Ok(count),
        }
    }

    /// A length plus one, where everything that Java sees as negative stands for null.
    fn compact_len(&mut self) -> Result<i32, Fault> {
        Ok((self.varint()? as i32).wrapping_sub(1))
    }

    pub(crate) fn nullable_string(&mut self, layout: Layout) -> Result<Option<KafkaString>, Fault> {
        let Some(len) = self.string_len(layout)? else { return Ok(None) };
        if len == 0 {
            return Ok(Some(KafkaString::EMPTY));
        }
        Ok(Some(KafkaString::from_bytes_lossy(self.slice(len)?)))
    }

    pub(crate) fn nullable_bytes(&mut self, layout: Layout) -> Result<Option<Bytes>, Fault> {
        self.bytes_len(layout)?.map(|len| self.slice(len)).transpose()
    }

    /// The error of `cause` here.
    pub(crate) fn fault(&self, cause: Cause) -> Fault {
        Fault { cause, position: self.position }
    }

    #[cold]
    fn truncated(&self, needed: usize) -> Fault {
        self.fault(Cause::Truncated { needed, remaining: self.remaining() })
    }
}
