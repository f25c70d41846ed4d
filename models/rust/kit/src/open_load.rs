//! An open load: the generator, a thread of its own, sleeps until each arrival is due and gives it a slot. A task that
//! finishes gives its slot to the arrival that has waited longest.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Mutex;

use serde_json::{json, Value};

use crate::apart::Apart;
use crate::arrivals::Arrivals;
use crate::clock::{now, sleep_until, thread_cpu};
use crate::counts::{Counts, Window};
use crate::histogram::{index_of, SIZE};
use crate::load::{Load, Task};
use crate::spec::OpenSpec;

pub struct OpenLoad {
    open: OpenSpec,
    epoch: AtomicU64,
    state: Apart<Mutex<State>>,
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
        Self { open, epoch: AtomicU64::new(0), state: Apart(Mutex::new(state)) }
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

    /// An arrival is due. Returns the slot that it is given, if one is free and nobody waits, and when: however late the
    /// generator is, the slot is taken now.
    fn arrive(&self, window: Window) -> Option<(usize, u64)> {
        let mut state = self.state.lock().unwrap();
        let slot = state.free.pop();
        if slot.is_none() {
            state.waiting += u64::from(!self.open.sheds);
        }
        let slot = slot?;
        let at = now();
        state.taken_before_begin += u64::from(at < window.begin);
        state.taken_before_end += u64::from(at < window.end);
        if !self.open.sheds {
            self.take(&mut state);
        }
        Some((slot, at))
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
            match self.arrive(window) {
                Some((slot, at)) => {
                    if is_within {
                        generated.lag[index_of(at - due)] += 1; // what the model takes to be told is the model's
                    }
                    load.enter();
                    submit(load.task(slot, turn as u64, due, false));
                }
                None if self.open.sheds => {
                    seen.shed += 1;
                    continue;
                }
                None => generated.late += u64::from(is_within),
            }
            if is_within {
                generated.sum_of_left = generated.sum_of_left.wrapping_add(window.end - due);
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
        // Either sum wraps after some minutes of a million tasks a second, and their difference is right all the same.
        let left = generated.sum_of_left.wrapping_sub(counts.left_of_window()) as i64 as f64;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::fold;
    use crate::spec::Spec;
    use std::time::Duration;

    const MS: u64 = 1_000_000;

    /// Runs an open load of 1,000 arrivals a second, or as many as are given, whose tasks take so long. Returns the record
    /// and the turns in the order in which tasks began.
    fn run(late: &str, rate: f64, task: Duration) -> (Value, Vec<u64>) {
        run_from(now() + 2 * MS, late, rate, task, Duration::ZERO)
    }

    /// From that epoch on, on a model that takes `telling` to be told of a task.
    fn run_from(epoch: u64, late: &str, rate: f64, task: Duration, telling: Duration) -> (Value, Vec<u64>) {
        // Where all arrivals are to run nothing is dropped on a machine that is busy.
        let drain = if late == "wait" && rate > 200.0 { 50 * MS } else { 20_000 * MS };
        let spec = json!({
            "protocol": 2, "trial": "0", "model": "", "settings": {}, "workers": 4, "peer": null,
            "load": {
                "kind": "open", "concurrency": 4, "tasks": 0, "warmup_ns": 50 * MS, "most_warmup_ns": 50 * MS,
                "duration_ns": 200 * MS, "drain_ns": drain, "rate_per_s": rate, "arrivals": "constant", "late": late,
                "seed_of_arrivals": "0000000000000001",
            },
            "scripts": [{"class": "", "digest": format!("{:016x}", fold(0, 1)), "steps": []}], "order": [0],
        });
        let spec: &'static Spec = Box::leak(Box::new(Spec::read(&spec).unwrap()));
        let load: &'static Load = Box::leak(Box::new(Load::new(spec)));
        let turns: &'static Mutex<Vec<u64>> = Box::leak(Box::default());
        let (begin, end) = (epoch + 50 * MS, epoch + 250 * MS);
        let window = Window { begin, end, over: end + drain };
        load.set_window(window);
        let submit = |first: Task| {
            std::thread::sleep(telling);
            std::thread::spawn(move || {
                let mut next = Some(first);
                while let Some(mut running) = next.take() {
                    if !load.start(&mut running) {
                        break;
                    }
                    turns.lock().unwrap().push(running.turn);
                    std::thread::sleep(task);
                    next = load.finish(&running, fold(0, 1));
                }
            });
        };
        load.enter();
        let open = load.open.as_ref().unwrap();
        let generated = open.generate(load, epoch, window, &submit);
        load.leave();
        assert_eq!(load.drain(), None);
        let mut record = load.counts.to_record();
        record["open"] = open.to_record(&generated, &load.counts, window);
        (record, turns.lock().unwrap().clone())
    }

    fn total(histogram: &Value) -> u64 {
        histogram.as_array().unwrap().iter().map(|pair| pair[1].as_u64().unwrap()).sum()
    }

    /// Of the times in a histogram, each as the longest that is counted where it is.
    fn sum_of(histogram: &Value) -> u64 {
        let of = |pair: &Value, at: usize| pair[at].as_u64().unwrap();
        let bucket = |index: u64| (index / 1024).saturating_sub(1);
        let time = |index: u64| (index - bucket(index) * 1024 + 1) << bucket(index);
        histogram.as_array().unwrap().iter().map(|pair| of(pair, 1) * time(of(pair, 0))).sum()
    }

    /// What holds of every open load.
    fn check(record: &Value, late: &str, rate: f64) {
        let open = &record["open"];
        let of = |json: &Value, name: &str| json[name].as_u64().unwrap();
        let (begin, end) = (&open["begin"], &open["end"]);
        assert_eq!(of(begin, "due"), (rate * 0.05) as u64);
        assert_eq!(of(end, "due"), (rate * 0.25) as u64);
        let (due, shed) = (of(end, "due") - of(begin, "due"), of(end, "shed") - of(begin, "shed"));
        assert_eq!(total(&record["response"]) + shed + of(open, "unfinished"), due);
        assert_eq!(total(&open["generator"]["lag"]) + of(open, "late") + shed, due);
        assert_eq!(of(record, "tasks_total") + of(end, "shed") + of(open, "dropped"), of(end, "due"));
        assert_eq!(of(record, "tasks"), of(end, "done") - of(begin, "done"));
        assert_eq!(record["digest"], "0000000000000000");
        for at in [begin, end] {
            assert!(of(at, "taken") >= of(at, "done") && of(at, "due") >= of(at, "taken") + of(at, "shed"));
            assert!(of(at, "taken") - of(at, "done") <= 4);
            if late == "wait" {
                assert_eq!(of(at, "shed"), 0);
            }
        }
    }

    #[test]
    fn arrivals_that_find_a_free_slot_all_run() {
        let (record, mut turns) = run("wait", 200.0, Duration::from_millis(1));
        check(&record, "wait", 200.0);
        turns.sort_unstable();
        assert_eq!(turns, (0..50).collect::<Vec<_>>());
        assert_eq!(record["open"]["dropped"], 0);
    }

    #[test]
    fn arrivals_wait_where_no_slot_is_free_and_some_never_begin() {
        let (record, mut turns) = run("wait", 1000.0, Duration::from_millis(20));
        check(&record, "wait", 1000.0);
        turns.sort_unstable();
        assert_eq!(turns, (0..turns.len() as u64).collect::<Vec<_>>(), "first come first served");
        assert!(record["open"]["late"].as_u64().unwrap() > 150);
        assert!(record["open"]["dropped"].as_u64().unwrap() > 100);
        assert!(record["open"]["mean_backlog"].as_f64().unwrap() > 50.0);
    }

    #[test]
    fn an_arrival_that_is_brought_late_takes_its_slot_then_and_not_when_it_was_due() {
        for late in ["wait", "shed"] {
            let epoch = now() - 280 * MS; // the window has ended
            let (record, _) = run_from(epoch, late, 1000.0, Duration::from_millis(20), Duration::ZERO);
            check(&record, late, 1000.0);
            assert_eq!(record["open"]["begin"]["taken"], 0);
            assert_eq!(record["open"]["end"]["taken"], 0);
        }
    }

    #[test]
    fn the_lag_is_the_generators_and_not_what_the_model_takes_to_be_told() {
        let telling = Duration::from_millis(20);
        let (record, _) = run_from(now() + 2 * MS, "wait", 20.0, Duration::ZERO, telling);
        let least = record["open"]["generator"]["lag"][0][0].as_u64().unwrap() as usize;
        assert!(least < index_of(telling.as_nanos() as u64));
    }

    #[test]
    fn arrivals_are_shed_where_that_was_asked_for() {
        let (record, turns) = run("shed", 1000.0, Duration::from_millis(20));
        check(&record, "shed", 1000.0);
        assert!(record["open"]["end"]["shed"].as_u64().unwrap() > 150);
        assert_eq!(record["open"]["late"], 0);
        assert!(*turns.iter().max().unwrap() > 2 * turns.len() as u64, "the turn is that of the arrival");
        // They are there from when they are due, however late they are brought.
        let lag = sum_of(&record["open"]["generator"]["lag"]) as f64 / (200 * MS) as f64;
        assert!(record["open"]["mean_backlog"].as_f64().unwrap() < 4.5 + lag);
    }
}
