//! The load: which task a slot runs next. A model calls [`Load::start`] and [`Load::finish`], or [`Load::fail`].

use std::sync::atomic::{
    AtomicBool, AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed},
};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use crate::apart::Apart;
use crate::clock::now;
use crate::counts::{Counts, Window};
use crate::open_load::OpenLoad;
use crate::script::Script;
use crate::spec::{LoadKind, Spec};

/// One task in flight. A plain value, which models move through their queues.
#[derive(Clone, Copy, Debug, Default)]
pub struct Task {
    /// A place for one task in flight, whose connections are the task's meanwhile.
    pub slot: usize,
    pub turn: u64,
    pub script: usize,
    pub scheduled: u64,
    pub started: u64,
    is_first: bool,
    /// How many of those that it followed finished within the window. Kept here, since slots side by side are in the hands of
    /// different threads, which would write to the same lines of the cache.
    followed: u32,
}

/// One of a trial. The model's calls come from any thread and do not block.
pub struct Load {
    spec: &'static Spec,
    pub counts: Counts,
    begin: AtomicU64,
    end: AtomicU64,
    over: AtomicU64,
    stopped: AtomicBool,
    next_turn: Apart<AtomicU64>, // of fixed work
    unsettled: AtomicUsize,
    pub open: Option<OpenLoad>,
    active: Apart<AtomicUsize>, // slots with a task, and the generator of an open load
    failure: Mutex<Option<String>>,
    changed: Condvar, // the first failure, or the last that was active has ended
}

impl Load {
    pub fn new(spec: &'static Spec) -> Self {
        Self {
            spec,
            counts: Counts::new(spec),
            begin: AtomicU64::new(u64::MAX),
            end: AtomicU64::new(u64::MAX),
            over: AtomicU64::new(u64::MAX),
            stopped: AtomicBool::new(false),
            next_turn: Apart::default(),
            unsettled: AtomicUsize::new(spec.load.concurrency),
            open: spec.load.open.map(|open| OpenLoad::new(open, spec.load.concurrency)),
            active: Apart::default(),
            failure: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    // --- For who runs the trial ---

    /// Tasks that finish from `begin` on and before `end` are counted, and none follows another from `over` on.
    pub fn set_window(&self, window: Window) {
        self.over.store(window.over, Relaxed);
        self.end.store(window.end, Relaxed);
        self.begin.store(window.begin, Relaxed);
    }
    pub fn window(&self) -> Window {
        Window { begin: self.begin.load(Relaxed), end: self.end.load(Relaxed), over: self.over.load(Relaxed) }
    }

    /// The first task of a slot; none where fixed work has fewer tasks than slots.
    pub fn first(&self, slot: usize) -> Option<Task> {
        let turn = match self.spec.load.kind {
            LoadKind::Fixed => self.take_turn()?,
            // Spread evenly over the order.
            _ => slot as u64 * self.spec.order.len() as u64 / self.spec.load.concurrency as u64,
        };
        self.enter();
        Some(self.task(slot, turn, now(), true))
    }

    pub fn task(&self, slot: usize, turn: u64, scheduled: u64, is_first: bool) -> Task {
        let order = &self.spec.order;
        let script = if order.len() == 1 { order[0] } else { order[(turn % order.len() as u64) as usize] };
        Task { slot, turn, script, scheduled, started: 0, is_first, followed: 0 }
    }

    /// Something more must end before the load has: a task, or the generator of an open load.
    pub fn enter(&self) {
        self.active.fetch_add(1, Relaxed);
    }
    pub fn leave(&self) {
        if self.active.fetch_sub(1, AcqRel) == 1 {
            let _failure = self.failure.lock().unwrap(); // else drain() might look before, and wait after
            self.changed.notify_all();
        }
    }

    /// Whether every slot has finished a task.
    pub fn settled(&self) -> bool {
        self.unsettled.load(Relaxed) == 0
    }

    /// Blocks for so long, or until a task has failed. Returns why.
    pub fn sleep(&self, time: Duration) -> Option<String> {
        let failure = self.failure.lock().unwrap();
        let (failure, _) = self.changed.wait_timeout_while(failure, time, |failure| failure.is_none()).unwrap();
        failure.clone()
    }

    /// Blocks until the last task has ended, or one has failed. Returns why.
    pub fn drain(&self) -> Option<String> {
        let failure = self.failure.lock().unwrap();
        let goes_on = |failure: &mut Option<String>| self.active.load(Acquire) > 0 && failure.is_none();
        self.changed.wait_while(failure, goes_on).unwrap().clone()
    }

    // --- For models ---

    pub fn script(&self, task: &Task) -> &'static Script {
        &self.spec.scripts[task.script]
    }

    /// Before the first step. False where the load is over: the task is dropped.
    pub fn start(&self, task: &mut Task) -> bool {
        task.started = now();
        let goes_on = !self.is_over(task.started);
        if !goes_on {
            self.end_slot(task.slot, task.followed);
        }
        goes_on
    }

    /// After the last step. Returns the task that takes this one's place, which the model is to submit to itself.
    pub fn finish(&self, task: &Task, digest: u64) -> Option<Task> {
        let finish = now();
        let script = self.script(task);
        if task.is_first && self.spec.load.kind == LoadKind::Closed {
            self.unsettled.fetch_sub(1, Relaxed);
        }
        let is_within =
            self.counts.add(task, script.class, finish, digest.wrapping_sub(script.expected), self.window());
        let followed = task.followed + u32::from(is_within);
        let next = if self.is_over(finish) { None } else { self.successor(task, finish) };
        if next.is_none() {
            self.end_slot(task.slot, followed);
        }
        next.map(|next| Task { followed, ..next })
    }

    fn end_slot(&self, slot: usize, finished: u32) {
        self.counts.add_to_slot(slot, finished);
        self.leave();
    }

    /// In place of finish: no task follows another any more, and the first reason is that of the trial.
    pub fn fail(&self, reason: impl Into<String>) {
        self.stopped.store(true, Relaxed);
        self.failure.lock().unwrap().get_or_insert_with(|| reason.into());
        self.changed.notify_all();
    }

    fn is_over(&self, instant: u64) -> bool {
        instant >= self.over.load(Relaxed) || self.stopped.load(Relaxed)
    }

    fn take_turn(&self) -> Option<u64> {
        let turn = self.next_turn.fetch_add(1, Relaxed);
        (turn < self.spec.load.tasks).then(|| turn)
    }

    fn successor(&self, task: &Task, finish: u64) -> Option<Task> {
        match self.spec.load.kind {
            LoadKind::Closed => Some(self.task(task.slot, task.turn + 1, finish, false)),
            LoadKind::Fixed => self.take_turn().map(|turn| self.task(task.slot, turn, finish, false)),
            LoadKind::Open => {
                let (turn, due) = self.open.as_ref()?.give_back(task.slot, finish, self.window())?;
                Some(self.task(task.slot, turn, due, false))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn slots_of_a_closed_loop_begin_spread_over_the_order() {
        let spec = Spec::read(&json!({
            "protocol": 2, "trial": "0", "model": "", "settings": {}, "workers": 2, "peer": null,
            "load": {"kind": "closed", "concurrency": 3, "tasks": 0, "warmup_ns": 0, "most_warmup_ns": 0, "duration_ns": 0},
            "scripts": [{"class": "", "digest": "0000000000000000", "steps": []}], "order": [0, 0, 0, 0, 0],
        }));
        let load = Load::new(Box::leak(Box::new(spec.unwrap())));
        for (slot, turn) in [0, 1, 3].into_iter().enumerate() {
            let mut task = load.first(slot).unwrap();
            assert_eq!(task.turn, turn);
            assert!(load.start(&mut task));
            assert_eq!(load.finish(&task, 0).unwrap().turn, turn + 1);
        }
    }

    #[test]
    fn a_slot_counts_its_tasks_of_the_window_whether_the_last_of_them_runs_or_is_dropped() {
        let spec = Spec::read(&json!({
            "protocol": 2, "trial": "0", "model": "", "settings": {}, "workers": 2, "peer": null,
            "load": {"kind": "closed", "concurrency": 2, "tasks": 0, "warmup_ns": 0, "most_warmup_ns": 0, "duration_ns": 0},
            "scripts": [{"class": "", "digest": "0000000000000000", "steps": []}], "order": [0],
        }));
        let load = Load::new(Box::leak(Box::new(spec.unwrap())));
        let run = |mut task: Task| {
            assert!(load.start(&mut task));
            load.finish(&task, 0)
        };
        let (one, other) = (load.first(0).unwrap(), load.first(1).unwrap());
        let other = run(other).unwrap(); // before the window
        load.set_window(Window { begin: 0, end: u64::MAX, over: u64::MAX });
        let mut one = run(run(run(one).unwrap()).unwrap()).unwrap();
        let mut other = run(other).unwrap();
        assert!(load.start(&mut one));
        load.set_window(Window { begin: 0, end: 0, over: 0 });
        assert!(load.finish(&one, 0).is_none());
        assert!(!load.start(&mut other));
        assert_eq!(load.drain(), None);
        let record = load.counts.to_record();
        assert_eq!((&record["tasks"], &record["tasks_total"]), (&json!(4), &json!(6)));
        assert_eq!(record["slots"], json!({"fewest": 1, "most": 3}));
    }
}
