//! What a line means: headers, key and value, as Kafka's `LineMessageReader` parses them.

use std::borrow::Cow;

use ottla_client::producer::ProducerRecord;
use ottla_record::Header;

use super::said;
use crate::frame::{ClientProperties, Stop};
use crate::java::decode_utf8;

/// Makes records of lines.
#[derive(Debug)]
pub(super) struct LineReader {
    topic: String,
    parse_key: bool,
    key_separator: String,
    parse_headers: bool,
    headers_delimiter: String,
    headers_separator: String,
    headers_key_separator: String,
    ignore_error: bool,
    null_marker: Option<String>,
    line_number: u64,
}

/// A header's key and value.
type Pair<'a> = (&'a [u8], Option<&'a [u8]>);

/// The parts of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Read<'a> {
    pub(super) key: Option<&'a [u8]>,
    pub(super) value: Option<&'a [u8]>,
    headers: Vec<Pair<'a>>,
}

impl<'a> Read<'a> {
    pub(super) fn headers(&self) -> Vec<Header<'a>> {
        self.headers.iter().map(|(key, value)| Header { key, value: *value }).collect()
    }
}

impl LineReader {
    pub(super) fn new(properties: &ClientProperties) -> Result<Self, Stop> {
        let text = |key: &str, default: &str| properties.get(key).map_or(default, String::as_str).to_owned();
        let flag =
            |key: &str| properties.get(key).is_some_and(|text| text.trim().eq_ignore_ascii_case("true"));
        let reader = Self {
            topic: text("topic", ""),
            parse_key: flag("parse.key"),
            key_separator: text("key.separator", "\t"),
            parse_headers: flag("parse.headers"),
            headers_delimiter: text("headers.delimiter", "\t"),
            headers_separator: text("headers.separator", ","),
            headers_key_separator: text("headers.key.separator", ":"),
            ignore_error: flag("ignore.error"),
            null_marker: properties.get("null.marker").cloned(),
            line_number: 0,
        };
        match reader.clash() {
            Some((one, other)) => Err(said(format!("{one} and {other} may not be equal"))),
            None => Ok(reader),
        }
    }

    /// Two of the texts that must differ and do not.
    fn clash(&self) -> Option<(&'static str, &'static str)> {
        let delimiter = ("headers.delimiter", Some(&self.headers_delimiter));
        let separator = ("headers.separator", Some(&self.headers_separator));
        let key_separator = ("headers.key.separator", Some(&self.headers_key_separator));
        let key = ("key.separator", Some(&self.key_separator));
        let null = ("null.marker", self.null_marker.as_ref());
        let pairs = [
            (delimiter, separator),
            (delimiter, key_separator),
            (separator, key_separator),
            (null, key),
            (null, separator),
            (null, delimiter),
            (null, key_separator),
        ];
        pairs.into_iter().find(|(one, other)| one.1 == other.1).map(|(one, other)| (one.0, other.0))
    }

    pub(super) fn topic(&self) -> &str {
        &self.topic
    }

    /// The record of a line that was read.
    pub(super) fn record<'a>(&'a self, read: &Read<'a>, headers: &'a [Header<'a>]) -> ProducerRecord<'a> {
        ProducerRecord {
            topic: &self.topic,
            key: read.key,
            value: read.value,
            headers,
            ..ProducerRecord::default()
        }
    }

    /// Takes a line apart.
    pub(super) fn read<'a>(&mut self, line: &'a [u8]) -> Result<Read<'a>, String> {
        self.line_number += 1;
        let mut rest = line;
        let headers = self.part(self.parse_headers, line, &mut rest, Part::Headers)?;
        let key = self.part(self.parse_key, line, &mut rest, Part::Key)?;
        let headers = match headers.and_then(|headers| self.unless_null(headers)) {
            Some(headers) => self.headers(headers)?,
            None => Vec::new(),
        };
        let key = key.and_then(|key| self.unless_null(key));
        Ok(Read { key, value: self.unless_null(rest), headers })
    }

    /// The text before the part's separator, behind which `rest` goes on.
    fn part<'a>(
        &self,
        is_wanted: bool,
        line: &[u8],
        rest: &mut &'a [u8],
        part: Part,
    ) -> Result<Option<&'a [u8]>, String> {
        if !is_wanted {
            return Ok(None);
        }
        let (separator, name) = match part {
            Part::Headers => (&self.headers_delimiter, "headers delimiter"),
            Part::Key => (&self.key_separator, "key separator"),
        };
        match split_once(rest, separator) {
            Some((before, after)) => {
                *rest = after;
                Ok(Some(before))
            }
            None if self.ignore_error => Ok(None),
            None => {
                let line: Cow<'_, str> = decode_utf8(line);
                Err(format!("No {name} found on line number {}: '{line}'", self.line_number))
            }
        }
    }

    fn headers<'a>(&self, headers: &'a [u8]) -> Result<Vec<Pair<'a>>, String> {
        split(headers, &self.headers_separator).into_iter().map(|pair| self.header(pair)).collect()
    }

    fn header<'a>(&self, pair: &'a [u8]) -> Result<Pair<'a>, String> {
        let Some((key, value)) = split_once(pair, &self.headers_key_separator) else {
            if self.ignore_error {
                return Ok((pair, None));
            }
            let (pair, line) = (decode_utf8(pair), self.line_number);
            return Err(format!("No header key separator found in pair '{pair}' on line number {line}"));
        };
        match &self.null_marker {
            Some(marker) if marker.as_bytes() == key => Err(format!(
                "Header keys should not be equal to the null marker '{marker}' as they can't be null"
            )),
            _ => Ok((key, self.unless_null(value))),
        }
    }

    fn unless_null<'a>(&self, text: &'a [u8]) -> Option<&'a [u8]> {
        let is_null = self.null_marker.as_ref().is_some_and(|marker| marker.as_bytes() == text);
        (!is_null).then_some(text)
    }
}

/// What may stand before a line's value.
#[derive(Debug, Clone, Copy)]
enum Part {
    Headers,
    Key,
}

fn split_once<'a>(text: &'a [u8], separator: &str) -> Option<(&'a [u8], &'a [u8])> {
    let separator = separator.as_bytes();
    if separator.is_empty() {
        return Some((&[], text));
    }
    let position = text.windows(separator.len()).position(|window| window == separator)?;
    Some((&text[..position], &text[position + separator.len()..]))
}

/// The pieces of a list, of which empty ones at its end do not count, unless it is empty itself.
fn split<'a>(text: &'a [u8], separator: &str) -> Vec<&'a [u8]> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = split_once(rest, separator).filter(|_| !separator.is_empty()) {
        pieces.push(before);
        rest = after;
    }
    if pieces.is_empty() {
        return vec![text];
    }
    pieces.push(rest);
    while pieces.last().is_some_and(|piece| piece.is_empty()) {
        pieces.pop();
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(entries: &[(&str, &str)]) -> LineReader {
        let properties = entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        LineReader::new(&properties.collect()).unwrap()
    }

    fn shown(read: &Result<Read<'_>, String>) -> String {
        let text = |bytes: Option<&[u8]>| {
            bytes.map_or_else(|| "null".to_owned(), |bytes| decode_utf8(bytes).into_owned())
        };
        match read {
            Ok(read) => {
                let headers =
                    read.headers.iter().map(|(key, value)| format!("{}={}", text(Some(key)), text(*value)));
                let headers: Vec<_> = headers.collect();
                format!("[{}] {} -> {}", headers.join(" "), text(read.key), text(read.value))
            }
            Err(error) => error.clone(),
        }
    }

    #[test]
    fn lines_are_taken_apart_as_kafka_does() {
        let all = [("parse.key", "true"), ("parse.headers", "true"), ("null.marker", "NULL")];
        let keyed = [("parse.key", "True "), ("key.separator", "||")];
        let lenient = [("parse.key", "true"), ("parse.headers", "true"), ("ignore.error", "true")];
        for (entries, line, expected) in [
            (&[][..], "a\tb", "[] null -> a\tb"),
            (&keyed, "k||v||w", "[] k -> v||w"),
            (&keyed, "kv", "No key separator found on line number 1: 'kv'"),
            (&all, "h1:v1,h2:NULL\tkey\tvalue", "[h1=v1 h2=null] key -> value"),
            (&all, "NULL\tNULL\tNULL", "[] null -> null"),
            (&all, "h\tk\tv", "No header key separator found in pair 'h' on line number 1"),
            (
                &all,
                "NULL:x\tk\tv",
                "Header keys should not be equal to the null marker 'NULL' as they can't be null",
            ),
            (&all, "h:v", "No headers delimiter found on line number 1: 'h:v'"),
            (&lenient, "h\tk\tv", "[h=null] k -> v"),
            (&lenient, "only", "[] null -> only"),
            (&lenient, "h:1,,\t\t", "[h=1]  -> "),
        ] {
            assert_eq!(shown(&reader(entries).read(line.as_bytes())), expected, "{entries:?} {line}");
        }
    }

    #[test]
    fn separators_must_differ() {
        let properties = [("null.marker".to_owned(), ":".to_owned())];
        let Err(Stop::Said(message)) = LineReader::new(&properties.into()) else { panic!() };
        assert_eq!(
            message,
            "org.apache.kafka.common.KafkaException: null.marker and headers.key.separator may not be equal"
        );
    }
}
