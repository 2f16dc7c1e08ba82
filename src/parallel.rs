//! The one place that knows whether there are threads.

#[cfg(feature = "parallel")]
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

/// Does `work` for each number below `count`, on all cores with the feature `parallel`. Results come in order, the
/// first error ends it. `scratch` makes what one worker keeps from one piece of work to the next.
#[cfg(feature = "parallel")]
pub(crate) fn map<S, T: Send, E: Send>(
    count: usize,
    scratch: impl Fn() -> S + Send + Sync,
    work: impl Fn(&mut S, usize) -> Result<T, E> + Send + Sync,
) -> Result<Vec<T>, E> {
    (0..count).into_par_iter().with_min_len(4).map_init(scratch, work).collect()
}

/// As above, on the only core.
#[cfg(not(feature = "parallel"))]
pub(crate) fn map<S, T: Send, E: Send>(
    count: usize,
    scratch: impl Fn() -> S + Send + Sync,
    work: impl Fn(&mut S, usize) -> Result<T, E> + Send + Sync,
) -> Result<Vec<T>, E> {
    let mut kept = scratch();
    (0..count).map(|index| work(&mut kept, index)).collect()
}

/// Does `work` for each of a few large items, each of which may go to a core of its own. Results come in order.
#[cfg(feature = "parallel")]
pub(crate) fn each<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> T + Send + Sync) -> Vec<T> {
    items.into_par_iter().map(work).collect()
}

/// As above, on the only core.
#[cfg(not(feature = "parallel"))]
pub(crate) fn each<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> T + Send + Sync) -> Vec<T> {
    items.iter().map(work).collect()
}
