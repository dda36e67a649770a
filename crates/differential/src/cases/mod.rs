//! What both nodes are asked.

pub(crate) mod drawn;

pub(crate) mod batches;
mod cluster;
mod configs;
mod fetch;
mod frames;
mod general;
mod groups;
mod list_offsets;
mod members;
mod metadata;
mod offsets;
mod partitions;
mod produce;
mod records;
mod topics;
mod transactions;

use std::sync::LazyLock;

use ottla_wire::api::{APIS, ApiKey};

use crate::play::Play;

/// A list of steps, played at every version of one API.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) name: &'static str,
    /// The API whose versions are walked.
    pub(crate) walks: ApiKey,
    /// Play it at the first version, the last and the first flexible one only: it takes long, or hangs little on versions.
    pub(crate) at_edges: bool,
    pub(crate) run: Run,
}

pub(crate) type Run = fn(&mut Play<'_, '_>) -> anyhow::Result<()>;

/// A script that is played at every version of `walks`.
const fn script(name: &'static str, walks: ApiKey, run: Run) -> Script {
    Script { name, walks, at_edges: false, run }
}

/// A script that is played at few versions of `walks`.
const fn at_edges(name: &'static str, walks: ApiKey, run: Run) -> Script {
    Script { name, walks, at_edges: true, run }
}

/// What tells of the whole cluster comes first, while there is little in it.
const WRITTEN: &[&[Script]] = &[
    cluster::SCRIPTS,
    metadata::SCRIPTS,
    topics::SCRIPTS,
    partitions::SCRIPTS,
    configs::SCRIPTS,
    produce::SCRIPTS,
    fetch::SCRIPTS,
    list_offsets::SCRIPTS,
    records::SCRIPTS,
    groups::SCRIPTS,
    members::SCRIPTS,
    offsets::SCRIPTS,
    transactions::SCRIPTS,
    frames::SCRIPTS,
];

/// What every API is asked, as its definition says what it could be asked.
static GENERAL: LazyLock<Vec<Script>> = LazyLock::new(|| {
    let kinds = || general::KINDS.iter();
    APIS.iter().flat_map(|api| kinds().map(|(name, run)| script(name, api.key, *run))).collect()
});

/// All scripts, in the order in which they are played.
pub(crate) fn all() -> impl Iterator<Item = &'static Script> {
    WRITTEN.iter().copied().flatten().chain(GENERAL.iter())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_scripts_of_an_api_have_one_name() {
        let mut seen = HashSet::new();
        for script in all() {
            assert!(seen.insert((script.name, script.walks)), "{} ({})", script.name, script.walks);
        }
    }
}
