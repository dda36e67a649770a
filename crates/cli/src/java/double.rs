//! Numbers with a fraction, as `Double.toString` prints them.
//!
//! The digits are the fewest, but at least two, that tell the number from its neighbours, and of those the nearest
//! to it: Java's rule from release 19 on. Earlier releases print a digit too many for some numbers (JDK-4511638), as
//! in 1.9999999999999998E23 for 2.0E23; about three in a thousand of all numbers, hardly any of those people write.

/// The number with a power of ten outside 0.001 to 10,000,000.
pub(crate) fn double(number: f64) -> String {
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
    format!("{sign}{}", scientific(number).replace('e', "E"))
}

/// The number of 32 bits, by the same rule.
pub(crate) fn float(number: f32) -> String {
    let magnitude = number.abs();
    if !number.is_finite() || number == 0.0 {
        return double(f64::from(number));
    }
    if (1e-3..1e7).contains(&magnitude) {
        return format!("{number:?}");
    }
    let shortest = format!("{number:e}");
    let shortest = if shortest.contains('.') { shortest } else { shortest.replace('e', ".0e") };
    shortest.replace('e', "E")
}

/// A digit, a point, and the other digits, at least one, with a power of ten.
fn scientific(number: f64) -> String {
    let shortest = format!("{number:e}");
    if shortest.contains('.') {
        return shortest;
    }
    let two_digits = format!("{number:.1e}");
    if two_digits.parse() == Ok(number) { two_digits } else { shortest.replace('e', ".0e") }
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
            (1e10, "1.0E10"),
            (1e-5, "1.0E-5"),
            (100.0, "100.0"),
            (0.002, "0.002"),
            (1e23, "1.0E23"),
            (2e23, "2.0E23"),
            (5e-324, "4.9E-324"),
            (f64::MIN_POSITIVE, "2.2250738585072014E-308"),
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
