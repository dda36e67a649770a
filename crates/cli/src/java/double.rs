//! Numbers with a fraction, as `Double.toString` prints them.

/// The shortest digits that tell the number from its neighbours, with a power of ten outside 0.001 to 10,000,000.
pub(super) fn double(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let number = number.abs();
    if number.is_infinite() {
        return format!("{sign}Infinity");
    }
    if number == 0.0 || (1e-3..1e7).contains(&number) {
        return format!("{sign}{number:?}");
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let fraction = if digits.contains('.') { "" } else { ".0" };
    format!("{sign}{digits}{fraction}E{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_javas() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-2.5, "-2.5"),
            (0.001, "0.001"),
            (0.0009, "9.0E-4"),
            (9_999_999.0, "9999999.0"),
            (10_485_760.0, "1.048576E7"),
            (1e7, "1.0E7"),
            (f64::MAX, "1.7976931348623157E308"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
            (f64::NAN, "NaN"),
        ];
        for (number, text) in cases {
            assert_eq!(double(number), text);
        }
    }
}
