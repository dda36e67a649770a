//! Periods of time in the form `PnDTnHnMn.nS`, as Java's `Duration.parse` reads them.

use crate::java;

/// Whether a text is a period that is not negative. A year has no fixed length, so days are the largest unit.
pub(crate) fn is_valid_period(text: &str) -> bool {
    nanoseconds(text).is_some_and(|nanoseconds| nanoseconds >= 0)
}

/// The length of a period; none if the text is none, or too long for Java.
fn nanoseconds(text: &str) -> Option<i128> {
    let upper = text.to_ascii_uppercase();
    let (negated, rest) = match upper.strip_prefix(['+', '-']) {
        Some(rest) => (upper.starts_with('-'), rest),
        None => (false, upper.as_str()),
    };
    let rest = rest.strip_prefix('P')?;
    let (date, time) = match rest.split_once('T') {
        // With a `T` at least one part of the time must follow.
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (rest, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let mut date = date;
    let days = part(&mut date, 'D', 86_400)?;
    let mut time = time;
    let hours = part(&mut time, 'H', 3_600)?;
    let minutes = part(&mut time, 'M', 60)?;
    let seconds = seconds(time)?;
    let sum = days.checked_add(hours)?.checked_add(minutes)?.checked_add(seconds)?;
    let fits = i64::try_from(sum.div_euclid(NANOSECONDS)).is_ok();
    (date.is_empty() && fits).then_some(if negated { -sum } else { sum })
}

const NANOSECONDS: i128 = 1_000_000_000;

/// Takes a number with its unit from the front, if it is there.
fn part(text: &mut &str, unit: char, seconds: i128) -> Option<i128> {
    let Some((number, rest)) = text.split_once(unit) else { return Some(0) };
    *text = rest;
    i128::from(java::parse_integer(number)?).checked_mul(seconds)?.checked_mul(NANOSECONDS)
}

/// Whole seconds with up to nine digits after a point or comma.
fn seconds(text: &str) -> Option<i128> {
    if text.is_empty() {
        return Some(0);
    }
    let number = text.strip_suffix('S')?;
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, ""));
    if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole = java::parse_integer(whole)?;
    let fraction: i128 = format!("{fraction:0<9}").parse().ok()?;
    let fraction = if number.starts_with('-') { -fraction } else { fraction };
    i128::from(whole).checked_mul(NANOSECONDS)?.checked_add(fraction)
}

#[cfg(test)]
mod tests {
    use super::is_valid_period;

    #[test]
    fn periods_as_java_has_them() {
        for good in ["PT1H", "P1D", "P2DT3H4M5.678S", "PT0S", "pt1h", "+PT1S", "PT-1H61M", "-PT-1S", "PT1.S"]
        {
            assert!(is_valid_period(good), "{good}");
        }
        let malformed = ["", "P", "PT", "1H", "P1H", "PT1D", "P1Y", "PT1.1234567890S", "PT1S1H", "P1DT"];
        for bad in malformed.into_iter().chain(["PT-1S", "-PT1S", "P99999999999999999D"]) {
            assert!(!is_valid_period(bad), "{bad}");
        }
    }
}
