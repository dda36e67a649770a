//! A connection whose bytes are ours to choose, and on which all that a node does is an answer.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::ensure;
use bytes::Bytes;

/// The longest answer that we take.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Received {
    /// An answer without its length.
    Frame(Bytes),
    /// The node has hung up.
    Closed,
    /// Nothing, for as long as we waited.
    Silence,
}

#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
}

impl Connection {
    pub(crate) fn open(port: u16) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream })
    }

    /// Sends bytes as they are. That a node has hung up meanwhile is found when its answer is read.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Sends bytes behind their length.
    pub(crate) fn send_frame(&mut self, bytes: &[u8]) {
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.send(&[&len.to_be_bytes(), bytes].concat());
    }

    /// The next answer.
    pub(crate) fn receive(&mut self, patience: Duration) -> anyhow::Result<Received> {
        let until = Instant::now() + patience;
        let mut len = [0; 4];
        if let Some(end) = self.fill(&mut len, until)? {
            return Ok(end);
        }
        let len = u32::from_be_bytes(len) as usize;
        ensure!(len <= ANSWER_BYTES_MAX, "an answer of {len} bytes");
        let mut answer = vec![0; len];
        Ok(match self.fill(&mut answer, until)? {
            Some(end) => end,
            None => Received::Frame(answer.into()),
        })
    }

    /// Why the buffer could not be filled, if it could not.
    fn fill(&mut self, buffer: &mut [u8], until: Instant) -> anyhow::Result<Option<Received>> {
        let mut filled = 0;
        while filled < buffer.len() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Some(Received::Silence));
            }
            self.stream.set_read_timeout(Some(left))?;
            match self.stream.read(&mut buffer[filled..]) {
                Ok(0) => return Ok(Some(Received::Closed)),
                Ok(read) => filled += read,
                Err(error) => match error.kind() {
                    ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => return Ok(Some(Received::Closed)),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut => return Ok(Some(Received::Silence)),
                    ErrorKind::Interrupted => {}
                    _ => return Err(error.into()),
                },
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn pair() -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connection = Connection::open(listener.local_addr().unwrap().port()).unwrap();
        (connection, listener.accept().unwrap().0)
    }

    #[test]
    fn a_frame_that_breaks_off_is_a_connection_that_was_closed() {
        let (mut connection, mut node) = pair();
        node.write_all(b"\0\0\0\x02ab\0\0\0\x09a").unwrap();
        drop(node);
        assert_eq!(connection.receive(PATIENCE).unwrap(), Received::Frame(Bytes::from_static(b"ab")));
        assert_eq!(connection.receive(PATIENCE).unwrap(), Received::Closed);
    }

    #[test]
    fn a_node_that_says_nothing_is_not_waited_for() {
        let (mut connection, _node) = pair();
        assert_eq!(connection.receive(Duration::ZERO).unwrap(), Received::Silence);
    }
}
