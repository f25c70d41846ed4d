//! Counts times in HdrHistogram's layout (docs/protocol.md), a shard a thread: threads share no cache lines.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Mutex;

/// Times below 2^11 ns have an index each, longer ones 2^10 steps for each power of two, up to an hour.
const LINEAR_BITS: u32 = 11;
const STEP_BITS: u32 = LINEAR_BITS - 1;
const LONGEST_NS: u64 = 3_600_000_000_000;
const SIZE: usize = index_of(LONGEST_NS) + 1;

const fn index_of(ns: u64) -> usize {
    let ns = if ns < LONGEST_NS { ns } else { LONGEST_NS };
    let bucket = 64 - (ns | ((1 << LINEAR_BITS) - 1)).leading_zeros() - LINEAR_BITS;
    ((bucket as usize) << STEP_BITS) + (ns >> bucket) as usize
}

pub struct Histogram(Box<[AtomicU64]>);

impl Histogram {
    fn new() -> Self {
        Self((0..SIZE).map(|_| AtomicU64::new(0)).collect())
    }

    /// By the one thread that adds to it.
    fn add(&self, ns: u64) {
        let count = &self.0[index_of(ns)];
        count.store(count.load(Relaxed) + 1, Relaxed);
    }

    fn merge(&self, other: &Self) {
        for (sum, count) in self.0.iter().zip(other.0.iter()) {
            sum.store(sum.load(Relaxed) + count.load(Relaxed), Relaxed);
        }
    }

    pub fn total(&self) -> u64 {
        self.0.iter().map(|count| count.load(Relaxed)).sum()
    }

    /// The longest of the times that are counted at the index up to which that share of all lies.
    pub fn quantile(&self, share: f64) -> u64 {
        let wanted = share * self.total() as f64;
        let mut seen = 0;
        let index = self.0.iter().position(|count| {
            seen += count.load(Relaxed);
            seen > 0 && seen as f64 >= wanted
        });
        index.map_or(0, |index| {
            let bucket = (index >> STEP_BITS).saturating_sub(1);
            (((index - (bucket << STEP_BITS) + 1) as u64) << bucket) - 1
        })
    }
}

pub struct Times {
    pub queueing: Histogram,
    pub service: Histogram,
    pub response: Histogram,
}

static SHARDS: Mutex<Vec<&Times>> = Mutex::new(Vec::new());
thread_local! {
    static OWN: Cell<Option<&'static Times>> = const { Cell::new(None) };
}

/// From any thread.
pub fn record(scheduled: u64, started: u64, finished: u64) {
    let own = OWN.with(Cell::get).unwrap_or_else(add_shard);
    own.queueing.add(started - scheduled);
    own.service.add(finished - started);
    own.response.add(finished - scheduled);
}

#[cold]
fn add_shard() -> &'static Times {
    let shard: &Times = Box::leak(Box::new(Times::new()));
    OWN.with(|own| own.set(Some(shard)));
    SHARDS.lock().unwrap().push(shard);
    shard
}

impl Times {
    pub fn new() -> Self {
        Self { queueing: Histogram::new(), service: Histogram::new(), response: Histogram::new() }
    }

    /// Of all threads.
    pub fn recorded() -> Self {
        let sum = Self::new();
        for shard in SHARDS.lock().unwrap().iter() {
            sum.queueing.merge(&shard.queueing);
            sum.service.merge(&shard.service);
            sum.response.merge(&shard.response);
        }
        sum
    }
}
