//! The one place that knows whether there are threads.

#[cfg(feature = "parallel")]
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use std::cmp::Reverse;
#[cfg(feature = "parallel")]
use std::sync::atomic::{AtomicUsize, Ordering};

/// Does `work` for each number below `count`, on all cores with the feature `parallel`. Each worker takes the next
/// number when it is done with one, so that large pieces of work should come first. Results come in order, the first
/// error ends it. Fewer bytes than threads are worth are worked on by one. `scratch` makes what one worker keeps from one piece of work to the next.
#[cfg(feature = "parallel")]
pub(crate) fn map<S, T: Send, E: Send>(
    bytes: u64,
    count: usize,
    scratch: impl Fn() -> S + Send + Sync,
    work: impl Fn(&mut S, usize) -> Result<T, E> + Send + Sync,
) -> Result<Vec<T>, E> {
    if count <= 1 || bytes < WORTH_THREADS {
        return one_by_one(count, scratch, work);
    }
    let next = AtomicUsize::new(0);
    let worker = |_| {
        let mut kept = scratch();
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return Ok(done);
            }
            let result = work(&mut kept, index).inspect_err(|_| next.store(count, Ordering::Relaxed));
            done.push((index, result?));
        }
    };
    let workers = rayon::current_num_threads().min(count);
    let lists: Result<Vec<_>, E> = (0..workers).into_par_iter().with_max_len(1).map(worker).collect();
    let mut results: Vec<(usize, T)> = lists?.into_iter().flatten().collect();
    results.sort_unstable_by_key(|(index, _)| *index);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// As above, on the only core.
#[cfg(not(feature = "parallel"))]
pub(crate) fn map<S, T: Send, E: Send>(
    _: u64,
    count: usize,
    scratch: impl Fn() -> S + Send + Sync,
    work: impl Fn(&mut S, usize) -> Result<T, E> + Send + Sync,
) -> Result<Vec<T>, E> {
    one_by_one(count, scratch, work)
}

fn one_by_one<S, T, E>(
    count: usize,
    scratch: impl Fn() -> S,
    work: impl Fn(&mut S, usize) -> Result<T, E>,
) -> Result<Vec<T>, E> {
    let mut kept = scratch();
    (0..count).map(|index| work(&mut kept, index)).collect()
}

/// Does `work` for each item, the largest first, so that no core waits for another at the end. Results have the items'
/// order.
pub(crate) fn largest_first<I: Sync, S, T: Send, E: Send>(
    items: &[I],
    size: impl Fn(&I) -> u64,
    scratch: impl Fn() -> S + Send + Sync,
    work: impl Fn(&mut S, &I) -> Result<T, E> + Send + Sync,
) -> Result<Vec<T>, E> {
    let mut queue: Vec<(usize, &I)> = items.iter().enumerate().collect();
    queue.sort_by_key(|(_, item)| Reverse(size(item)));
    let bytes = items.iter().map(&size).fold(0, u64::saturating_add);
    let results = map(bytes, queue.len(), scratch, |kept, index| {
        let taken = queue.get(index);
        taken.map(|(position, item)| work(kept, item).map(|result| (*position, result))).transpose()
    });
    let mut results: Vec<(usize, T)> = results?.into_iter().flatten().collect();
    results.sort_unstable_by_key(|(position, _)| *position);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// Bytes below which threads take longer to start than to do the work.
#[cfg(feature = "parallel")]
const WORTH_THREADS: u64 = 256 << 10;

/// Does both, at the same time with the feature `parallel` if there are enough bytes to work on.
#[cfg(feature = "parallel")]
pub(crate) fn join<A: Send, B: Send>(
    bytes: u64,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    if bytes < WORTH_THREADS { (one(), other()) } else { rayon::join(one, other) }
}

/// As above, one after the other.
#[cfg(not(feature = "parallel"))]
pub(crate) fn join<A: Send, B: Send>(
    _: u64,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    (one(), other())
}

/// Does `waiting` on a thread of its own, since it waits for the disk, and `computing` on all cores meanwhile.
#[cfg(all(feature = "parallel", feature = "fs"))]
pub(crate) fn beside<A: Send, B>(waiting: impl FnOnce() -> A + Send, computing: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let waiting = scope.spawn(waiting);
        let computed = computing();
        match waiting.join() {
            Ok(waited) => (waited, computed),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// As above, one after the other.
#[cfg(all(not(feature = "parallel"), feature = "fs"))]
pub(crate) fn beside<A: Send, B>(waiting: impl FnOnce() -> A + Send, computing: impl FnOnce() -> B) -> (A, B) {
    (waiting(), computing())
}

/// Does `work` for each of a few large items of so many bytes together, each of which may go to a core of its own. Results
/// come in order.
#[cfg(feature = "parallel")]
pub(crate) fn each<I: Sync, T: Send>(bytes: u64, items: &[I], work: impl Fn(&I) -> T + Send + Sync) -> Vec<T> {
    if bytes < WORTH_THREADS {
        return items.iter().map(work).collect();
    }
    items.into_par_iter().map(work).collect()
}

/// As above, on the only core.
#[cfg(not(feature = "parallel"))]
pub(crate) fn each<I: Sync, T: Send>(_: u64, items: &[I], work: impl Fn(&I) -> T + Send + Sync) -> Vec<T> {
    items.iter().map(work).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_and_an_error_ends_it() {
        let squares: Result<Vec<usize>, ()> = map(u64::MAX, 1000, || (), |(), index| Ok(index * index));
        assert_eq!(squares.unwrap(), (0..1000).map(|index| index * index).collect::<Vec<_>>());
        let failed: Result<Vec<usize>, usize> =
            map(u64::MAX, 1000, || (), |(), index| if index == 7 { Err(7) } else { Ok(index) });
        assert_eq!(failed, Err(7));
        let sorted =
            largest_first(&[3 << 20, 1 << 20, 2 << 20], |item| *item, || (), |(), item| Ok::<u64, ()>(item >> 20));
        assert_eq!(sorted, Ok(vec![3, 1, 2]));
        assert_eq!(map::<_, (), ()>(u64::MAX, 0, || (), |(), _| Ok(())), Ok(vec![]));
    }
}
