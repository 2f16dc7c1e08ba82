//! The one place that knows whether there are threads.

#[cfg(feature = "parallel")]
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

/// Does `work` for each number below `count`, on all cores with the feature `parallel`. Results come in order, the
/// first error ends it. `scratch` makes what one worker keeps from one piece of work to the next.
#[cfg(feature = "parallel")]
pub(super) fn map<S, T: Send, E: Send>(
    count: usize,
    scratch: impl Fn() -> S + Send + Sync,
    work: impl Fn(&mut S, usize) -> Result<T, E> + Send + Sync,
) -> Result<Vec<T>, E> {
    (0..count).into_par_iter().with_min_len(4).map_init(scratch, work).collect()
}

/// As above, on the only core.
#[cfg(not(feature = "parallel"))]
pub(super) fn map<S, T: Send, E: Send>(
    count: usize,
    scratch: impl Fn() -> S + Send + Sync,
    work: impl Fn(&mut S, usize) -> Result<T, E> + Send + Sync,
) -> Result<Vec<T>, E> {
    let mut kept = scratch();
    (0..count).map(|index| work(&mut kept, index)).collect()
}
