//! Java's `.properties` text, as much as `java.util.Properties` writes and all that it reads.

use std::fmt::Write as _;

/// A property and the line it begins in, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Property {
    pub(crate) line: usize,
    pub(crate) key: String,
    pub(crate) value: String,
}

/// Reads properties in their order, each byte a character of ISO 8859-1 as Java does.
///
/// # Errors
///
/// The line with a malformed `\u` escape.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Property>, usize> {
    let mut properties = Vec::new();
    let mut lines = Lines { bytes, next_line: 1 };
    while let Some((line, text)) = lines.next_logical() {
        let (key, value) = split(&text);
        match (unescape(key), unescape(value)) {
            (Some(key), Some(value)) => properties.push(Property { line, key, value }),
            _ => return Err(line),
        }
    }
    Ok(properties)
}

/// Writes one property with what must be escaped escaped.
pub(crate) fn write(out: &mut String, key: &str, value: &str) {
    escape(out, key, Blanks::All);
    out.push('=');
    escape(out, value, Blanks::First);
    out.push('\n');
}

/// Natural lines joined where one ends in a backslash, without blanks in front, comments and empty lines.
struct Lines<'a> {
    bytes: &'a [u8],
    next_line: usize,
}

impl Lines<'_> {
    fn next_logical(&mut self) -> Option<(usize, String)> {
        loop {
            let line = self.next_line;
            let first = self.next_natural()?;
            if first.is_empty() || first.starts_with(['#', '!']) {
                continue;
            }
            let mut text = first;
            while ends_in_continuation(&text) {
                text.pop();
                match self.next_natural() {
                    Some(next) => text.push_str(&next),
                    None => break,
                }
            }
            return Some((line, text));
        }
    }

    fn next_natural(&mut self) -> Option<String> {
        if self.bytes.is_empty() {
            return None;
        }
        let end =
            self.bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(self.bytes.len());
        let (line, rest) = self.bytes.split_at(end);
        self.bytes = rest.strip_prefix(b"\r\n").or_else(|| rest.get(1..)).unwrap_or_default();
        self.next_line += 1;
        let text: String = line.iter().copied().map(char::from).collect();
        Some(text.trim_start_matches(is_blank).to_owned())
    }
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\x0c')
}

fn ends_in_continuation(text: &str) -> bool {
    text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// Splits at the first `=`, `:` or blank that is not escaped; blanks around the separator go.
fn split(text: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = text.find(|c| {
        let separates = !escaped && (matches!(c, '=' | ':') || is_blank(c));
        escaped = c == '\\' && !escaped;
        separates
    });
    let (key, rest) = text.split_at(end.unwrap_or(text.len()));
    let rest = rest.trim_start_matches(is_blank);
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (key, rest.trim_start_matches(is_blank))
}

fn unescape(text: &str) -> Option<String> {
    let mut units = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let unit = match c {
            '\\' => match chars.next() {
                None => break,
                Some('t') => u16::from(b'\t'),
                Some('n') => u16::from(b'\n'),
                Some('r') => u16::from(b'\r'),
                Some('f') => 0x0c,
                Some('u') => {
                    let digits = chars.as_str().get(..4).filter(|digits| !digits.starts_with('+'))?;
                    let unit = u16::from_str_radix(digits, 16).ok()?;
                    chars = chars.as_str()[4..].chars();
                    unit
                }
                Some(other) => other as u16,
            },
            // Bytes of ISO 8859-1, so all fit.
            other => other as u16,
        };
        units.push(unit);
    }
    Some(String::from_utf16_lossy(&units))
}

/// Which blanks are escaped.
#[derive(Clone, Copy, PartialEq)]
enum Blanks {
    All,
    First,
}

fn escape(out: &mut String, text: &str, blanks: Blanks) {
    for (at, c) in text.chars().enumerate() {
        match c {
            ' ' if blanks == Blanks::All || at == 0 => out.push_str("\\ "),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\x0c' => out.push_str("\\f"),
            '\\' | '=' | ':' | '#' | '!' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04X}");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        let properties = parse(text.as_bytes()).expect("well-formed");
        properties.into_iter().map(|property| (property.key, property.value)).collect()
    }

    fn check(text: &str, expected: &[(&str, &str)]) {
        let expected: Vec<_> =
            expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        assert_eq!(pairs(text), expected, "{text:?}");
    }

    #[test]
    fn reads_what_java_reads() {
        check("# comment\n! another\n\n  a=b\n", &[("a", "b")]);
        check("a = b\nc:d\ne f\ng\n", &[("a", "b"), ("c", "d"), ("e", "f"), ("g", "")]);
        check("a=b=c\r\nd==e\rf :=g", &[("a", "b=c"), ("d", "=e"), ("f", "=g")]);
        check("a=one \\\n   two\\\\\nb=3\\", &[("a", "one two\\"), ("b", "3")]);
        check("a\\ b\\=c=\\t\\n\\u0041\\x # no comment", &[("a b=c", "\t\nAx # no comment")]);
        check("a=b \n", &[("a", "b ")]);
        assert_eq!(parse(b"a=b\nc=\\u00g1\n"), Err(2));
        assert_eq!(parse(b"a=\\u+041"), Err(1));
        assert_eq!(parse(b"a=\xe9").map(|read| read[0].value.clone()), Ok("\u{e9}".to_owned()));
    }

    #[test]
    fn escapes_as_java_does() {
        let mut out = String::new();
        write(&mut out, "a b:#", " x y=z!\u{1f600}\u{7f}");
        assert_eq!(out, "a\\ b\\:\\#=\\ x y\\=z\\!\\uD83D\\uDE00\\u007F\n");
    }

    proptest! {
        #![proptest_config(crate::testing::cases(128))]

        #[test]
        fn what_is_written_is_read(pairs_written in prop::collection::vec(("\\PC{1,12}", any::<String>()), 0..5)) {
            let mut out = String::new();
            for (key, value) in &pairs_written {
                write(&mut out, key, value);
            }
            prop_assert_eq!(pairs(&out), pairs_written);
        }

        #[test]
        fn never_panics(bytes in any::<Vec<u8>>()) {
            let _ = parse(&bytes);
        }
    }
}
