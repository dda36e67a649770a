//! What goes back to a client.

use std::sync::Arc;

use bytes::Bytes;
use ottla_io::DiskFile;
use ottla_wire::api::ResponseBody;

/// What goes back to a client.
#[derive(Debug)]
pub(crate) enum Reply {
    /// A message, to be encoded at the request's version.
    Message(Box<ResponseBody>),
    /// A whole response, header and all, without the size before it.
    Pieces(Vec<Piece>),
    /// Nothing: the client expects no answer.
    Nothing,
    /// The end of the connection, and why.
    Close(String),
}

/// A part of a response.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    /// Bytes in memory.
    Bytes(Bytes),
    /// Bytes of a file, which go to the socket without passing through this process.
    File(FilePiece),
}

/// A part of a file.
#[derive(Debug, Clone)]
pub(crate) struct FilePiece {
    /// The file.
    pub(crate) file: Arc<dyn DiskFile>,
    /// Where the part begins, in bytes.
    pub(crate) position: u64,
    /// Its length in bytes.
    pub(crate) len: usize,
}

impl Reply {
    /// A message as a reply.
    pub(crate) fn message(body: impl Into<ResponseBody>) -> Self {
        Self::Message(Box::new(body.into()))
    }
}

impl Piece {
    /// Length in bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::File(piece) => piece.len,
        }
    }
}
