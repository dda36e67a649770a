//! Files as Java reads them, and lines as Java writes them.

use std::collections::BTreeMap;

use ottla_properties::{Properties, Writer};
use proptest::prelude::*;
use serde_json::Value;

fn latin_1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).expect("a byte")).collect()
}

/// What counts: of each key the last value.
fn effective(properties: &Properties) -> BTreeMap<&str, &str> {
    properties.entries.iter().map(|entry| (entry.key.as_str(), entry.value.as_str())).collect()
}

/// Each line of the fixture is a file and what `java.util.Properties` made of it.
#[test]
fn files_mean_what_java_says() {
    for line in include_str!("fixtures/load.jsonl").lines() {
        let case: Value = serde_json::from_str(line).expect("JSON");
        let read = Properties::parse(&latin_1(case["file"].as_str().expect("text")));
        match case["entries"].as_object() {
            Some(expected) => {
                let expected: BTreeMap<&str, &str> = expected
                    .iter()
                    .map(|(key, value)| (key.as_str(), value.as_str().expect("text")))
                    .collect();
                assert_eq!(effective(&read.expect("valid")), expected, "{line}");
            }
            None => {
                let refused = read.expect_err("Java refuses it").to_string();
                assert!(refused.contains("malformed \\uxxxx encoding"), "{line}: {refused}");
            }
        }
    }
}

#[test]
fn entries_know_their_lines() {
    let read = Properties::parse(b"# first\n\na=1\r\nb=\\\n 2\nc=3\r\ra=4\n").expect("valid");
    let places: Vec<_> =
        read.entries.iter().map(|entry| (entry.key.as_str(), entry.value.as_str(), entry.line)).collect();
    assert_eq!(places, [("a", "1", 3), ("b", "2", 4), ("c", "3", 6), ("a", "4", 8)]);
    assert_eq!(read.get("a").map(|entry| entry.line), Some(8));
}

#[test]
fn errors_name_the_line_and_not_its_text() {
    let refused = Properties::parse(b"a=1\npassword=\\\n \\u12x4").expect_err("malformed").to_string();
    assert_eq!(refused, "line 2: malformed \\uxxxx encoding, four hexadecimal digits must follow \\u");
    let refused = Properties::parse(b"a=\\ud83d").expect_err("half a character").to_string();
    assert_eq!(refused, "line 1: \\u escape of half a surrogate pair, the other half must follow it");
}

/// The lines are those of `Properties.store`.
#[test]
fn lines_are_written_as_java_writes_them() {
    let mut writer = Writer::new();
    writer.comment("two\nlines é");
    writer.entry("a b:c=d#e!f", "  x y=z:#!\\");
    writer.entry("tab\t", "\n\r\u{c}\u{1}~\u{7f}é€😀");
    writer.entry("", "");
    let expected = [
        "#two",
        "#lines \\u00E9",
        "a\\ b\\:c\\=d\\#e\\!f=\\  x y\\=z\\:\\#\\!\\\\",
        "tab\\t=\\n\\r\\f\\u0001~\\u007F\\u00E9\\u20AC\\uD83D\\uDE00",
        "=",
    ];
    let written = writer.into_text();
    assert_eq!(written.lines().collect::<Vec<_>>(), expected);
}

proptest! {
    #[test]
    fn what_is_written_is_read(entries in prop::collection::btree_map(".*", ".*", 0..8)) {
        let mut writer = Writer::new();
        entries.iter().for_each(|(key, value)| writer.entry(key, value));
        let read = Properties::parse(writer.into_text().as_bytes()).expect("written by us");
        let expected: Vec<_> = entries.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let found: Vec<_> =
            read.entries.iter().map(|entry| (entry.key.as_str(), entry.value.as_str())).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(read) = Properties::parse(&bytes) {
            prop_assert!(read.entries.len() <= bytes.len());
        }
    }
}
