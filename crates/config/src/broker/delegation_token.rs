//! Delegation tokens (KIP-48).

use crate::key::{Key, Type};
use crate::section::section;
use crate::value::Password;

section! {
    /// Delegation tokens (KIP-48).
    pub struct DelegationTokenConfig {
        /// Secret from which tokens are made; the same on all nodes. Not set: no delegation tokens.
        delegation_token_secret_key: Option<Password> =
            Key::optional(Type::Password, "delegation.token.secret.key"),

        /// Milliseconds after which a token can no longer be renewed.
        delegation_token_max_lifetime_ms: i64 = Key::long("delegation.token.max.lifetime.ms", 604_800_000)
            .at_least(1),

        /// Milliseconds after which a token expires unless it is renewed.
        delegation_token_expiry_time_ms: i64 = Key::long("delegation.token.expiry.time.ms", 86_400_000)
            .at_least(1),

        /// Milliseconds between two looks for expired tokens.
        delegation_token_expiry_check_interval_ms: i64 =
            Key::long("delegation.token.expiry.check.interval.ms", 3_600_000)
            .at_least(1)
            .low(),
    }
}
