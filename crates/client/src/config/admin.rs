//! Keys of the admin client.

use super::key::Key;

/// The keys that only the admin client has, and those whose default is another one.
pub(crate) const KEYS: &[Key] = &[
    Key::list("bootstrap.controllers", ""),
    Key::long("connections.max.idle.ms", "300000"),
    Key::int("default.api.timeout.ms", "60000").at_least(0),
    Key::int("retries", "2147483647").at_least(0),
];
