//! What a crash may take.

use std::collections::BTreeSet;

use super::dice::Dice;
use super::tree::{NameChange, NodeId};

/// How cruel a power loss is; the default is what ext4 and xfs allow.
#[derive(Debug, Clone, Copy, Default)]
pub struct CrashOptions {
    /// What may become of unsynced names.
    pub names: NamesAfterCrash,
    /// How bytes read that a file has by its length but that were never written.
    pub growth: Growth,
    /// Whether sectors that were being written may come back with flipped bits: in files whose names end so.
    pub corrupt_in_flight: Option<&'static str>,
}

/// What may become of names that were created, renamed or removed since the directory was last synced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NamesAfterCrash {
    /// Each directory keeps its first so many changes, as with a journal.
    #[default]
    Ordered,
    /// Any of them may be lost, as POSIX allows.
    AnySubset,
}

/// How bytes read that a file has by its length but that were never written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Growth {
    /// As zeros.
    Zeros,
    /// As whatever lay there.
    Garbage,
    /// Each file one or the other.
    #[default]
    Either,
}

/// The changes of names that survive, in order.
pub(super) fn surviving_names<'a>(
    changes: &'a [NameChange],
    dice: &mut Dice,
    rule: NamesAfterCrash,
) -> Vec<&'a NameChange> {
    // Losing everything and losing nothing are worth more than their share.
    let loss = *dice.pick(&[0, 0, 1, 2, 4, 8]);
    match rule {
        NamesAfterCrash::AnySubset => {
            let mut astray: BTreeSet<NodeId> = BTreeSet::new();
            let survives = |change: &&NameChange| {
                // A file that missed one renaming is not where the next one would take it from.
                let lost = change.node().is_some_and(|node| astray.contains(&node)) || dice.one_in(loss);
                astray.extend(change.node().filter(|_| lost));
                !lost
            };
            changes.iter().filter(survives).collect()
        }
        NamesAfterCrash::Ordered => {
            let mut stopped: BTreeSet<NodeId> = BTreeSet::new();
            let mut kept = Vec::with_capacity(changes.len());
            for change in changes {
                let directories = change.directories();
                if directories.iter().any(|d| stopped.contains(d)) || dice.one_in(loss) {
                    stopped.extend(directories);
                } else {
                    kept.push(change);
                }
            }
            kept
        }
    }
}
