//! rayon: a pool of threads that steal from one another, made for computing. Branches are a parallel iterator.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{channel, Sender};
use std::sync::Mutex;

use cbench_kit::digest::{fold, of_branch};
use cbench_kit::{Apart, Environment, Model, Refusal, Step, Task, TaskError};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// How long tasks of an open load follow one another on a thread before those from outside have a turn: so long that to
/// bring one from outside hardly counts.
const TURN_NS: u64 = 100_000;

struct Rayon {
    shared: &'static Shared,
}

struct Shared {
    environment: &'static Environment,
    pool: ThreadPool,
    locks: BTreeMap<u64, Apart<Mutex<()>>>,
    branches: Apart<AtomicU64>,
    outside: Option<Apart<Mutex<Sender<Task>>>>, // of an open load: to the thread that brings tasks from outside
}

pub fn make(environment: &'static Environment) -> Result<Box<dyn Model>, Refusal> {
    let spec = environment.spec;
    for (is_there, reason) in [
        (spec.has(|step| matches!(step, Step::Wait { .. })), "waits: it has no timers, and a wait would block a thread of its pool"),
        (spec.has(|step| matches!(step, Step::Request { .. })), "requests: it has no input and output, and one would block a thread of its pool"),
        (
            spec.has(|step| matches!(step, Step::Critical { body, .. } if has_fan_out(body))),
            "a fan-out inside a lock: a thread that waits for its branches takes up other tasks, which may want the lock that it holds",
        ),
    ] {
        if is_there {
            return Err(Refusal::unsupported(format!("rayon has no {reason}")));
        }
    }
    let pool = ThreadPoolBuilder::new().num_threads(spec.workers).build();
    let pool = pool.map_err(|error| Refusal::failed(error.to_string()))?;
    let locks = spec.locks().into_iter().map(|lock| (lock, Apart::default())).collect();
    let (sender, received) = channel();
    let outside = environment.load.open.is_some().then(|| Apart(Mutex::new(sender)));
    let shared = Shared { environment, pool, locks, branches: Apart::default(), outside };
    let shared: &'static Shared = Box::leak(Box::new(shared));
    if shared.outside.is_some() {
        std::thread::spawn(move || received.into_iter().for_each(|task| shared.spawn(task, None)));
    }
    Ok(Box::new(Rayon { shared }))
}

fn has_fan_out(steps: &[Step]) -> bool {
    steps.iter().any(|step| match step {
        Step::FanOut { .. } => true,
        Step::Critical { body, .. } => has_fan_out(body),
        _ => false,
    })
}

impl Model for Rayon {
    fn submit(&self, task: Task) {
        self.shared.spawn(task, None);
    }
    // A thread of rayon looks at what comes from outside when it has no jobs of its own, and in a closed loop it always
    // has: the first tasks are dealt to the threads, so that each has its share.
    fn submit_first(&self, tasks: &mut dyn Iterator<Item = Task>) {
        let shared = self.shared;
        let mut shares = vec![Vec::new(); shared.pool.current_num_threads()];
        let count = shares.len();
        tasks.for_each(|task| shares[task.slot % count].push(task));
        shared
            .pool
            .spawn_broadcast(move |thread| shares[thread.index()].iter().for_each(|task| shared.spawn(*task, None)));
    }
    fn units(&self) -> u64 {
        self.shared.environment.load.counts.total() + self.shared.branches.load(Relaxed)
    }
}

impl Shared {
    /// `turn`: when the first of the tasks began that it follows on this thread, if it follows any.
    fn spawn(&'static self, task: Task, turn: Option<u64>) {
        self.pool.spawn_fifo(move || self.run_task(task, turn));
    }

    /// Where tasks of an open load wait for a slot they follow one another without end, and those that were given one before
    /// them would stay outside. Services, too, bring each task from there.
    fn follow(&'static self, task: Task, turn: u64, now: u64) {
        match &self.outside {
            Some(outside) if now - turn >= TURN_NS => {
                outside.lock().unwrap().send(task).expect("its thread lives as long as the process");
            }
            _ => self.spawn(task, Some(turn)),
        }
    }

    fn run_task(&'static self, mut task: Task, turn: Option<u64>) {
        let load = &self.environment.load;
        if !load.start(&mut task) {
            return;
        }
        match self.run(&load.script(&task).steps, 0) {
            Ok(digest) => {
                if let Some(next) = load.finish(&task, digest) {
                    self.follow(next, turn.unwrap_or(task.started), task.started);
                }
            }
            Err(reason) => load.fail(reason),
        }
    }

    fn run(&self, steps: &[Step], mut digest: u64) -> Result<u64, TaskError> {
        for step in steps {
            digest = match step {
                Step::Compute { kernel, amount } => fold(digest, self.environment.kernels.run(*kernel, *amount)?),
                Step::Critical { lock, body } => {
                    let _guard = self.locks[lock].lock().map_err(|error| error.to_string())?;
                    self.run(body, fold(digest, *lock))?
                }
                Step::FanOut { width, body, .. } => fold(digest, self.fan_out(*width, body)?),
                Step::Wait { .. } | Step::Request { .. } => return Err("rayon does not wait".into()),
            };
        }
        Ok(digest)
    }

    /// All branches have ended when it returns: the sum of their digests, or an error.
    fn fan_out(&self, width: u64, body: &[Step]) -> Result<u64, TaskError> {
        self.branches.fetch_add(width, Relaxed);
        let branch = |index| self.run(body, of_branch(index));
        let add = |one: Result<u64, TaskError>, other: Result<u64, TaskError>| Ok(one?.wrapping_add(other?));
        (0..width).into_par_iter().map(branch).reduce(|| Ok(0), add)
    }
}

#[cfg(test)]
mod tests {
    use cbench_kit::clock::now;
    use cbench_kit::{Kernels, Load, Spec, Window};
    use serde_json::{json, Value};

    use super::*;

    /// What came of an open load of 8 slots for 300 ms, of more tasks than two threads can do.
    fn overloaded() -> Value {
        let spec = Spec::read(&json!({
            "protocol": 2, "trial": "0", "model": "rayon", "settings": {}, "workers": 2, "peer": null,
            "load": {
                "kind": "open", "concurrency": 8, "tasks": 0, "warmup_ns": 0, "most_warmup_ns": 0,
                "duration_ns": 300_000_000, "drain_ns": 0, "rate_per_s": 50_000, "arrivals": "constant", "late": "wait",
                "seed_of_arrivals": "0000000000000001",
            },
            "scripts": [{
                "class": "", "digest": "0000000000000000",
                "steps": [{"do": "compute", "kernel": "primes", "amount": 20_000}],
            }],
            "order": [0],
        }));
        let spec: &'static Spec = Box::leak(Box::new(spec.unwrap()));
        let environment = Environment { spec, load: Load::new(spec), kernels: Kernels::new(false) };
        let environment: &'static Environment = Box::leak(Box::new(environment));
        let model = make(environment).unwrap();
        let load = &environment.load;
        let begin = now() + 1_000_000;
        let window = Window { begin, end: begin + 300_000_000, over: begin + 300_000_000 };
        load.set_window(window);
        load.enter();
        load.open.as_ref().unwrap().generate(load, begin, window, &|task| model.submit(task));
        load.leave();
        assert_eq!(load.drain(), None);
        load.counts.to_record()
    }

    #[test]
    fn every_slot_comes_to_its_turn_though_more_arrives_than_can_be_done() {
        let slots = &overloaded()["slots"];
        assert!(slots["fewest"].as_u64() > Some(0), "{slots}");
    }
}
