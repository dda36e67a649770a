use bytes::{BufMut, Bytes, BytesMut};

use super::{Layout, STRING_MAX, varint_len};
use crate::KafkaString;
use crate::error::Problem;

/// Where a message is written to: bytes, or only their number.
///
/// A value that cannot be written is reported by [`fail`](Self::fail) and left out; the rest is still
/// written, so that the code of each message has no exits. Callers count first, and write only what could be
/// counted.
pub trait Sink {
    /// Appends `bytes`.
    fn put(&mut self, bytes: &[u8]);

    /// Notes that the value due now cannot be written.
    fn fail(&mut self, problem: Problem);

    /// Takes over the first problem of a value that was counted apart.
    fn adopt(&mut self, counter: &Counter) {
        if let Some((problem, _)) = counter.problem() {
            self.fail(problem);
        }
    }

    /// Appends an unsigned varint.
    #[inline]
    fn put_varint(&mut self, mut value: u32) {
        while value >= 0x80 {
            self.put(&[value as u8 | 0x80]);
            value >>= 7;
        }
        self.put(&[value as u8]);
    }

    /// Appends the length before a string that is there.
    fn put_string_len(&mut self, len: usize, layout: Layout) {
        match layout.flexible {
            true => self.put_varint(len as u32 + 1),
            false => self.put(&(len as i16).to_be_bytes()),
        }
    }

    /// Appends the length before bytes, or the count before an array.
    fn put_len(&mut self, len: usize, layout: Layout) {
        let Ok(signed) = i32::try_from(len) else { return self.fail(Problem::TooLong(len)) };
        match layout.flexible {
            true => self.put_varint(signed as u32 + 1),
            false => self.put(&signed.to_be_bytes()),
        }
    }

    /// Appends a string.
    fn put_string(&mut self, text: &KafkaString, layout: Layout) {
        if text.len() > STRING_MAX {
            return self.fail(Problem::StringTooLong(text.len()));
        }
        self.put_string_len(text.len(), layout);
        self.put(text.as_str().as_bytes());
    }

    /// Appends bytes and their length.
    fn put_bytes(&mut self, bytes: &Bytes, layout: Layout) {
        self.put_len(bytes.len(), layout);
        self.put(bytes);
    }

    /// Appends what stands for a null string.
    fn put_null_string(&mut self, layout: Layout) {
        match layout.flexible {
            true => self.put(&[0]),
            false => self.put(&(-1_i16).to_be_bytes()),
        }
    }

    /// Appends what stands for null bytes or a null array.
    fn put_null(&mut self, layout: Layout) {
        match layout.flexible {
            true => self.put(&[0]),
            false => self.put(&(-1_i32).to_be_bytes()),
        }
    }
}

/// Counts bytes, and remembers the first value that cannot be written.
#[derive(Debug, Default)]
pub struct Counter {
    len: usize,
    problem: Option<(Problem, usize)>,
}

impl Counter {
    /// Bytes counted.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The first value that cannot be written, with the offset at which it is due.
    pub fn problem(&self) -> Option<(Problem, usize)> {
        self.problem
    }
}

impl Sink for Counter {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.len += bytes.len();
    }

    #[inline]
    fn put_varint(&mut self, value: u32) {
        self.len += varint_len(value);
    }

    #[cold]
    fn fail(&mut self, problem: Problem) {
        self.problem.get_or_insert((problem, self.len));
    }
}

/// Bytes that a [`Writer`] collects before it appends them.
const STAGED_MAX: usize = 128;

/// Writes bytes.
///
/// Most values are a few bytes long. They are collected on the stack, where the compiler makes a plain store of
/// each; only what has collected is appended to the buffer, at the latest when the writer is dropped.
#[derive(Debug)]
pub struct Writer<'a> {
    buffer: &'a mut BytesMut,
    staged: [u8; STAGED_MAX],
    staged_len: usize,
}

impl<'a> Writer<'a> {
    /// Appends to `buffer`.
    pub fn new(buffer: &'a mut BytesMut) -> Self {
        Self { buffer, staged: [0; STAGED_MAX], staged_len: 0 }
    }

    fn flush(&mut self) {
        self.buffer.put_slice(&self.staged[..self.staged_len]);
        self.staged_len = 0;
    }

    /// What does not fit is appended behind what has collected; long bytes are not collected at all.
    #[cold]
    #[inline(never)]
    fn put_unstaged(&mut self, bytes: &[u8]) {
        self.flush();
        match self.staged.get_mut(..bytes.len()) {
            Some(staged) => {
                staged.copy_from_slice(bytes);
                self.staged_len = bytes.len();
            }
            None => self.buffer.put_slice(bytes),
        }
    }
}

impl Sink for Writer<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        let end = self.staged_len + bytes.len();
        match self.staged.get_mut(self.staged_len..end) {
            Some(staged) => {
                staged.copy_from_slice(bytes);
                self.staged_len = end;
            }
            None => self.put_unstaged(bytes),
        }
    }

    /// The count of the same message has told already.
    fn fail(&mut self, _: Problem) {}
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        self.flush();
    }
}
