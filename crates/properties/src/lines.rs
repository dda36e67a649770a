//! Logical lines: natural lines joined where one ends in a backslash, without comments and blank lines.

/// Characters that separate a key from its value and lead a line without being part of it.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{c}')
}

/// One key with its value, still escaped.
pub(crate) struct LogicalLine {
    /// Number of the natural line it begins on, the first being 1.
    pub(crate) number: usize,
    pub(crate) text: Vec<char>,
}

/// Splits the bytes of a file, each of them one character (ISO 8859-1), into its logical lines.
pub(crate) struct LogicalLines<'a> {
    bytes: &'a [u8],
    position: usize,
    number: usize,
}

impl<'a> LogicalLines<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0, number: 1 }
    }

    /// The rest of the current natural line, leading space dropped; none after the last.
    fn natural_line(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.position..).filter(|rest| !rest.is_empty())?;
        let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let line = &rest[..length];
        self.position += match &rest[length..] {
            [b'\r', b'\n', ..] => length + 2,
            [] => length,
            [_, ..] => length + 1,
        };
        self.number += 1;
        let indent = line.iter().take_while(|byte| is_space(char::from(**byte))).count();
        Some(&line[indent..])
    }
}

impl Iterator for LogicalLines<'_> {
    type Item = LogicalLine;

    fn next(&mut self) -> Option<LogicalLine> {
        let mut number = self.number;
        let mut text: Vec<char> = Vec::new();
        let mut lone_backslash = false;
        while let Some(line) = self.natural_line() {
            // As long as nothing was collected a line may be blank or a comment, even after a lone backslash.
            if text.is_empty() {
                number = self.number - 1;
                lone_backslash = line == b"\\";
                if matches!(line.first(), None | Some(b'#' | b'!')) {
                    continue;
                }
            }
            let continues = line.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1;
            let kept = &line[..line.len() - usize::from(continues)];
            text.extend(kept.iter().copied().map(char::from));
            if !continues {
                break;
            }
        }
        // A lone backslash as the last line of a file is, to Java, an entry whose key is empty.
        (!text.is_empty() || lone_backslash).then_some(LogicalLine { number, text })
    }
}
