//! Frames: a size of 32 bits, and as many bytes.

use bytes::{Buf, Bytes, BytesMut};
use ottla_wire::api::Request;
use ottla_wire::codec::UnknownTaggedFields;
use ottla_wire::header::RequestHeader;
use ottla_wire::{EncodeError, KafkaString, Message};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::error::ConnectionError;

/// Bytes asked of the socket at a time, and believed of a length without having seen any.
const READ_BYTES: usize = 64 << 10;

/// A request in its frame.
pub(crate) fn encode_request<R: Request>(
    body: &R,
    version: i16,
    correlation_id: i32,
    client_id: &KafkaString,
) -> Result<Bytes, EncodeError> {
    let header = RequestHeader {
        request_api_key: R::KEY.number(),
        request_api_version: version,
        correlation_id,
        client_id: Some(client_id.clone()),
        unknown_tagged_fields: UnknownTaggedFields::default(),
    };
    let header_version = R::KEY.request_header_version(version);
    let len = header.encoded_len(header_version)? + body.encoded_len(version)?;
    let mut frame = BytesMut::with_capacity(4 + len);
    frame.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes());
    header.encode(header_version, &mut frame)?;
    body.encode(version, &mut frame)?;
    Ok(frame.freeze())
}

/// Reads frames of answers.
#[derive(Debug)]
pub(crate) struct FrameReader<S> {
    stream: S,
    buffer: BytesMut,
    limit: usize,
}

impl<S: AsyncRead + Unpin> FrameReader<S> {
    pub(crate) fn new(stream: S, limit: usize) -> Self {
        Self { stream, buffer: BytesMut::new(), limit }
    }

    /// The next frame, without its size.
    ///
    /// Can be dropped while it waits without losing bytes.
    pub(crate) async fn next(&mut self) -> Result<Bytes, ConnectionError> {
        self.fill(4).await?;
        let size = (&self.buffer[..4]).get_i32();
        let bytes = usize::try_from(size).ok().filter(|size| (4..=self.limit).contains(size));
        let bytes = bytes.ok_or(ConnectionError::AnswerSize { size, limit: self.limit })?;
        self.fill(4 + bytes).await?;
        self.buffer.advance(4);
        Ok(self.buffer.split_to(bytes).freeze())
    }

    /// Reads until the buffer holds so many bytes. Grows with what has come, not with what is announced.
    async fn fill(&mut self, bytes: usize) -> Result<(), ConnectionError> {
        while self.buffer.len() < bytes {
            let missing = bytes - self.buffer.len();
            self.buffer.reserve(missing.min(self.buffer.len()).max(READ_BYTES));
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(ConnectionError::ClosedByNode);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8], limit: usize) -> Result<Bytes, ConnectionError> {
        FrameReader::new(bytes, limit).next().await
    }

    #[tokio::test]
    async fn frames_come_out_one_by_one() {
        let mut reader = FrameReader::new(&b"\0\0\0\x04abcd\0\0\0\x05efghi"[..], 10);
        assert_eq!(reader.next().await.unwrap(), "abcd");
        assert_eq!(reader.next().await.unwrap(), "efghi");
        assert!(matches!(reader.next().await, Err(ConnectionError::ClosedByNode)));
    }

    #[tokio::test]
    async fn a_wrong_length_is_refused() {
        for (bytes, size) in [(b"\0\0\0\x0b", 11), (b"\xff\xff\xff\xff", -1), (b"\0\0\0\x03", 3)] {
            let Err(ConnectionError::AnswerSize { size: found, limit: 10 }) = read(bytes, 10).await else {
                panic!("{size} accepted")
            };
            assert_eq!(found, size);
        }
    }

    #[tokio::test]
    async fn a_frame_that_ends_early_is_no_frame() {
        assert!(matches!(read(b"\0\0\0\x08abcd", 10).await, Err(ConnectionError::ClosedByNode)));
    }

    #[tokio::test]
    async fn a_length_alone_takes_no_memory() {
        let (mut node, client) = tokio::io::duplex(64);
        let mut reader = FrameReader::new(client, 1 << 30);
        tokio::io::AsyncWriteExt::write_all(&mut node, b"\x3f\xff\xff\xffab").await.unwrap();
        let waiting = tokio::time::timeout(std::time::Duration::from_millis(1), reader.next());
        assert!(waiting.await.is_err());
        assert!(reader.buffer.capacity() <= 4 * READ_BYTES);
    }
}
