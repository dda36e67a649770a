//! Offsets as lines of CSV, as Kafka's tool writes and reads them.

use ottla_client::TopicPartition;

/// Jackson puts a text in quotes that is longer, without a look at it.
const UNQUOTED_LENGTH_MAX: usize = 24;

/// One offset, with the group if there are several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OffsetLine {
    pub(super) group: Option<String>,
    pub(super) partition: TopicPartition,
    pub(super) offset: i64,
}

impl OffsetLine {
    /// The line without its end.
    pub(super) fn text(&self) -> String {
        let group = self.group.as_ref().map_or(String::new(), |group| format!("{},", cell(group)));
        let TopicPartition { topic, partition } = &self.partition;
        format!("{group}{},{partition},{}", cell(topic), self.offset)
    }

    /// Reads a line with a group or without; `None` if it is none.
    pub(super) fn parse(line: &str, with_group: bool) -> Option<Self> {
        let mut cells = cells(line.trim_end_matches('\r'))?;
        let offset = cells.pop()?.trim().parse().ok()?;
        let partition = cells.pop()?.trim().parse().ok()?;
        let topic = cells.pop()?;
        let group = if with_group { Some(cells.pop()?) } else { None };
        cells.is_empty().then(|| Self { group, partition: TopicPartition::new(topic, partition), offset })
    }
}

fn cell(text: &str) -> String {
    // Everything up to the comma may mean something to a reader of CSV.
    let is_plain = text.len() <= UNQUOTED_LENGTH_MAX && !text.chars().any(|letter| letter <= ',');
    if is_plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

fn cells(line: &str) -> Option<Vec<String>> {
    let mut cells = Vec::new();
    let mut rest = line;
    loop {
        let (cell, behind) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_cell(quoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        cells.push(cell);
        match behind.strip_prefix(',') {
            Some(next) => rest = next,
            None => return behind.is_empty().then_some(cells),
        }
    }
}

/// What stands before the closing quote, in which two quotes are one, and what follows it.
fn quoted_cell(text: &str) -> Option<(String, &str)> {
    let mut cell = String::new();
    let mut rest = text;
    loop {
        let (part, behind) = rest.split_once('"')?;
        cell.push_str(part);
        match behind.strip_prefix('"') {
            Some(next) => {
                cell.push('"');
                rest = next;
            }
            None => return Some((cell, behind)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(group: Option<&str>, topic: &str) -> OffsetLine {
        OffsetLine { group: group.map(str::to_owned), partition: TopicPartition::new(topic, 3), offset: 7 }
    }

    #[test]
    fn lines_round_trip() {
        for (line, text) in [
            (line(None, "t"), "t,3,7"),
            (line(Some("g"), "t"), "g,t,3,7"),
            (line(Some("a \"b\", c"), "t"), "\"a \"\"b\"\", c\",t,3,7"),
            (line(None, "a.topic-with_a.long-name.1"), "\"a.topic-with_a.long-name.1\",3,7"),
        ] {
            assert_eq!(line.text(), text);
            assert_eq!(OffsetLine::parse(text, line.group.is_some()), Some(line));
        }
    }

    #[test]
    fn what_is_no_line() {
        for text in ["", "t", "t,1", "t,x,1", "t,1,x", "g,t,1,2", "\"t,1,2", "\"t\"x,1,2"] {
            assert_eq!(OffsetLine::parse(text, false), None, "{text}");
        }
        assert_eq!(OffsetLine::parse("t,1,2", true), None);
    }
}
