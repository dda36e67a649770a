//! Dates as `java.text.SimpleDateFormat` reads and writes them, in UTC.

const DAY_MS: i64 = 86_400_000;

/// The time in milliseconds since the epoch in a pattern of letters such as `yyyy-MM-dd HH:mm:ss:SSS`. Letters that stand for texts or
/// time zones other than UTC are left as they are.
pub(crate) fn format_date(pattern: &str, time_ms: i64) -> String {
    let (year, month, day) = civil(time_ms.div_euclid(DAY_MS));
    let of_day = time_ms.rem_euclid(DAY_MS);
    let mut text = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        if letter == '\'' {
            rest = quoted(&rest[1..], &mut text);
            continue;
        }
        let width = rest.len() - rest.trim_start_matches(letter).len();
        let width = width / letter.len_utf8();
        let number = match letter {
            'y' if width == 2 => year.rem_euclid(100),
            'y' => year,
            'M' => month,
            'd' => day,
            'H' => of_day / 3_600_000,
            'm' => of_day / 60_000 % 60,
            's' => of_day / 1000 % 60,
            'S' => of_day % 1000,
            _ => {
                text.extend(std::iter::repeat_n(letter, width));
                rest = &rest[width * letter.len_utf8()..];
                continue;
            }
        };
        text.push_str(&format!("{number:0width$}"));
        rest = &rest[width..];
    }
    text
}

/// Takes what stands between quotes as it is; two quotes are one. Returns what follows.
fn quoted<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let (inner, behind) = rest.split_once('\'').unwrap_or((rest, ""));
    text.push_str(if inner.is_empty() { "'" } else { inner });
    behind
}

/// Reads `2026-11-25T10:00:00.000`, with `Z`, `+02` or `+02:00` behind it for a zone other than UTC: milliseconds since the epoch. The
/// error is the words of Java's exception.
pub(crate) fn parse_timestamp(text: &str) -> Result<i64, String> {
    let Some((date, time)) = text.split_once('T') else {
        return Err(
            "Error parsing timestamp. It does not contain a 'T' according to ISO8601 format".to_owned()
        );
    };
    let has_zone = time.contains(['+', '-', 'Z']);
    let whole = if has_zone { text.to_owned() } else { format!("{text}Z") };
    let unparseable = || format!("Unparseable date: \"{whole}\"");
    let (clock, zone) = match time.find(['+', '-', 'Z']) {
        Some(at) => time.split_at(at),
        None => (time, "Z"),
    };
    let parsed = || Some(date_ms(date)? + clock_ms(clock)? - zone_ms(zone)?);
    parsed().ok_or_else(unparseable)
}

fn numbers<const N: usize>(text: &str, separators: [char; N]) -> Option<([i64; N], i64)> {
    let mut rest = text;
    let mut found = [0; N];
    for (number, separator) in found.iter_mut().zip(separators) {
        let (left, right) = rest.split_once(separator)?;
        *number = digits(left)?;
        rest = right;
    }
    Some((found, digits(rest)?))
}

fn digits(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn date_ms(text: &str) -> Option<i64> {
    let ([year, month], day) = numbers(text, ['-', '-'])?;
    let days = days(year, month, day);
    // What does not come back the same is no date.
    ((1..=12).contains(&month) && year <= 9999 && civil(days) == (year, month, day)).then_some(days * DAY_MS)
}

fn clock_ms(text: &str) -> Option<i64> {
    let ([hour, minute, second], ms) = numbers(text, [':', ':', '.'])?;
    let fits = hour < 24 && minute < 60 && second < 60 && ms < 1000;
    fits.then_some(((hour * 60 + minute) * 60 + second) * 1000 + ms)
}

fn zone_ms(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits_only = text.get(1..)?.replace(':', "");
    let (hours, minutes) = match digits_only.len() {
        2 => (digits(&digits_only)?, 0),
        4 => (digits(&digits_only[..2])?, digits(&digits_only[2..])?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000)
}

/// Days since the epoch of a date in the Gregorian calendar, counted in years that begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of so many days since the epoch.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_patterns() {
        assert_eq!(format_date("yyyy-MM-dd HH:mm:ss:SSS", 1_795_603_412_144), "2026-11-25 10:43:32:144");
        assert_eq!(format_date("yy/M/d 'at' H''", 951_782_400_000), "00/2/29 at 0'");
        assert_eq!(format_date("yyyy-MM-dd", -1), "1969-12-31");
    }

    #[test]
    fn timestamps() {
        assert_eq!(parse_timestamp("2026-11-25T10:43:32.144"), Ok(1_795_603_412_144));
        assert_eq!(parse_timestamp("2026-11-25T12:43:32.144+02:00"), Ok(1_795_603_412_144));
        assert_eq!(parse_timestamp("2026-11-25T08:43:32.144-02"), Ok(1_795_603_412_144));
        assert_eq!(
            parse_timestamp("2026-11-25T10:43:32").unwrap_err(),
            "Unparseable date: \"2026-11-25T10:43:32Z\""
        );
        assert!(parse_timestamp("2026-11-25").unwrap_err().contains("does not contain a 'T'"));
        for wrong in
            ["2026-02-30T00:00:00.000", "2026-13-01T00:00:00.000", "2026-01-01T24:00:00.000", "T", "-T:::."]
        {
            assert!(parse_timestamp(wrong).is_err(), "{wrong}");
        }
    }
}
