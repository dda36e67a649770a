//! Credentials of a user, kept beside the quotas.

use crate::key::{Key, Type};
use crate::section::section;

section! {
    /// Credentials of a user, kept beside the quotas.
    pub struct ScramConfig {
        /// Credential of SCRAM-SHA-256.
        scram_sha_256: Option<String> = Key::optional(Type::String, "SCRAM-SHA-256"),

        /// Credential of SCRAM-SHA-512.
        scram_sha_512: Option<String> = Key::optional(Type::String, "SCRAM-SHA-512"),
    }
}
