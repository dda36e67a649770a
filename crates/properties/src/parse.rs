//! Reading.

use crate::lines::{LogicalLine, LogicalLines, is_space};

/// A key, its value and where they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key, unescaped.
    pub key: String,
    /// The value, unescaped; space at its end is part of it.
    pub value: String,
    /// Number of the line on which the key begins, the first being 1.
    pub line: usize,
}

/// What a file says, in its order, duplicates included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties {
    /// All entries in the order of the file.
    pub entries: Vec<Entry>,
}

/// Bytes that are no `.properties` file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ParseError {
    /// Number of the line on which the faulty entry begins, the first being 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong in a line. The text of the line is left out, because it may be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// `\u` without four hexadecimal digits, which Java refuses as well.
    #[error("malformed \\uxxxx encoding, four hexadecimal digits must follow \\u")]
    MalformedEscape,
    /// Half of a surrogate pair. Java accepts it, but no text has such a character.
    #[error("\\u escape of half a surrogate pair, the other half must follow it")]
    LoneSurrogate,
}

impl Properties {
    /// Reads the bytes of a file, each one character of ISO 8859-1 as Java has it; other characters are `\u` escapes.
    ///
    /// # Errors
    /// If a `\u` escape is malformed or stands for half a character.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let entries = LogicalLines::new(bytes).map(|line| entry(&line)).collect::<Result<_, _>>()?;
        Ok(Self { entries })
    }

    /// The entry that counts for a key: the last one.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.key == key)
    }
}

fn entry(line: &LogicalLine) -> Result<Entry, ParseError> {
    let (key, value) = split(&line.text);
    let at = |problem| ParseError { line: line.number, problem };
    Ok(Entry { key: unescape(key).map_err(at)?, value: unescape(value).map_err(at)?, line: line.number })
}

/// Key and value of a logical line: `=`, `:` or space ends the key, unless a backslash stands before it.
fn split(text: &[char]) -> (&[char], &[char]) {
    let mut escaped = false;
    let ends_key = |c: &char| {
        let ends = !escaped && (matches!(c, '=' | ':') || is_space(*c));
        escaped = *c == '\\' && !escaped;
        ends
    };
    let key_length = text.iter().position(ends_key).unwrap_or(text.len());
    let (key, rest) = text.split_at(key_length);
    let rest = trim_start(rest);
    match rest {
        ['=' | ':', value @ ..] => (key, trim_start(value)),
        value => (key, value),
    }
}

fn trim_start(text: &[char]) -> &[char] {
    &text[text.iter().take_while(|c| is_space(**c)).count()..]
}

fn unescape(text: &[char]) -> Result<String, Problem> {
    // Java's characters are UTF-16, so a pair of escapes makes one of ours.
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [c, tail @ ..] = rest {
        rest = tail;
        if *c != '\\' {
            units.push(*c as u16);
            continue;
        }
        let [escape, tail @ ..] = rest else { break };
        rest = tail;
        let unit = match escape {
            'u' => {
                let (digits, tail) = rest.split_at_checked(4).ok_or(Problem::MalformedEscape)?;
                rest = tail;
                unit_of(digits).ok_or(Problem::MalformedEscape)?
            }
            't' => u16::from(b'\t'),
            'n' => u16::from(b'\n'),
            'r' => u16::from(b'\r'),
            'f' => 0xc,
            other => *other as u16,
        };
        units.push(unit);
    }
    String::from_utf16(&units).map_err(|_| Problem::LoneSurrogate)
}

fn unit_of(digits: &[char]) -> Option<u16> {
    digits.iter().try_fold(0u16, |unit, digit| Some(unit << 4 | digit.to_digit(16)? as u16))
}
