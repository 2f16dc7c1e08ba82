//! Which edges of the code an input took.
//!
//! The compiler's pass `sancov-module` (see `instrument.sh`) puts a counter of 8 bits on every edge and tells at start-up
//! where the counters lie. Without it there are none, and the driver changes its seeds blindly.

use std::sync::Mutex;

static REGIONS: Mutex<Vec<(usize, usize)>> = Mutex::new(Vec::new());

/// Called by the code that the pass adds to each object file, before `main`.
///
/// # Safety
/// `start..stop` is the section of counters, writable and alive as long as the program: the pass makes sure of it.
// the name is that of the sanitizers' interface
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __sanitizer_cov_8bit_counters_init(start: *mut u8, stop: *mut u8) {
    let region = (start as usize, stop as usize);
    let mut regions = REGIONS.lock().unwrap();
    if region.0 < region.1 && !regions.contains(&region) {
        regions.push(region);
    }
}

/// What was seen so far: for each counter, a bit for each magnitude.
pub struct Coverage {
    counters: &'static mut [u8],
    seen: Vec<u8>,
}

impl Coverage {
    /// Takes the counters over; there is one such value in the program.
    pub fn new() -> Self {
        let regions = std::mem::take(&mut *REGIONS.lock().unwrap());
        // all object files share one section, so that there is one region
        let counters: &'static mut [u8] = match regions.first() {
            // SAFETY: the section exists until the program ends, the only other writers are the increments that the pass
            // put into the code, and those run on this thread while no element of the slice is read
            Some((start, stop)) => unsafe { std::slice::from_raw_parts_mut(*start as *mut u8, stop - start) },
            None => &mut [],
        };
        let seen = vec![0; counters.len()];
        Self { counters, seen }
    }

    pub fn edges(&self) -> usize {
        self.counters.len()
    }

    pub fn taken(&self) -> usize {
        self.seen.iter().filter(|seen| **seen != 0).count()
    }

    pub fn clear(&mut self) {
        self.counters.fill(0);
    }

    /// Whether the last run took an edge, or took it so often, as none before.
    pub fn is_new(&mut self) -> bool {
        let mut new = false;
        for (counts, seen) in self.counters.chunks(16).zip(self.seen.chunks_mut(16)) {
            if counts.iter().all(|count| *count == 0) {
                continue;
            }
            for (count, seen) in counts.iter().zip(seen) {
                let bit = magnitude(*count);
                new |= bit & !*seen != 0;
                *seen |= bit;
            }
        }
        new
    }
}

/// A bit for 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more.
fn magnitude(count: u8) -> u8 {
    match count {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        4..=7 => 8,
        8..=15 => 16,
        16..=31 => 32,
        32..=127 => 64,
        128.. => 128,
    }
}
