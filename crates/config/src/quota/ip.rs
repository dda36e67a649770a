//! Quotas of addresses.

use crate::key::Key;
use crate::section::section;

section! {
    /// Quotas of addresses.
    pub struct IpQuotaConfig {
        /// Most connections per second accepted from an address.
        connection_creation_rate: i32 = Key::int("connection_creation_rate", i32::MAX).at_least(0),
    }
}
