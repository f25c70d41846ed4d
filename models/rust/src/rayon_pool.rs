//! rayon: a pool of threads that steal from one another, made for computing. Branches are a parallel iterator.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Mutex;

use cbench_kit::digest::{fold, of_branch};
use cbench_kit::{Apart, Environment, Model, Refusal, Step, Task, TaskError};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

struct Rayon {
    shared: &'static Shared,
}

struct Shared {
    environment: &'static Environment,
    pool: ThreadPool,
    locks: BTreeMap<u64, Apart<Mutex<()>>>,
    branches: Apart<AtomicU64>,
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
    let shared = Shared { environment, pool, locks, branches: Apart::default() };
    Ok(Box::new(Rayon { shared: Box::leak(Box::new(shared)) }))
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
        self.shared.spawn(task);
    }
    // A thread of rayon looks at what comes from outside when it has no jobs of its own, and in a closed loop it always
    // has: the first tasks are dealt to the threads, so that each has its share.
    fn submit_first(&self, tasks: &mut dyn Iterator<Item = Task>) {
        let shared = self.shared;
        let mut shares = vec![Vec::new(); shared.pool.current_num_threads()];
        let count = shares.len();
        tasks.for_each(|task| shares[task.slot % count].push(task));
        shared.pool.spawn_broadcast(move |thread| shares[thread.index()].iter().for_each(|task| shared.spawn(*task)));
    }
    fn units(&self) -> u64 {
        self.shared.environment.load.counts.total() + self.shared.branches.load(Relaxed)
    }
}

impl Shared {
    fn spawn(&'static self, task: Task) {
        self.pool.spawn_fifo(move || self.run_task(task));
    }

    fn run_task(&'static self, mut task: Task) {
        let load = &self.environment.load;
        if !load.start(&mut task) {
            return;
        }
        match self.run(&load.script(&task).steps, 0) {
            Ok(digest) => {
                if let Some(next) = load.finish(&task, digest) {
                    self.spawn(next);
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
