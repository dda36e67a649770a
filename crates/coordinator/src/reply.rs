//! Answers, and the requests that they are for.

/// Names a request to its sender: whatever it was, the reply bears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// The answer to a request.
#[derive(Debug, PartialEq)]
pub struct Reply<R> {
    /// The request.
    pub token: Token,
    /// Its answer.
    pub response: R,
}
