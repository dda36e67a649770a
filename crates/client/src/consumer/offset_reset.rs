//! Where to begin in a partition without a committed offset: `auto.offset.reset`.

use std::time::Duration;

use ottla_record::Timestamp;

/// Where to begin when there is no position, or the position is out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetReset {
    /// At the first record that is still there.
    Earliest,
    /// Behind the last record.
    Latest,
    /// At the first record that is at most this old (KIP-1106).
    ByDuration(Duration),
    /// Nowhere: it is an error.
    None,
}

/// What [`OffsetReset`] accepts, for error messages.
pub(super) const EXPECTED: &str =
    "earliest, latest, none or by_duration:<duration> with a duration such as P3DT6H would be right";

/// Partition leaders know these in place of a timestamp.
const EARLIEST_TIMESTAMP: i64 = -2;
const LATEST_TIMESTAMP: i64 = -1;

impl OffsetReset {
    /// The policy of this name, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        Some(match text.as_str() {
            "earliest" => Self::Earliest,
            "latest" => Self::Latest,
            "none" => Self::None,
            other => Self::ByDuration(parse_duration(other.strip_prefix("by_duration:")?)?),
        })
    }

    /// What to ask the leader for at the time `now`; `None` if nothing.
    pub(super) fn timestamp(self, now: Timestamp) -> Option<i64> {
        match self {
            Self::Earliest => Some(EARLIEST_TIMESTAMP),
            Self::Latest => Some(LATEST_TIMESTAMP),
            Self::ByDuration(age) => {
                let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
                Some(now.0.saturating_sub(age).max(0))
            }
            Self::None => None,
        }
    }
}

/// Reads an ISO 8601 duration the way `java.time.Duration` does, of what is not negative: `P1DT2H3M4.5S`.
fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.strip_prefix('p')?;
    let (days, times) = match text.split_once('t') {
        Some((_, "")) => return None,
        Some((days, times)) => (days, times),
        None => (text, ""),
    };
    let mut total = Duration::ZERO;
    if !days.is_empty() {
        total = seconds(days.strip_suffix('d')?.parse().ok()?, 86_400)?;
    }
    let mut rest = times;
    for (unit, size) in [('h', 3600), ('m', 60)] {
        if let Some((number, behind)) = rest.split_once(unit) {
            total = total.checked_add(seconds(number.parse().ok()?, size)?)?;
            rest = behind;
        }
    }
    if !rest.is_empty() {
        total = total.checked_add(fraction(rest.strip_suffix('s')?)?)?;
    }
    (text.len() > 1).then_some(total)
}

fn seconds(number: u64, size: u64) -> Option<Duration> {
    number.checked_mul(size).map(Duration::from_secs)
}

fn fraction(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanos: u32 = format!("{fraction:0<9}").parse().ok()?;
    Some(Duration::new(whole.parse().ok()?, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_by_their_names() {
        assert_eq!(OffsetReset::parse("Earliest"), Some(OffsetReset::Earliest));
        assert_eq!(OffsetReset::parse("latest"), Some(OffsetReset::Latest));
        assert_eq!(OffsetReset::parse("none"), Some(OffsetReset::None));
        let by_duration = |text: &str| match OffsetReset::parse(&format!("by_duration:{text}")) {
            Some(OffsetReset::ByDuration(age)) => Some(age.as_millis()),
            _ => None,
        };
        assert_eq!(by_duration("P3D"), Some(259_200_000));
        assert_eq!(by_duration("PT1H2M3.5S"), Some(3_723_500));
        assert_eq!(by_duration("P1DT1M"), Some(86_460_000));
        for wrong in ["", "P", "PT", "P1", "PT1", "P-1D", "-PT1S", "1D", "PT1M1H", "P99999999999999999999D"] {
            assert_eq!(by_duration(wrong), None, "{wrong}");
        }
        for wrong in ["", "smallest", "by_duration", "by_duration:"] {
            assert_eq!(OffsetReset::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn timestamps_for_the_leader() {
        let now = Timestamp(10_000);
        assert_eq!(OffsetReset::Earliest.timestamp(now), Some(-2));
        assert_eq!(OffsetReset::Latest.timestamp(now), Some(-1));
        assert_eq!(OffsetReset::ByDuration(Duration::from_secs(4)).timestamp(now), Some(6000));
        assert_eq!(OffsetReset::ByDuration(Duration::MAX).timestamp(now), Some(0));
        assert_eq!(OffsetReset::None.timestamp(now), None);
    }
}
