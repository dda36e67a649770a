use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Base64 as Kafka prints ids: URL-safe and unpadded; padding and loose last bits are accepted when read.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A 128-bit id of a topic, log directory, broker incarnation or client instance, most significant byte
/// first.
///
/// Its text is 22 characters of URL-safe base64 without padding, as in `meta.properties` and tool output.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Uuid(pub [u8; 16]);

impl Uuid {
    /// All zero: no id.
    pub const ZERO: Self = Self::from_halves(0, 0);
    /// The id of the topic `__cluster_metadata`, which no other topic gets.
    pub const METADATA_TOPIC_ID: Self = Self::from_halves(0, 1);
    /// In place of a log directory: the replica is migrating from a cluster that did not assign directories.
    pub const MIGRATING_DIRECTORY: Self = Self::from_halves(0, 0);
    /// In place of a log directory: the controller has not learnt yet where the replica lies.
    pub const UNASSIGNED_DIRECTORY: Self = Self::from_halves(0, 1);
    /// In place of a log directory: the replica lies in a directory that is gone.
    pub const LOST_DIRECTORY: Self = Self::from_halves(0, 2);

    /// The id of the two 64-bit halves in which Java holds it, the most significant first.
    pub const fn from_halves(most: u64, least: u64) -> Self {
        Self((((most as u128) << 64) | least as u128).to_be_bytes())
    }

    /// Makes a random id (version 4, variant 1) of `next`'s random bytes.
    ///
    /// Calls `next` again while it yields an id that Kafka would not hand out: a reserved one, or one whose
    /// text begins with a dash, which command lines would take for a flag.
    pub fn random(mut next: impl FnMut() -> [u8; 16]) -> Self {
        loop {
            let mut bytes = next();
            bytes[6] = bytes[6] & 0x0f | 0x40;
            bytes[8] = bytes[8] & 0x3f | 0x80;
            let id = Self(bytes);
            if !id.to_string().starts_with('-') {
                return id;
            }
        }
    }

    /// Whether this is [`ZERO`](Self::ZERO).
    #[inline]
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    fn halves(self) -> (i64, i64) {
        let number = u128::from_be_bytes(self.0);
        ((number >> 64) as i64, number as i64)
    }
}

/// Java's order, which compares the two halves as signed numbers; sorted ids must not depend on the language.
impl Ord for Uuid {
    fn cmp(&self, other: &Self) -> Ordering {
        self.halves().cmp(&other.halves())
    }
}

impl PartialOrd for Uuid {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(self.0))
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Uuid {
    type Err = ParseUuidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseUuidError { text: text.chars().take(24).collect() };
        if text.len() > 24 {
            return Err(error());
        }
        let bytes = BASE64.decode(text).map_err(|_| error())?;
        bytes.try_into().map(Self).map_err(|_| error())
    }
}

/// A text that is no [`Uuid`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no id: expected 22 characters of URL-safe base64, which are 16 bytes")]
pub struct ParseUuidError {
    text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_kafkas() {
        let id = Uuid::from_halves(1, 2);
        assert_eq!(id.to_string(), "AAAAAAAAAAEAAAAAAAAAAg");
        assert_eq!("AAAAAAAAAAEAAAAAAAAAAg".parse(), Ok(id));
        assert_eq!("AAAAAAAAAAEAAAAAAAAAAg==".parse(), Ok(id));
        assert!("AAAAAAAAAAEAAAAAAAAA".parse::<Uuid>().is_err());
        assert!("AAAAAAAAAAEAAAAAAAAAAg===".parse::<Uuid>().is_err());
        assert!("/AAAAAAAAAEAAAAAAAAAAg".parse::<Uuid>().is_err());
    }

    #[test]
    fn order_is_signed_as_in_java() {
        let mut ids =
            [Uuid::from_halves(1, 0), Uuid::from_halves(u64::MAX, 0), Uuid::from_halves(1, u64::MAX)];
        ids.sort();
        assert_eq!(
            ids,
            [Uuid::from_halves(u64::MAX, 0), Uuid::from_halves(1, u64::MAX), Uuid::from_halves(1, 0)]
        );
    }

    #[test]
    fn a_random_id_never_begins_with_a_dash() {
        let mut first = [0xf8, 0x40].into_iter();
        let id = Uuid::random(|| [first.next().unwrap_or(0); 16]);
        assert_eq!(id.0[0], 0x40);
        assert_eq!((id.0[6] >> 4, id.0[8] >> 6), (4, 2));
    }
}
