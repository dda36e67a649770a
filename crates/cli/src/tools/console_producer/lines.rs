//! The lines of an input, read by a thread of its own.

use std::io::{self, BufRead};
use std::thread;

use tokio::sync::mpsc;

/// Pieces of the input that are read ahead.
const AHEAD: usize = 16;

/// The lines of an input, in the order in which they come, without their ends.
///
/// As in Java, a line ends at a line feed, at a carriage return, or at both in a row.
pub(super) struct Lines {
    pieces: mpsc::Receiver<io::Result<Vec<Vec<u8>>>>,
    piece: std::vec::IntoIter<Vec<u8>>,
}

impl Lines {
    pub(super) fn of(input: Box<dyn BufRead + Send>) -> Self {
        let (sender, pieces) = mpsc::channel(AHEAD);
        thread::spawn(move || read(input, &sender));
        Self { pieces, piece: Vec::new().into_iter() }
    }

    /// The next line; `None` at the end.
    pub(super) async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(line) = self.piece.next() {
                return Ok(Some(line));
            }
            let Some(piece) = self.pieces.recv().await else { return Ok(None) };
            self.piece = piece?.into_iter();
        }
    }
}

/// Hands on the lines of each piece as soon as it is read: whoever types waits for no more than a line.
fn read(mut input: Box<dyn BufRead + Send>, sender: &mpsc::Sender<io::Result<Vec<Vec<u8>>>>) {
    let mut splitter = Splitter::default();
    loop {
        let lines = match input.fill_buf() {
            Ok([]) => {
                let _ = sender.blocking_send(Ok(splitter.finish().into_iter().collect()));
                return;
            }
            Ok(bytes) => {
                let (lines, len) = (splitter.split(bytes), bytes.len());
                input.consume(len);
                Ok(lines)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let is_error = lines.is_err();
        if sender.blocking_send(lines).is_err() || is_error {
            return;
        }
    }
}

/// Cuts pieces into lines.
#[derive(Debug, Default)]
struct Splitter {
    /// The beginning of a line whose end has not come.
    rest: Vec<u8>,
    /// Whether the last piece ended in a carriage return, to which a line feed may belong.
    after_return: bool,
}

impl Splitter {
    fn split(&mut self, mut bytes: &[u8]) -> Vec<Vec<u8>> {
        if std::mem::take(&mut self.after_return) {
            bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        let mut lines = Vec::new();
        while let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let mut line = std::mem::take(&mut self.rest);
            line.extend_from_slice(&bytes[..end]);
            lines.push(line);
            let is_return = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            if is_return {
                self.after_return = bytes.is_empty();
                bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
            }
        }
        self.rest.extend_from_slice(bytes);
        lines
    }

    /// What stood behind the last end of a line, if anything did.
    fn finish(&mut self) -> Option<Vec<u8>> {
        Some(std::mem::take(&mut self.rest)).filter(|rest| !rest.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_in_java_wherever_pieces_are_cut() {
        let text = b"a\nb\r\nc\rd\n\n\r\n\re";
        let expected: [&[u8]; 8] = [b"a", b"b", b"c", b"d", b"", b"", b"", b"e"];
        for size in 1..=text.len() {
            let mut splitter = Splitter::default();
            let mut lines: Vec<_> = text.chunks(size).flat_map(|piece| splitter.split(piece)).collect();
            lines.extend(splitter.finish());
            assert_eq!(lines, expected, "pieces of {size}");
        }
    }

    #[tokio::test]
    async fn lines_come_in_order() {
        let mut lines = Lines::of(Box::new(&b"one\ntwo\nthree"[..]));
        for expected in ["one", "two", "three"] {
            assert_eq!(lines.next().await.unwrap().unwrap(), expected.as_bytes());
        }
        assert_eq!(lines.next().await.unwrap(), None);
    }
}
