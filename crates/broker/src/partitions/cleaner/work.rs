//! What a cleaner thread does once.

use std::sync::Arc;

use ottla_log::cleaner::{CleanError, Cleanable, Cleaned, Cleaner, Pace};
use ottla_log::manager::{CompactedLog, LastCleaning, LogManager, ManagerError, lock};
use parking_lot::Mutex;

use super::super::directory::Directory;
use super::Partitions;
use super::status::ThreadStatus;

/// The log to clean next.
struct Dirtiest {
    directory: Arc<Directory>,
    log: CompactedLog,
    cleanable: Cleanable,
}

impl Partitions {
    /// Cleans the log with the largest dirty share, of those for which it is time; whether one was cleaned.
    pub(super) fn clean_dirtiest(
        &self,
        cleaner: &mut Cleaner,
        pace: &mut Pace<'_>,
        status: &Mutex<ThreadStatus>,
    ) -> bool {
        loop {
            let Some(Dirtiest { directory, log, cleanable }) = self.find_dirtiest(status) else {
                return false;
            };
            let begun = with_manager(&directory, |manager| manager.begin_cleaning(&log, &cleanable));
            match begun {
                Some(true) => return self.clean(&directory, &log, &cleanable, cleaner, pace, status),
                // Another thread was quicker, or the log is gone.
                Some(false) => {}
                None => return false,
            }
        }
    }

    /// Looks at all logs that are compacted.
    fn find_dirtiest(&self, status: &Mutex<ThreadStatus>) -> Option<Dirtiest> {
        let now = self.now();
        let mut dirtiest: Option<Dirtiest> = None;
        let (mut max_dirty_ratio, mut compaction_delay_ms) = (0.0_f64, 0);
        for directory in self.directories.iter().filter(|directory| directory.is_online()) {
            let logs = directory.manager().as_ref().map(LogManager::compacted_logs);
            for log in logs.unwrap_or_default() {
                let cleanable = Cleanable::of(&mut lock(&log.handle), log.clean_to, now);
                let cleanable = match cleanable.map_err(CleanError::from) {
                    Ok(cleanable) => cleanable,
                    Err(error) => {
                        tracing::warn!(partition = %log.partition, %error, "cannot tell how dirty a log is");
                        match error {
                            CleanError::Uncleanable(_) => set_uncleanable(directory, &log),
                            CleanError::Storage(error) => directory.report_failure(&error),
                            CleanError::Changed | CleanError::Stopped | CleanError::DiskFull(_) => {}
                        }
                        continue;
                    }
                };
                let ratio = cleanable.dirty_ratio();
                max_dirty_ratio = max_dirty_ratio.max(ratio);
                compaction_delay_ms = compaction_delay_ms.max(cleanable.compaction_delay_ms);
                let is_dirtier =
                    dirtiest.as_ref().is_none_or(|dirtiest| dirtiest.cleanable.dirty_ratio() < ratio);
                if cleanable.is_due() && is_dirtier {
                    dirtiest = Some(Dirtiest { directory: Arc::clone(directory), log, cleanable });
                }
            }
        }
        self.cleaner.note_run(now.0, max_dirty_ratio);
        status.lock().compaction_delay_ms = compaction_delay_ms;
        dirtiest
    }

    fn clean(
        &self,
        directory: &Directory,
        log: &CompactedLog,
        cleanable: &Cleanable,
        cleaner: &mut Cleaner,
        pace: &mut Pace<'_>,
        status: &Mutex<ThreadStatus>,
    ) -> bool {
        let begin = self.clock.monotonic();
        let result = cleaner.clean(&log.handle, cleanable, self.now(), pace);
        if let Ok(Cleaned { stats, clean_to, .. }) = &result {
            let elapsed = self.clock.monotonic().saturating_sub(begin);
            tracing::info!(
                partition = %log.partition, from = %cleanable.first_dirty_offset, to = %clean_to,
                elapsed_ms = elapsed.as_millis() as u64, bytes_read = stats.bytes_read,
                bytes_written = stats.bytes_written, messages_read = stats.messages_read,
                messages_written = stats.messages_written, segments_read = stats.segments_read,
                segments_written = stats.segments_written, "cleaned a log"
            );
            if stats.invalid_messages_read > 0 {
                let count = stats.invalid_messages_read;
                tracing::warn!(partition = %log.partition, count, "records without a key went with the cleaning");
            }
            let mut status = status.lock();
            (status.stats, status.elapsed) = (*stats, elapsed);
        }
        self.end_cleaning(directory, log, result)
    }

    /// Writes down what became of a cleaning; whether the log was cleaned.
    fn end_cleaning(
        &self,
        directory: &Directory,
        log: &CompactedLog,
        result: Result<Cleaned, CleanError>,
    ) -> bool {
        let partition = &log.partition;
        let cleaning = match result {
            Ok(cleaned) => LastCleaning::Done(cleaned),
            Err(error @ (CleanError::Changed | CleanError::Stopped)) => {
                tracing::info!(%partition, %error, "a cleaning was given up");
                LastCleaning::GivenUp
            }
            Err(CleanError::DiskFull(error)) => {
                tracing::warn!(%partition, %error, "no room to clean a log, trying again later");
                LastCleaning::GivenUp
            }
            Err(CleanError::Uncleanable(error)) => {
                tracing::warn!(%partition, %error, "the log cannot be cleaned and is left as it is");
                LastCleaning::Uncleanable
            }
            Err(CleanError::Storage(error)) => {
                directory.report_failure(&error);
                LastCleaning::GivenUp
            }
        };
        let ended = with_manager(directory, |manager| manager.end_cleaning(log, cleaning));
        ended.is_some() && matches!(cleaning, LastCleaning::Done(_))
    }

    /// Applies retention to the logs that are compacted.
    pub(super) fn delete_old_segments_of_compacted(&self) {
        let now = self.now();
        for directory in self.directories.iter().filter(|directory| directory.is_online()) {
            with_manager(directory, |manager| manager.delete_old_segments_of_compacted(now));
        }
    }
}

fn set_uncleanable(directory: &Directory, log: &CompactedLog) {
    if let Some(manager) = directory.manager().as_mut() {
        manager.set_uncleanable(log);
    }
}

/// Asks the logs of a directory something. A failure is reported; `None` then, and where the directory was closed.
fn with_manager<T>(
    directory: &Directory,
    ask: impl FnOnce(&mut LogManager) -> Result<T, ManagerError>,
) -> Option<T> {
    let answer = directory.manager().as_mut().map(ask)?;
    answer.inspect_err(|error| directory.report_cause(&error.to_string())).ok()
}
