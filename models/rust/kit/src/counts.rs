//! What is counted of the tasks that finish: a shard a thread, so that threads do not share cache lines.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use serde_json::{json, Map, Value};

use crate::histogram::{index_of, SIZE};
use crate::load::Task;
use crate::spec::{LoadKind, Spec};

pub const SLICES: usize = 20;

struct Times(Box<[AtomicU64]>);

impl Times {
    fn new() -> Self {
        // Zeros that nobody has written take no memory: most threads record few of the steps.
        let zeros = Box::into_raw(vec![0u64; SIZE].into_boxed_slice());
        // SAFETY: an AtomicU64 lies in memory as a u64 does.
        Self(unsafe { Box::from_raw(zeros as *mut [AtomicU64]) })
    }
    fn record(&self, ns: u64, is_own: bool) {
        add(&self.0[index_of(ns)], 1, is_own);
    }
}

/// `is_own`: no other thread writes it. A task then costs none of the five operations that lock memory.
fn add(count: &AtomicU64, value: u64, is_own: bool) {
    if is_own {
        count.store(count.load(Relaxed).wrapping_add(value), Relaxed);
    } else {
        count.fetch_add(value, Relaxed);
    }
}

/// Apart from the next one by two lines of the cache, which processors fetch in pairs.
#[repr(align(128))]
struct Shard {
    total: AtomicU64,
    /// In the histograms, of an open load.
    recorded: AtomicU64,
    slices: [AtomicU64; SLICES],
    difference: AtomicU64,
    latest: AtomicU64,
    done_before_begin: AtomicU64,
    done_before_end: AtomicU64,
    /// The sum of end - finish over the tasks that finished within the window.
    left_of_window: AtomicU64,
    queueing: Times,
    service: Times,
    response: Times,
    classes: Vec<Times>,
}

/// The instants of a window; `over` is when what has not finished is not counted any more, of an open load.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub begin: u64,
    pub end: u64,
    pub over: u64,
}

pub struct Counts {
    kind: LoadKind,
    class_names: Vec<String>,
    /// A thread has one to itself; the last is of all those for whom there is none.
    shards: Vec<Shard>,
    /// Tasks that finished within the window, by slot. A slot's are added when it has no task any more.
    slots: Vec<AtomicU64>,
}

thread_local! {
    static THREAD: Cell<usize> = Cell::new(usize::MAX);
}
static THREADS: AtomicUsize = AtomicUsize::new(0);

fn number_of_this_thread() -> usize {
    THREAD.with(|number| {
        if number.get() == usize::MAX {
            number.set(THREADS.fetch_add(1, Relaxed));
        }
        number.get()
    })
}

impl Counts {
    pub fn new(spec: &Spec) -> Self {
        let shard = |_| Shard {
            total: AtomicU64::new(0),
            recorded: AtomicU64::new(0),
            slices: Default::default(),
            difference: AtomicU64::new(0),
            latest: AtomicU64::new(0),
            done_before_begin: AtomicU64::new(0),
            done_before_end: AtomicU64::new(0),
            left_of_window: AtomicU64::new(0),
            queueing: Times::new(),
            service: Times::new(),
            response: Times::new(),
            classes: spec.classes.iter().map(|_| Times::new()).collect(),
        };
        Self {
            kind: spec.load.kind,
            class_names: spec.classes.clone(),
            shards: (0..=spec.workers).map(shard).collect(),
            slots: (0..spec.load.concurrency).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// The task has finished, with a digest that differs so much from the one expected. Returns whether that was within the
    /// window. From any thread.
    pub fn add(&self, task: &Task, class: Option<usize>, finish: u64, difference: u64, window: Window) -> bool {
        let shared = self.shards.len() - 1;
        let number = number_of_this_thread().min(shared);
        let is_own = number < shared;
        let shard = &self.shards[number];
        add(&shard.total, 1, is_own);
        add(&shard.difference, difference, is_own);
        let is_within = finish >= window.begin && finish < window.end;
        let mut counts = is_within;
        match self.kind {
            LoadKind::Fixed if is_own => shard.latest.store(finish, Relaxed),
            LoadKind::Fixed => _ = shard.latest.fetch_max(finish, Relaxed),
            LoadKind::Open => {
                add(&shard.done_before_begin, u64::from(finish < window.begin), is_own);
                add(&shard.done_before_end, u64::from(finish < window.end), is_own);
                if is_within {
                    add(&shard.left_of_window, window.end - finish, is_own);
                }
                counts = task.scheduled >= window.begin && task.scheduled < window.end && finish < window.over;
            }
            LoadKind::Closed => {}
        }
        if is_within {
            let slice = match self.kind {
                LoadKind::Fixed => 0,
                _ => ((finish - window.begin) * SLICES as u64 / (window.end - window.begin)) as usize,
            };
            add(&shard.slices[slice], 1, is_own);
        }
        if counts {
            let response = finish - task.scheduled;
            if self.kind == LoadKind::Open {
                add(&shard.recorded, 1, is_own);
            }
            shard.queueing.record(task.started - task.scheduled, is_own);
            shard.service.record(finish - task.started, is_own);
            shard.response.record(response, is_own);
            if let Some(class) = class {
                shard.classes[class].record(response, is_own);
            }
        }
        is_within
    }

    /// The last of some tasks that followed one another in a slot has ended; so many of them finished within the window.
    pub fn add_to_slot(&self, slot: usize, finished: u32) {
        self.slots[slot].fetch_add(finished.into(), Relaxed);
    }

    fn sum(&self, of: impl Fn(&Shard) -> &AtomicU64) -> u64 {
        self.shards.iter().fold(0, |sum, shard| sum.wrapping_add(of(shard).load(Relaxed)))
    }
    pub fn total(&self) -> u64 {
        self.sum(|shard| &shard.total)
    }
    pub fn recorded(&self) -> u64 {
        self.sum(|shard| &shard.recorded)
    }
    pub fn done_before_begin(&self) -> u64 {
        self.sum(|shard| &shard.done_before_begin)
    }
    pub fn done_before_end(&self) -> u64 {
        self.sum(|shard| &shard.done_before_end)
    }
    pub fn left_of_window(&self) -> u64 {
        self.sum(|shard| &shard.left_of_window)
    }

    fn sparse<'a>(&'a self, of: impl Fn(&'a Shard) -> &'a Times) -> Value {
        let count = |index: usize| self.shards.iter().map(|shard| of(shard).0[index].load(Relaxed)).sum::<u64>();
        (0..SIZE).map(|index| (index, count(index))).filter(|(_, count)| *count > 0).map(|pair| json!(pair)).collect()
    }

    /// What the record has of it.
    pub fn to_record(&self) -> Value {
        let slices: Vec<u64> = (0..SLICES).map(|slice| self.sum(|shard| &shard.slices[slice])).collect();
        let is_fixed = self.kind == LoadKind::Fixed;
        let slots = || self.slots.iter().map(|finished| finished.load(Relaxed));
        let latest = self.shards.iter().map(|shard| shard.latest.load(Relaxed)).max();
        let classes: Map<String, Value> = (self.class_names.iter().enumerate())
            .map(|(class, name)| (name.clone(), self.sparse(|shard| &shard.classes[class])))
            .collect();
        json!({
            "tasks": slices.iter().sum::<u64>(),
            "tasks_total": self.total(),
            "finish_ns": if is_fixed { latest } else { None },
            "digest": format!("{:016x}", self.sum(|shard| &shard.difference)),
            "slices": if is_fixed { Vec::new() } else { slices },
            "slots": {"fewest": slots().min(), "most": slots().max()},
            "queueing": self.sparse(|shard| &shard.queueing),
            "service": self.sparse(|shard| &shard.service),
            "response": self.sparse(|shard| &shard.response),
            "classes": classes,
        })
    }
}
