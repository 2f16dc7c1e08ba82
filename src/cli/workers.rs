//! Many files at once, one answer each, in the order of the questions.
//!
//! Threads of our own instead of rayon's: a rayon worker that waits for the chunks of one file takes up another file
//! meanwhile, so that any number of files would be in memory at once. Here it is one per core; what they do inside runs
//! on rayon's pool as always.

use super::output::Progress;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Does `work` for each item on all cores, and tells `progress` of each that is done.
pub(crate) fn in_order<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    progress: &mut Progress,
) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    thread::scope(|scope| {
        for _ in 0..cores.min(items.len()) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                let take = || next.fetch_add(1, Ordering::Relaxed);
                while let Some((index, item)) = Some(take()).and_then(|index| Some((index, items.get(index)?))) {
                    // the receiver is there until all workers are done
                    drop(sender.send((index, work(item))));
                }
            });
        }
        drop(sender);
        loop {
            match receiver.recv_timeout(Progress::PERIOD) {
                Ok((index, result)) => {
                    if let Some(slot) = results.get_mut(index) {
                        *slot = Some(result);
                    }
                    progress.done();
                }
                Err(mpsc::RecvTimeoutError::Timeout) => progress.tell(),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
    });
    results.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn answers_come_in_the_order_of_the_questions_and_few_at_once() {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let items: Vec<u64> = (0..50).collect();
        let answers = in_order(
            &items,
            |item| {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                thread::sleep(Duration::from_millis(5 - item % 5));
                running.fetch_sub(1, Ordering::SeqCst);
                item * 2
            },
            &mut Progress::hidden(),
        );
        assert_eq!(answers, items.iter().map(|item| item * 2).collect::<Vec<_>>());
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        assert!(most.load(Ordering::SeqCst) <= cores);
        assert!(in_order(&[], |item: &u64| *item, &mut Progress::hidden()).is_empty());
    }
}
