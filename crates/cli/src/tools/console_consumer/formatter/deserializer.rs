//! Kafka's deserializers, as far as what they make has a text.

use crate::java::{decode_utf8, double_text, float_text};

/// A deserializer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deserializer {
    String,
    Boolean,
    Short,
    Integer,
    Long,
    Float,
    Double,
    Uuid,
    Bytes,
    ByteBuffer,
}

const CLASSES: [(&str, Deserializer); 10] = [
    ("StringDeserializer", Deserializer::String),
    ("BooleanDeserializer", Deserializer::Boolean),
    ("ShortDeserializer", Deserializer::Short),
    ("IntegerDeserializer", Deserializer::Integer),
    ("LongDeserializer", Deserializer::Long),
    ("FloatDeserializer", Deserializer::Float),
    ("DoubleDeserializer", Deserializer::Double),
    ("UUIDDeserializer", Deserializer::Uuid),
    ("BytesDeserializer", Deserializer::Bytes),
    ("ByteBufferDeserializer", Deserializer::ByteBuffer),
];

impl Deserializer {
    pub(super) fn by_class(class: &str) -> Option<Self> {
        let name = class.strip_prefix("org.apache.kafka.common.serialization.")?;
        CLASSES.iter().find(|(known, _)| *known == name).map(|(_, deserializer)| *deserializer)
    }

    /// The text of what it makes of `bytes`, or what is wrong with them.
    pub(super) fn text(self, bytes: &[u8]) -> Result<String, String> {
        Ok(match self {
            Self::String => decode_utf8(bytes).into_owned(),
            Self::Boolean => match bytes {
                [0] => "false".to_owned(),
                [1] => "true".to_owned(),
                [other] => {
                    return Err(format!("Unexpected byte received by BooleanDeserializer: {}", *other as i8));
                }
                _ => return Err("Size of data received by BooleanDeserializer is not 1".to_owned()),
            },
            Self::Short => i16::from_be_bytes(exactly("ShortDeserializer", bytes)?).to_string(),
            // This one does not name itself.
            Self::Integer => i32::from_be_bytes(exactly("IntegerDeserializer", bytes)?).to_string(),
            Self::Long => i64::from_be_bytes(exactly("LongDeserializer", bytes)?).to_string(),
            Self::Float => float_text(f32::from_be_bytes(exactly("FloatDeserializer", bytes)?)),
            Self::Double => double_text(f64::from_be_bytes(exactly("DoubleDeserializer", bytes)?)),
            Self::Uuid => decode_utf8(bytes).to_lowercase(),
            Self::Bytes => bytes_text(bytes),
            Self::ByteBuffer => {
                let size = bytes.len();
                format!("java.nio.HeapByteBuffer[pos=0 lim={size} cap={size}]")
            }
        })
    }
}

fn exactly<const N: usize>(class: &str, bytes: &[u8]) -> Result<[u8; N], String> {
    bytes.try_into().map_err(|_| match class {
        "FloatDeserializer"
        | "DoubleDeserializer"
        | "ShortDeserializer"
        | "IntegerDeserializer"
        | "LongDeserializer" => {
            format!("Size of data received by {class} is not {N}")
        }
        _ => format!("Size of data received is not {N}"),
    })
}

/// Bytes that are no printable ASCII, in hex.
fn bytes_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(*byte)),
            other => text.push_str(&format!("\\x{other:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(class: &str, bytes: &[u8]) -> Result<String, String> {
        Deserializer::by_class(&format!("org.apache.kafka.common.serialization.{class}")).unwrap().text(bytes)
    }

    #[test]
    fn what_each_makes() {
        assert_eq!(text("StringDeserializer", b"a\xff").unwrap(), "a\u{fffd}");
        assert_eq!(text("IntegerDeserializer", &[0, 0, 1, 0]).unwrap(), "256");
        // The literal that stands for null.
        assert_eq!(text("IntegerDeserializer", b"null").unwrap(), "1853189228");
        assert_eq!(text("LongDeserializer", &[0xff; 8]).unwrap(), "-1");
        assert_eq!(text("ShortDeserializer", &[0x7f, 0xff]).unwrap(), "32767");
        assert_eq!(text("DoubleDeserializer", &1.5f64.to_be_bytes()).unwrap(), "1.5");
        assert_eq!(text("FloatDeserializer", &0.1f32.to_be_bytes()).unwrap(), "0.1");
        assert_eq!(text("BooleanDeserializer", &[1]).unwrap(), "true");
        assert_eq!(text("BytesDeserializer", b"a\\\x01").unwrap(), "a\\\\\\x01");
    }

    #[test]
    fn wrong_sizes_are_told() {
        let error = text("IntegerDeserializer", b"abc").unwrap_err();
        assert_eq!(error, "Size of data received by IntegerDeserializer is not 4");
        assert!(Deserializer::by_class("my.own.Deserializer").is_none());
    }
}
