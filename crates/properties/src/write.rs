//! Writing.

/// Writes entries line by line, escaped so that Java and [`Properties::parse`](crate::Properties::parse) read them back.
///
/// The bytes of a line are those of Java's `Properties.store` to a stream of bytes; the order and the comments, of which Java writes
/// its own with the date, are the caller's.
#[derive(Debug, Clone, Default)]
pub struct Writer {
    text: String,
}

impl Writer {
    /// Writes into an empty file.
    pub const fn new() -> Self {
        Self { text: String::new() }
    }

    /// Adds a comment; each further line of it becomes a comment of its own.
    pub fn comment(&mut self, comment: &str) {
        for line in comment.split(['\n', '\r']) {
            self.text.push('#');
            line.chars().for_each(|c| if c.is_ascii() { self.text.push(c) } else { self.push_unicode(c) });
            self.text.push('\n');
        }
    }

    /// Adds an entry.
    pub fn entry(&mut self, key: &str, value: &str) {
        key.chars().for_each(|c| self.push_escaped(c));
        self.text.push('=');
        // Only space at the front of a value would be lost.
        let spaces = value.chars().take_while(|c| *c == ' ').count();
        for (index, c) in value.chars().enumerate() {
            if c == ' ' && index >= spaces.min(1) {
                self.text.push(' ');
            } else {
                self.push_escaped(c);
            }
        }
        self.text.push('\n');
    }

    /// The text written so far, all of it ASCII.
    pub fn into_text(self) -> String {
        self.text
    }

    fn push_escaped(&mut self, c: char) {
        match c {
            '\t' => self.text.push_str("\\t"),
            '\n' => self.text.push_str("\\n"),
            '\r' => self.text.push_str("\\r"),
            '\u{c}' => self.text.push_str("\\f"),
            ' ' | '=' | ':' | '#' | '!' | '\\' => self.text.extend(['\\', c]),
            '\u{21}'..='\u{7e}' => self.text.push(c),
            _ => self.push_unicode(c),
        }
    }

    fn push_unicode(&mut self, c: char) {
        for unit in c.encode_utf16(&mut [0; 2]) {
            self.text.push_str(&format!("\\u{unit:04X}"));
        }
    }
}
