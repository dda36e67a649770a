//! Keys of a node that stand for each other.

/// Keys of which the first that is set counts.
const FAMILIES: &[&[&str]] = &[
    &["log.roll.ms", "log.roll.hours"],
    &["log.roll.jitter.ms", "log.roll.jitter.hours"],
    &["log.retention.ms", "log.retention.minutes", "log.retention.hours"],
];

/// Stands after its own name only: the scheduler's key is no name for the other.
const FLUSH: &[&str] = &["log.flush.interval.ms", "log.flush.scheduler.interval.ms"];

/// Keys that may stand behind a SASL mechanism in the prefix of a listener.
const OF_A_MECHANISM: &[&str] = &[
    "sasl.jaas.config",
    "sasl.login.callback.handler.class",
    "sasl.login.class",
    "sasl.server.callback.handler.class",
    "connections.max.reauth.ms",
];

/// The names under which a value for this key may stand, the weightiest first; a listener's key falls back to its base.
pub(crate) fn broker_synonyms(name: &str) -> Vec<&str> {
    match family(name) {
        Some(family) => family.to_vec(),
        None => match base_of_listener_key(name) {
            Some(base) => vec![name, base],
            None => vec![name],
        },
    }
}

/// The keys that a value for this one replaces: its whole family, but never the base of a listener's key.
pub(crate) fn replaced_by(name: &str) -> Vec<&str> {
    family(name).map_or_else(|| vec![name], <[&str]>::to_vec)
}

fn family(name: &str) -> Option<&'static [&'static str]> {
    if name == FLUSH[0] {
        return Some(FLUSH);
    }
    FAMILIES.iter().copied().find(|family| family.contains(&name))
}

/// The key behind `listener.name.LISTENER.`.
pub(crate) fn after_listener_prefix(name: &str) -> Option<&str> {
    let (_, key) = name.strip_prefix("listener.name.")?.split_once('.')?;
    Some(key)
}

/// The key behind `listener.name.LISTENER.` and, where a mechanism may follow, behind `MECHANISM.`.
fn base_of_listener_key(name: &str) -> Option<&str> {
    let key = after_listener_prefix(name)?;
    let of_a_mechanism = OF_A_MECHANISM.iter().find(|base| key.ends_with(*base));
    Some(of_a_mechanism.copied().unwrap_or(key))
}

/// The base of a listener's key; none for keys of no listener.
pub(crate) fn without_listener_prefix(name: &str) -> Option<&str> {
    base_of_listener_key(name)
}
