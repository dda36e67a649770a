//! The entries of an index file as they stand there.
//!
//! Other than `ottla_log`'s indexes these take zeros at the end for entries and never write, as it is the file's bytes that are
//! to be shown and not what a broker would make of them.

use super::window::{OpenFile, Window};
use crate::java::JavaFile;

/// Kafka's search looks first into the last entries of about so many bytes.
const WARM_BYTES: i64 = 8192;

/// An index of entries of `N` bytes.
#[derive(Debug)]
pub(super) struct IndexFile<const N: usize> {
    window: Window,
}

impl<const N: usize> IndexFile<N> {
    /// For reading the entries in their order.
    pub(super) fn open(file: &JavaFile) -> anyhow::Result<Self> {
        Ok(Self { window: Window::sequential(OpenFile::open(file)?) })
    }

    /// For looking entries up.
    pub(super) fn open_for_lookup(file: &JavaFile) -> anyhow::Result<Self> {
        Ok(Self { window: Window::scattered(OpenFile::open(file)?) })
    }

    pub(super) fn len(&self) -> i64 {
        (self.window.file().len / N as u64) as i64
    }

    pub(super) const fn file_len(&self) -> u64 {
        self.window.file().len
    }

    pub(super) fn entry(&mut self, slot: i64) -> anyhow::Result<[u8; N]> {
        self.window.array(slot as u64 * N as u64)
    }

    /// The last slot whose key is not above `target`, by Kafka's search, which tells where it ends up in an index out of order.
    pub(super) fn lower_bound(
        &mut self,
        target: i64,
        key: impl Fn(&[u8; N]) -> i64,
    ) -> anyhow::Result<Option<i64>> {
        let len = self.len();
        if len == 0 {
            return Ok(None);
        }
        let first_warm = (len - 1 - WARM_BYTES / N as i64).max(0);
        if key(&self.entry(first_warm)?) < target {
            return self.search(first_warm, len - 1, target, key).map(Some);
        }
        if key(&self.entry(0)?) > target {
            return Ok(None);
        }
        self.search(0, first_warm, target, key).map(Some)
    }

    fn search(
        &mut self,
        mut low: i64,
        mut high: i64,
        target: i64,
        key: impl Fn(&[u8; N]) -> i64,
    ) -> anyhow::Result<i64> {
        while low < high {
            let middle = (low + high + 1) / 2;
            let found = key(&self.entry(middle)?);
            if found > target {
                high = middle - 1;
            } else if found < target {
                low = middle;
            } else {
                return Ok(middle);
            }
        }
        Ok(low)
    }
}
