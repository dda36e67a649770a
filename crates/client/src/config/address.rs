//! `host:port`.

use std::fmt;
use std::str::FromStr;

/// Where a node listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// Host name or IP address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl Address {
    /// The address of this host and port.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port }
    }
}

/// With brackets around an IPv6 address.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A text that is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no address, host:port or [IPv6]:port would be right")]
pub struct ParseAddressError(String);

/// A protocol in front, as in `PLAINTEXT://host:port`, is allowed and of no meaning, as in Kafka's clients.
impl FromStr for Address {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseAddressError(text.to_owned());
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        let (host, port) = rest.rsplit_once(':').ok_or_else(error)?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let is_host = |c: char| c.is_ascii_alphanumeric() || "-._:%".contains(c);
        if bare.is_empty() || !bare.chars().all(is_host) {
            return Err(error());
        }
        let port = port.parse().map_err(|_| error())?;
        Ok(Self::new(bare, port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_kafka_reads_them() {
        let parse = |text: &str| text.parse::<Address>().map(|address| (address.host, address.port));
        assert_eq!(parse("localhost:9092"), Ok(("localhost".to_owned(), 9092)));
        assert_eq!(parse("PLAINTEXT://a-b.c:1"), Ok(("a-b.c".to_owned(), 1)));
        assert_eq!(parse("[::1]:9092"), Ok(("::1".to_owned(), 9092)));
        for wrong in ["", "localhost", "localhost:", ":9092", "localhost:65536", "lo cal:1", "localhost:-1"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Address::new("::1", 9092).to_string(), "[::1]:9092");
    }
}
