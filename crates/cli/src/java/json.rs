//! JSON as Jackson prints it: on one line, without blanks.

use std::fmt::Write;

use serde_json::{Number, Value};

use super::double::double;

/// Appends `value` to `text`.
pub(crate) fn write_json(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => write_number(text, number),
        Value::String(string) => write_string(text, string),
        Value::Array(elements) => {
            text.push('[');
            write_separated(text, elements, write_json);
            text.push(']');
        }
        Value::Object(fields) => {
            text.push('{');
            write_separated(text, fields, |text, (name, value)| {
                write_string(text, name);
                text.push(':');
                write_json(text, value);
            });
            text.push('}');
        }
    }
}

fn write_separated<T>(text: &mut String, items: impl IntoIterator<Item = T>, write: impl Fn(&mut String, T)) {
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        write(text, item);
    }
}

fn write_number(text: &mut String, number: &Number) {
    match number.as_f64() {
        Some(fraction) if number.is_f64() => text.push_str(&double(fraction)),
        _ => text.push_str(&number.to_string()),
    }
}

fn write_string(text: &mut String, string: &str) {
    text.push('"');
    for char in string.chars() {
        match char {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            '\0'..' ' => {
                let _ = write!(text, "\\u{:04X}", u32::from(char));
            }
            _ => text.push(char),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prints_like_jackson() {
        let value = json!({
            "text": "\"\\/\u{8}\t\n\u{c}\r\u{1}\u{1f}\u{7f}ä€😀\u{2028}",
            "numbers": [0, -1, i64::MAX, u64::MAX, 1.0, 1e7],
            "nothing": [null, true, false, [], {}],
        });
        let mut text = String::new();
        write_json(&mut text, &value);
        let expected = concat!(
            r#"{"text":"\"\\/\b\t\n\f\r\u0001\u001F"#,
            "\u{7f}ä€😀\u{2028}",
            r#"","numbers":[0,-1,9223372036854775807,18446744073709551615,1.0,1.0E7],"#,
            r#""nothing":[null,true,false,[],{}]}"#,
        );
        assert_eq!(text, expected);
    }
}
