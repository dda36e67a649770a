//! The same work on several threads at once.

use std::thread;

/// Runs `work` on up to `threads` threads, no more than there are `items` for; all finish, one of the errors is returned.
pub(super) fn run_on<E: Send>(
    threads: usize,
    items: usize,
    work: impl Fn() -> Result<(), E> + Sync,
) -> Result<(), E> {
    let threads = threads.clamp(1, items.max(1));
    if threads == 1 {
        return work();
    }
    let results: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(&work)).collect();
        workers.into_iter().map(|worker| worker.join()).collect()
    });
    results.into_iter().try_for_each(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
}
