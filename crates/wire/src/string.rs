use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use bytestring::ByteString;

/// A string of a message: UTF-8 that shares the buffer it was decoded from.
///
/// A decoded string is a window into the frame, so holding one keeps the whole frame in memory. What outlives
/// its request is better kept [detached](Self::detach).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct KafkaString(ByteString);

impl KafkaString {
    /// The empty string.
    pub const EMPTY: Self = Self(ByteString::new());

    /// A string of the program itself, without copying it.
    pub const fn from_static(text: &'static str) -> Self {
        Self(ByteString::from_static(text))
    }

    /// Takes `bytes` as a string; what is not UTF-8 becomes U+FFFD, wherever Java would put one.
    ///
    /// Java replaces a surrogate encoded in three bytes by one U+FFFD, where the Unicode recommendation (and
    /// Rust) has three.
    pub fn from_bytes_lossy(bytes: Bytes) -> Self {
        match ByteString::try_from(bytes.clone()) {
            Ok(text) => Self(text),
            Err(_) => Self(replace_malformed(&bytes).into()),
        }
    }

    /// The string itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The UTF-8 bytes, shared.
    pub fn as_bytes(&self) -> &Bytes {
        self.0.as_bytes()
    }

    /// A copy that shares no buffer with anything.
    pub fn detach(&self) -> Self {
        Self(ByteString::from(self.as_str()))
    }
}

/// Decodes as `new String(bytes, UTF_8)` does in Java.
fn replace_malformed(mut bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    while !bytes.is_empty() {
        let error = match std::str::from_utf8(bytes) {
            Ok(rest) => {
                text.push_str(rest);
                break;
            }
            Err(error) => error,
        };
        let (valid, rest) = bytes.split_at(error.valid_up_to());
        text.push_str(std::str::from_utf8(valid).unwrap_or_default());
        text.push(char::REPLACEMENT_CHARACTER);
        let malformed = match rest {
            [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..] => 3,
            [0xed, 0xa0..=0xbf, ..] => 2,
            _ => error.error_len().unwrap_or(rest.len()),
        };
        bytes = &rest[malformed..];
    }
    text
}

impl Deref for KafkaString {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for KafkaString {
    fn borrow(&self) -> &str {
        self
    }
}

impl AsRef<str> for KafkaString {
    fn as_ref(&self) -> &str {
        self
    }
}

impl From<&str> for KafkaString {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for KafkaString {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<KafkaString> for String {
    fn from(text: KafkaString) -> Self {
        text.as_str().to_owned()
    }
}

impl PartialEq<str> for KafkaString {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for KafkaString {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Display for KafkaString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl fmt::Debug for KafkaString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valid_string_shares_its_bytes() {
        let bytes = Bytes::from_static("größe".as_bytes());
        let text = KafkaString::from_bytes_lossy(bytes.clone());
        assert_eq!(text, "größe");
        assert_eq!(text.as_bytes().as_ptr(), bytes.as_ptr());
        assert_ne!(text.detach().as_bytes().as_ptr(), bytes.as_ptr());
    }

    /// The expected texts were printed by Java 17 for the same bytes.
    #[test]
    fn malformed_bytes_are_replaced_where_java_replaces_them() {
        let cases: [(&[u8], &str); 11] = [
            (b"\xed\xa0\x80\xed\xb0\x80", "\u{fffd}\u{fffd}"),
            (b"\xf0\x9f\x98x", "\u{fffd}x"),
            (b"a\xffb", "a\u{fffd}b"),
            (b"\xed\xa0\x80x", "\u{fffd}x"),
            (b"\xed\xa0x", "\u{fffd}x"),
            (b"\xed\xa0", "\u{fffd}"),
            (b"\xe2\x82", "\u{fffd}"),
            (b"\xe2\x82x", "\u{fffd}x"),
            (b"\xc0\xaf", "\u{fffd}\u{fffd}"),
            (b"\xf0\x80\x80\x80", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
            (b"\xf4\x90\x80\x80", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
        ];
        for (bytes, text) in cases {
            assert_eq!(KafkaString::from_bytes_lossy(Bytes::from_static(bytes)), text, "{bytes:x?}");
        }
    }
}
