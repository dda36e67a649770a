//! Text as Java reads and prints it.

/// Drops what Java's `trim` drops: space and all control characters before it.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// Splits at commas with the space around them, as a list in a file is split.
pub(crate) fn split_list(trimmed: &str) -> Vec<String> {
    if trimmed.is_empty() {
        return Vec::new();
    }
    let is_space = |c| matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r');
    let mut parts: Vec<&str> = trimmed.split(',').collect();
    let last = parts.len() - 1;
    for (index, part) in parts.iter_mut().enumerate() {
        // Space counts as part of a separator only beside a comma.
        if index > 0 {
            *part = part.trim_start_matches(is_space);
        }
        if index < last {
            *part = part.trim_end_matches(is_space);
        }
    }
    parts.into_iter().map(str::to_owned).collect()
}

/// Splits at commas as Java's `split(",")` does: empty parts at the end are dropped, but for an empty text.
pub(crate) fn split_commas(text: &str) -> Vec<&str> {
    if text.is_empty() {
        return vec![""];
    }
    let mut parts: Vec<&str> = text.split(',').collect();
    while parts.last().is_some_and(|part| part.is_empty()) {
        parts.pop();
    }
    parts
}

/// A decimal number with an optional sign, within `i64`.
pub(crate) fn parse_integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// A floating-point number as `Double.parseDouble` reads it: also with a suffix, as `NaN`, `Infinity` or in hexadecimal.
pub(crate) fn parse_double(text: &str) -> Option<f64> {
    let (sign, magnitude) = match text.strip_prefix(['+', '-']) {
        Some(rest) if text.starts_with('-') => (-1.0, rest),
        Some(rest) => (1.0, rest),
        None => (1.0, text),
    };
    let value = match magnitude {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        _ => {
            let number = magnitude.strip_suffix(['f', 'F', 'd', 'D']);
            match magnitude.strip_prefix("0x").or_else(|| magnitude.strip_prefix("0X")) {
                Some(hexadecimal) => parse_hexadecimal(hexadecimal)?,
                None => parse_decimal(number.unwrap_or(magnitude))?,
            }
        }
    };
    Some(sign * value)
}

fn parse_decimal(text: &str) -> Option<f64> {
    let begins = text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    (begins && plain).then(|| text.parse().ok()).flatten()
}

/// Mantissa and binary exponent, such as `1.8p3`; the mantissa is exact up to 52 bits.
fn parse_hexadecimal(text: &str) -> Option<f64> {
    let text = text.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = whole.len() + fraction.len();
    if digits == 0 || digits > 13 {
        return None;
    }
    let mantissa = u64::from_str_radix(&format!("{whole}{fraction}"), 16).ok()?;
    let exponent = i32::try_from(parse_integer(exponent)?).ok()?.checked_sub(4 * fraction.len() as i32)?;
    Some(mantissa as f64 * f64::from(exponent).exp2())
}

/// Prints as `Double.toString`: plain from 0.001 to 10,000,000, else with an exponent.
pub(crate) fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return format!("{value:?}");
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("scientific notation has an exponent");
    let point = if mantissa.contains('.') { "" } else { ".0" };
    format!("{mantissa}{point}E{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_print_as_in_java() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (0.5, "0.5"),
            (1.0, "1.0"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (2_147_483_647.0, "2.147483647E9"),
            (f64::MAX, "1.7976931348623157E308"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (value, text) in cases {
            assert_eq!(double_text(value), text);
        }
        assert_eq!(double_text(f64::NAN), "NaN");
    }

    #[test]
    fn doubles_are_read_as_in_java() {
        let cases =
            [("1", 1.0), ("+.5", 0.5), ("-1.", -1.0), ("1e3d", 1000.0), ("2F", 2.0), ("0x1.8p1", 3.0)];
        for (text, value) in cases {
            assert_eq!(parse_double(text), Some(value), "{text}");
        }
        assert_eq!(parse_double("-Infinity"), Some(f64::NEG_INFINITY));
        assert!(parse_double("NaN").is_some_and(f64::is_nan));
        for text in ["", ".", "-", "inf", "nan", "infinity", "1e", "1_0", "0x1", "e5", "--1", "1 2", "+-1"] {
            assert_eq!(parse_double(text), None, "{text}");
        }
    }

    #[test]
    fn lists_are_split_as_in_java() {
        assert_eq!(split_list("a , b,,c"), ["a", "b", "", "c"]);
        assert_eq!(split_list(","), ["", ""]);
        assert!(split_list("").is_empty());
        assert_eq!(split_commas("a,,b,,"), ["a", "", "b"]);
        assert!(split_commas(",").is_empty());
    }
}
