//! What the kit costs a task, beside what the model and the task itself cost: `cargo bench -p cbench-kit`. CPU time, since
//! it changes least where others use the machine, too.

use std::time::Duration;

use cbench_kit::clock::{now, thread_cpu};
use cbench_kit::digest::fold;
use cbench_kit::frame::Exchange;
use cbench_kit::{Load, Spec, Window};
use serde_json::json;

const TIMES: u64 = 2_000_000;
const ROUNDS: usize = 5;

fn print(name: &str, mut run: impl FnMut()) {
    let round = |_| {
        let before = thread_cpu();
        run();
        (thread_cpu() - before) as f64 / TIMES as f64
    };
    let least = (0..ROUNDS).map(round).fold(f64::INFINITY, f64::min);
    println!("{name:52} {least:7.1} ns of CPU time a task");
}

fn main() {
    let spec = Spec::read(&json!({
        "protocol": 2, "trial": "0", "model": "", "settings": {}, "workers": 2, "peer": null,
        "load": {"kind": "closed", "concurrency": 1, "tasks": 0, "warmup_ns": 0, "most_warmup_ns": 0, "duration_ns": 0},
        "scripts": [{"class": "", "digest": "0000000000000000", "steps": []}], "order": [0],
    }));
    let spec: &'static Spec = Box::leak(Box::new(spec.expect("it is a spec")));
    let load = Load::new(spec);
    let begin = now();
    let end = begin + 3_600_000_000_000;
    load.set_window(Window { begin, end, over: end });
    print("start, finish and record", || {
        let mut next = load.first(0);
        for _ in 0..TIMES {
            let mut task = next.expect("a closed load goes on");
            load.start(&mut task);
            next = load.finish(&task, 0);
        }
    });
    print("  of which two stamps of the clock", || {
        for _ in 0..2 * TIMES {
            std::hint::black_box(now());
        }
    });
    print("digest: one value folded", || {
        std::hint::black_box((0..TIMES).fold(0, fold));
    });
    let mut exchange = Exchange::new(0, 16_384);
    print("request: a frame of 64 bytes, then one of 16,384", || {
        for request in 0..TIMES {
            std::hint::black_box(exchange.begin(if request % 2 == 0 { 64 } else { 16_384 }, Duration::ZERO));
        }
    });
}
