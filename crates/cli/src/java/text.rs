//! Text from bytes, as `new String(bytes, UTF_8)` makes it.

use std::borrow::Cow;

const REPLACEMENT: char = '\u{fffd}';

/// Decodes `bytes`; what is not UTF-8 becomes U+FFFD.
///
/// Rust's own lossy decoding differs: Java gives one replacement for a surrogate of three bytes, and one for all that is
/// left when the bytes end within a character.
pub(crate) fn decode_utf8(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(decode_malformed(bytes)),
    }
}

fn decode_malformed(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        let (char, len) = decode_char(rest);
        text.push(char);
        rest = &rest[len..];
    }
    text
}

/// The first character and how many bytes it, or what stands in its place, takes.
fn decode_char(bytes: &[u8]) -> (char, usize) {
    match *bytes {
        [byte @ ..0x80, ..] => (char::from(byte), 1),
        [first @ 0xc2..=0xdf, ref rest @ ..] => decode_two(first, rest),
        [first @ 0xe0..=0xef, ref rest @ ..] => decode_three(first, rest),
        [first @ 0xf0..=0xf7, ref rest @ ..] => decode_four(first, rest),
        _ => (REPLACEMENT, 1),
    }
}

fn decode_two(first: u8, rest: &[u8]) -> (char, usize) {
    match *rest {
        [second, ..] if is_continuation(second) => (char_of(first & 0x1f, &[second]), 2),
        _ => (REPLACEMENT, 1),
    }
}

fn decode_three(first: u8, rest: &[u8]) -> (char, usize) {
    let is_second = |byte| is_continuation(byte) && !(first == 0xe0 && byte < 0xa0);
    match *rest {
        [second, third, ..] if is_second(second) && is_continuation(third) => {
            (char_of(first & 0x0f, &[second, third]), 3)
        }
        [second, _, ..] if is_second(second) => (REPLACEMENT, 2),
        [second] if is_second(second) => (REPLACEMENT, 2),
        _ => (REPLACEMENT, 1),
    }
}

fn decode_four(first: u8, rest: &[u8]) -> (char, usize) {
    let is_second = |byte: u8| match first {
        0xf0 => (0x90..=0xbf).contains(&byte),
        0xf4 => (0x80..=0x8f).contains(&byte),
        0xf1..=0xf3 => is_continuation(byte),
        _ => false,
    };
    match *rest {
        [second, third, fourth, ..]
            if is_second(second) && is_continuation(third) && is_continuation(fourth) =>
        {
            (char_of(first & 0x07, &[second, third, fourth]), 4)
        }
        [second, third, ..] if is_second(second) && is_continuation(third) => (REPLACEMENT, 3),
        [second, ..] if is_second(second) => (REPLACEMENT, 2),
        _ => (REPLACEMENT, 1),
    }
}

const fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// The character of these bits, a replacement for a surrogate.
fn char_of(first: u8, rest: &[u8]) -> char {
    let bits = rest.iter().fold(u32::from(first), |bits, byte| bits << 6 | u32::from(byte & 0x3f));
    char::from_u32(bits).unwrap_or(REPLACEMENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Java 17 makes of these bytes.
    #[test]
    fn malformed_text_is_javas() {
        let check = |bytes: &[u8], text: &str| assert_eq!(decode_utf8(bytes), text, "{bytes:02x?}");
        check(b"plain", "plain");
        check("Käse €😀".as_bytes(), "Käse €😀");
        check(b"\xff\xfe", "\u{fffd}\u{fffd}");
        check(b"\xc0\x80", "\u{fffd}\u{fffd}");
        check(b"a\xc3", "a\u{fffd}");
        check(b"\xc3(", "\u{fffd}(");
        check(b"\xed\xa0\x80", "\u{fffd}");
        check(b"\xe0\x80\x80", "\u{fffd}\u{fffd}\u{fffd}");
        check(b"\xe2\x82", "\u{fffd}");
        check(b"\xe2\x82(", "\u{fffd}(");
        check(b"\xe2(\xa1", "\u{fffd}(\u{fffd}");
        check(b"\xf0\x9f\x98", "\u{fffd}");
        check(b"\xf0\x9f", "\u{fffd}");
        check(b"\xf0\x9f(", "\u{fffd}(");
        check(b"\xf4\x90\x80\x80", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}");
        check(b"\xf8\x88\x80\x80\x80", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}");
    }
}
