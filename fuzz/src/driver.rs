//! Runs one target for a time: changes inputs, keeps those that reach new code, saves those that break something.

use crate::chance::Chance;
use crate::coverage::Coverage;
use crate::memory::peak_of;
use crate::mutate::{Sources, mutant};
use crate::targets::Target;
use apkkey::text::hex;
use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Computing time of one input beyond the key derivation that it paid for.
const SLOW: Duration = Duration::from_secs(2);
/// Of one hash computation of a key derivation, on a slow machine with checks on.
const HASH: Duration = Duration::from_nanos(1000);
/// Bytes that one input may take.
const MEMORY: usize = 128 << 20;
/// After so long, whatever the machine does, an input hangs.
const HANGS: Duration = Duration::from_secs(60);

/// The input that runs now, for the watchdog, and how often that has seen it.
static RUNNING: Mutex<Option<(u64, Vec<u8>)>> = Mutex::new(None);
/// What the last panic said.
static PANIC: Mutex<String> = Mutex::new(String::new());

/// How long, from where, and where to.
pub struct Run {
    pub time: Duration,
    pub seed: u64,
    /// Inputs that earlier runs kept.
    pub corpus: Option<PathBuf>,
    pub findings: PathBuf,
}

/// What one target came to.
pub struct Summary {
    pub executions: u64,
    pub findings: usize,
}

pub fn watch(findings: PathBuf) {
    std::panic::set_hook(Box::new(|panic| *PANIC.lock().unwrap() = panic.to_string().replace('\n', " ")));
    std::thread::spawn(move || {
        loop {
            // seconds in which this thread runs too: a process that is held up does not hang
            std::thread::sleep(Duration::from_secs(1));
            let mut running = RUNNING.lock().unwrap();
            let Some((seen, input)) = &mut *running else { continue };
            *seen += 1;
            if *seen > HANGS.as_secs() {
                println!("HANGS: {}", save(&findings, "hang", input));
                std::process::abort();
            }
        }
    });
}

/// Runs one input; what is wrong with what it did.
pub fn execute(target: &Target, input: &[u8]) -> Result<(), String> {
    *RUNNING.lock().unwrap() = Some((0, input.to_vec()));
    let start = computed();
    let (result, peak) = peak_of(|| catch_unwind(AssertUnwindSafe(|| (target.run)(input))));
    let time = computed().saturating_sub(start);
    *RUNNING.lock().unwrap() = None;
    let paid = result.map_err(|_| PANIC.lock().unwrap().clone())?;
    if time > SLOW + HASH * u32::try_from(paid.hashes).unwrap_or(u32::MAX) {
        return Err(format!("takes {time:?}, with {} hashes of key derivation", paid.hashes));
    }
    let memory = MEMORY + if paid.hashes > 0 { apkkey::limits::SCRYPT_MEMORY as usize } else { 0 };
    if peak > memory {
        return Err(format!("takes {} MB", peak >> 20));
    }
    Ok(())
}

/// The computing time of this thread.
fn computed() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap())
}

pub fn run(target: &Target, run: &Run, coverage: &mut Coverage) -> Summary {
    let mut state = State { told: BTreeSet::new(), corpus: Vec::new(), executions: 0, target, run, coverage };
    let longest = state.begin();
    let (start, mut last) = (Instant::now(), Instant::now());
    let mut chance = Chance::new(run.seed);
    while start.elapsed() < run.time && state.told.len() < 20 {
        let good = pick(&state.corpus, &mut chance);
        let other = pick(&state.corpus, &mut chance);
        let sources = Sources { other, words: target.words, longest };
        let mut input = mutant(good, &sources, &mut chance);
        if let Some(repair) = target.repair
            && !chance.one_in(3)
        {
            repair(&mut input, &mut chance);
        }
        state.try_input(input, true);
        if last.elapsed() > Duration::from_secs(60) {
            state.report(start.elapsed());
            last = Instant::now();
        }
    }
    state.report(start.elapsed());
    Summary { executions: state.executions, findings: state.told.len() }
}

/// The newest inputs reach what was not seen before.
fn pick<'c>(corpus: &'c [Vec<u8>], chance: &mut Chance) -> &'c [u8] {
    let count = if chance.one_in(2) { corpus.len().min(32) } else { corpus.len() };
    corpus.len().checked_sub(1 + chance.below(count)).map_or(&[], |index| &corpus[index])
}

struct State<'r> {
    told: BTreeSet<String>,
    corpus: Vec<Vec<u8>>,
    executions: u64,
    target: &'r Target,
    run: &'r Run,
    coverage: &'r mut Coverage,
}

impl State<'_> {
    /// Runs the seeds and what earlier runs kept; the length of the longest input to make.
    fn begin(&mut self) -> usize {
        let mut seeds = self.target.seeds();
        assert!(!seeds.is_empty(), "{} has no seeds", self.target.name);
        seeds.sort_by_key(Vec::len);
        let longest = seeds.last().map_or(0, Vec::len).saturating_mul(2).clamp(4096, 1 << 20);
        for seed in seeds {
            self.try_input(seed.clone(), false);
            self.corpus.push(seed);
        }
        let kept = self.run.corpus.as_ref().map(|folder| folder.join(self.target.name));
        for entry in kept.iter().flat_map(std::fs::read_dir).flatten() {
            self.try_input(std::fs::read(entry.unwrap().path()).unwrap(), false);
        }
        longest
    }

    fn try_input(&mut self, input: Vec<u8>, keep: bool) {
        self.coverage.clear();
        let result = execute(self.target, &input);
        self.executions += 1;
        if let Err(wrong) = result {
            // a place in the code is told once: `panicked at FILE:LINE:COLUMN:`
            let kind = wrong.split(": ").next().unwrap_or_default().split(char::is_whitespace).take(3).collect();
            if self.told.insert(kind) {
                println!("{}: FOUND {wrong}: {}", self.target.name, save(&self.run.findings, self.target.name, &input));
            }
        } else if self.coverage.is_new() {
            if let Some(folder) = &self.run.corpus
                && keep
            {
                save(&folder.join(self.target.name), "", &input);
            }
            self.corpus.push(input);
        }
    }

    fn report(&self, time: Duration) {
        let rate = self.executions as f64 / time.as_secs_f64().max(0.001);
        println!(
            "{}: {} runs in {:.0} s ({rate:.0} a second), {} inputs kept, {} of {} edges, {} findings",
            self.target.name,
            self.executions,
            time.as_secs_f64(),
            self.corpus.len(),
            self.coverage.taken(),
            self.coverage.edges(),
            self.told.len()
        );
    }
}

/// Saves an input under its digest; its path.
pub fn save(folder: &Path, prefix: &str, input: &[u8]) -> String {
    std::fs::create_dir_all(folder).unwrap();
    let digest = hex(&apkkey::digest::sha256(input)[..8]);
    let path = folder.join(format!("{prefix}-{digest}").trim_start_matches('-'));
    std::fs::write(&path, input).unwrap();
    path.display().to_string()
}
