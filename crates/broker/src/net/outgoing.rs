//! Responses on their way out: bytes by `writev`, parts of files by `sendfile`.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::os::fd::AsFd;

use bytes::Buf;
use tokio::io::Interest;
use tokio::net::TcpStream;

use crate::api::{FilePiece, Piece};

/// Pieces that one `writev` takes at most.
const PIECES_PER_WRITE: usize = 64;

/// Bytes of a file that are read at once where there is no descriptor to send from.
const COPY_BYTES: usize = 64 << 10;

/// What is still to be written to a connection.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    pieces: VecDeque<Piece>,
}

impl Outgoing {
    /// Adds a piece behind all others.
    pub(crate) fn push(&mut self, piece: Piece) {
        if piece.len() > 0 {
            self.pieces.push_back(piece);
        }
    }

    /// Writes until all is written or the socket takes no more; whether all is written.
    ///
    /// # Errors
    ///
    /// If the connection is gone, or a file ends before the part that was promised.
    pub(crate) fn write(&mut self, stream: &TcpStream) -> io::Result<bool> {
        while let Some(piece) = self.pieces.front_mut() {
            let written = match piece {
                Piece::Bytes(_) => self.write_bytes(stream),
                Piece::File(piece) => send_file(stream, piece),
            };
            match written {
                Ok(()) => self.drop_written(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Writes the bytes at the front, up to the next part of a file.
    fn write_bytes(&mut self, stream: &TcpStream) -> io::Result<()> {
        let mut slices = [IoSlice::new(&[]); PIECES_PER_WRITE];
        let mut count = 0;
        for (slice, piece) in slices.iter_mut().zip(&self.pieces) {
            let Piece::Bytes(bytes) = piece else { break };
            *slice = IoSlice::new(bytes);
            count += 1;
        }
        let mut written = stream.try_write_vectored(&slices[..count])?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        for piece in &mut self.pieces {
            let Piece::Bytes(bytes) = piece else { break };
            let of_this = written.min(bytes.len());
            bytes.advance(of_this);
            written -= of_this;
            if written == 0 {
                break;
            }
        }
        Ok(())
    }

    fn drop_written(&mut self) {
        while self.pieces.front().is_some_and(|piece| piece.len() == 0) {
            self.pieces.pop_front();
        }
    }
}

fn send_file(stream: &TcpStream, piece: &mut FilePiece) -> io::Result<()> {
    let sent = match piece.file.as_fd() {
        Some(file) => {
            let mut position = piece.position;
            stream.try_io(Interest::WRITABLE, || {
                rustix::fs::sendfile(stream.as_fd(), file, Some(&mut position), piece.len)
                    .map_err(io::Error::from)
            })?
        }
        None => copy(stream, piece)?,
    };
    if sent == 0 {
        let message = format!("the file ends {} bytes before the part promised to the client", piece.len);
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
    }
    piece.position += sent as u64;
    piece.len -= sent;
    Ok(())
}

/// For disks whose files have no descriptor: those in memory.
fn copy(stream: &TcpStream, piece: &FilePiece) -> io::Result<usize> {
    let mut buffer = vec![0; piece.len.min(COPY_BYTES)];
    let read = piece.file.read_at(&mut buffer, piece.position)?;
    if read == 0 { Ok(0) } else { stream.try_write(&buffer[..read]) }
}
