//! An open load: the generator, a thread of its own, sleeps until each arrival is due and gives it a slot. A task that
//! finishes gives its slot to the arrival that has waited longest.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Mutex;

use serde_json::{json, Value};

use crate::arrivals::Arrivals;
use crate::clock::{now, sleep_until, thread_cpu};
use crate::counts::{Counts, Window};
use crate::histogram::{index_of, SIZE};
use crate::load::{Load, Task};
use crate::spec::OpenSpec;

pub struct OpenLoad {
    open: OpenSpec,
    epoch: AtomicU64,
    state: Mutex<State>,
}

struct State {
    free: Vec<usize>,
    waiting: u64,
    /// Due instants of the arrivals that have no slot yet, where they wait; and the number of the first.
    untaken: Arrivals,
    next: u64,
    taken_before_begin: u64,
    taken_before_end: u64,
}

/// What the generator counted, of the arrivals due before an instant.
#[derive(Clone, Copy, Default)]
struct Seen {
    due: u64,
    shed: u64,
}

/// What the generator counted in all.
pub struct Generated {
    begin: Seen,
    end: Seen,
    late: u64,
    /// The sum of end - due over the arrivals due within the window and not shed.
    sum_of_left: u64,
    cpu_ns: u64,
    lag: Vec<u64>,
}

impl OpenLoad {
    pub fn new(open: OpenSpec, slots: usize) -> Self {
        let state = State {
            free: (0..slots).rev().collect(),
            waiting: 0,
            untaken: Arrivals::new(open),
            next: 0,
            taken_before_begin: 0,
            taken_before_end: 0,
        };
        Self { open, epoch: AtomicU64::new(0), state: Mutex::new(state) }
    }

    /// A task has finished. Returns number and due instant of the arrival that takes its slot.
    pub fn give_back(&self, slot: usize, finish: u64, window: Window) -> Option<(u64, u64)> {
        let mut state = self.state.lock().unwrap();
        if state.waiting == 0 {
            state.free.push(slot);
            return None;
        }
        state.waiting -= 1;
        state.taken_before_begin += u64::from(finish < window.begin);
        state.taken_before_end += u64::from(finish < window.end);
        Some(self.take(&mut state))
    }

    fn take(&self, state: &mut State) -> (u64, u64) {
        let arrival = state.next;
        state.next += 1;
        (arrival, self.epoch.load(Relaxed) + state.untaken.next().unwrap_or(u64::MAX))
    }

    /// An arrival is due. Returns the slot that it is given, if one is free and nobody waits.
    fn arrive(&self, due: u64, window: Window) -> Option<usize> {
        let mut state = self.state.lock().unwrap();
        let slot = state.free.pop();
        if slot.is_none() {
            state.waiting += u64::from(!self.open.sheds);
            return None;
        }
        state.taken_before_begin += u64::from(due < window.begin);
        state.taken_before_end += u64::from(due < window.end);
        if !self.open.sheds {
            self.take(&mut state);
        }
        slot
    }

    /// The generator's thread: returns after the last arrival before the end of the window.
    pub fn generate(&self, load: &Load, epoch: u64, window: Window, submit: &dyn Fn(Task)) -> Generated {
        self.epoch.store(epoch, Relaxed);
        let mut seen = Seen::default();
        let mut generated =
            Generated { begin: seen, end: seen, late: 0, sum_of_left: 0, cpu_ns: 0, lag: vec![0; SIZE] };
        let mut cpu_at_begin = None;
        for (turn, after) in Arrivals::new(self.open).enumerate() {
            let due = epoch + after;
            let is_within = due >= window.begin;
            if is_within && cpu_at_begin.is_none() {
                generated.begin = seen;
                sleep_until(window.begin);
                cpu_at_begin = Some(thread_cpu());
            }
            if due >= window.end {
                break;
            }
            sleep_until(due);
            seen.due += 1;
            match self.arrive(due, window) {
                Some(slot) => {
                    load.enter();
                    submit(load.task(slot, turn as u64, due, false));
                    if is_within {
                        generated.lag[index_of(now() - due)] += 1;
                    }
                }
                None if self.open.sheds => {
                    seen.shed += 1;
                    continue;
                }
                None => generated.late += u64::from(is_within),
            }
            if is_within {
                generated.sum_of_left += window.end - due;
            }
        }
        sleep_until(window.end);
        generated.end = seen;
        generated.cpu_ns = thread_cpu() - cpu_at_begin.unwrap_or_else(thread_cpu);
        generated
    }

    /// `open` of the record.
    pub fn to_record(&self, generated: &Generated, counts: &Counts, window: Window) -> Value {
        let state = self.state.lock().unwrap();
        let at = |seen: Seen, taken, done| json!({"due": seen.due, "shed": seen.shed, "taken": taken, "done": done});
        let Generated { begin, end, .. } = generated;
        let there_at_begin = (begin.due - begin.shed - counts.done_before_begin()) as f64;
        let left = generated.sum_of_left as f64 - counts.left_of_window() as f64;
        let lag = generated.lag.iter().enumerate().filter(|(_, count)| **count > 0);
        json!({
            "begin": at(*begin, state.taken_before_begin, counts.done_before_begin()),
            "end": at(*end, state.taken_before_end, counts.done_before_end()),
            "mean_backlog": left / (window.end - window.begin) as f64 + there_at_begin,
            "late": generated.late,
            "unfinished": (end.due - begin.due) - (end.shed - begin.shed) - counts.recorded(),
            "dropped": end.due - end.shed - counts.total(),
            "generator": {
                "own_thread": true,
                "cpu_ns": generated.cpu_ns,
                "lag": lag.map(|pair| json!(pair)).collect::<Value>(),
            },
        })
    }
}
