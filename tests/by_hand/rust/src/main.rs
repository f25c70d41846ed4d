//! Programs by hand in Rust, which the models of models/rust are held against (scripts/bars_runtimes): the same work and
//! the same frames to the same peer, without anything of theirs. They record alike: of every task the instants at which
//! it was scheduled (when the one before in its slot finished), started and finished, and the same three histograms, of
//! queueing, service and response times. There is no digest of what tasks return.
//!
//!   by-hand-rust MODE [workers=2] [concurrency=1000] [delay=10ms] [bytes=64] [amount=20000] [port=PORT]
//!                [duration=2s] [warmup=500ms] | [tasks=N]
//!
//! Modes, on tokio: noop, a task for each task; io, one for each connection; cpu; sleep, one for each sleeper, once. On
//! rayon: rayon-noop and rayon-cpu.

mod times;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::times::{record, Histogram, Times};

const HEADER_BYTES: usize = 32;

struct Program {
    mode: String,
    workers: usize,
    concurrency: usize,
    bytes: usize,
    amount: u32,
    port: u16,
    tasks: u64,
    delay: Duration,
    duration: Duration,
    warmup: Duration,
    /// The window, as instants of now().
    begin: AtomicU64,
    end: AtomicU64,
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let program: &'static Program = Box::leak(Box::new(Program::read(&words).unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(2);
    })));
    let is_rayon = program.mode.starts_with("rayon-");
    if is_rayon {
        program.on_rayon();
    } else {
        program.on_tokio();
    }
    std::process::exit(0); // tasks that still wait have nothing to tell
}

impl Program {
    fn read(words: &[String]) -> Result<Self, String> {
        let mode = words.first().map(String::as_str).unwrap_or_default();
        if !["noop", "io", "cpu", "sleep", "rayon-noop", "rayon-cpu"].contains(&mode) {
            return Err("usage: by-hand-rust noop|io|cpu|sleep|rayon-noop|rayon-cpu [name=value...]".into());
        }
        let value = |name: &str, fallback: &str| {
            let given = words.iter().rev().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            given.unwrap_or(fallback).to_owned()
        };
        let known = "workers concurrency bytes amount port tasks delay duration warmup";
        for word in &words[1..] {
            let name = word.split('=').next().unwrap_or_default();
            if !known.split(' ').any(|known| known == name) {
                return Err(format!("there is no argument {name:?}: {known}"));
            }
        }
        let number = |name: &str, fallback: &str| {
            value(name, fallback).parse::<u64>().map_err(|_| format!("{name}: expected a number"))
        };
        let time = |name: &str, fallback: &str| {
            let text = value(name, fallback);
            let digits = text.trim_end_matches(|c: char| c.is_alphabetic());
            let unit =
                [("us", 1e-6), ("ms", 1e-3), ("s", 1.0)].into_iter().find(|(unit, _)| *unit == &text[digits.len()..]);
            let parsed = unit.and_then(|(_, unit)| Some(Duration::from_secs_f64(digits.parse::<f64>().ok()? * unit)));
            parsed.ok_or_else(|| format!("{name}: expected a time, such as 10ms"))
        };
        Ok(Self {
            mode: mode.into(),
            workers: number("workers", "2")? as usize,
            concurrency: number("concurrency", "1000")? as usize,
            bytes: number("bytes", "64")? as usize,
            amount: number("amount", "20000")? as u32,
            port: number("port", "0")? as u16,
            tasks: number("tasks", "0")?,
            delay: time("delay", "10ms")?,
            duration: time("duration", "2s")?,
            warmup: time("warmup", "500ms")?,
            begin: AtomicU64::new(u64::MAX),
            end: AtomicU64::new(u64::MAX),
        })
    }

    /// A task that was scheduled and started then finishes now. Returns when that is, which is when the next one of its
    /// slot is scheduled; nothing where none follows.
    fn finish(&self, scheduled: u64, started: u64) -> Option<u64> {
        let finished = now();
        let is_over = finished >= self.end.load(Relaxed);
        if finished >= self.begin.load(Relaxed) && !is_over {
            record(scheduled, started, finished);
        }
        (!is_over).then_some(finished)
    }

    fn count_primes(&self) {
        let is_prime = |candidate: u32| {
            let mut divisor = 2;
            while divisor * divisor <= candidate {
                if candidate % divisor == 0 {
                    return false;
                }
                divisor += 1;
            }
            true
        };
        let found = (2..self.amount).filter(|&candidate| is_prime(candidate)).count();
        assert!(self.amount != 20_000 || found == 2262);
    }

    // --- tokio ---

    fn on_tokio(&'static self) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(self.workers).enable_all().build();
        let runtime = runtime.expect("no runtime");
        let _inside = runtime.enter();
        match self.mode.as_str() {
            "sleep" => return runtime.block_on(self.sleepers()),
            "io" => runtime.block_on(self.connect_all()),
            _ => (0..self.concurrency).for_each(|_| self.spawn(now())),
        }
        self.measure();
    }

    fn spawn(&'static self, scheduled: u64) {
        tokio::spawn(async move {
            let started = now();
            if self.mode == "cpu" {
                self.count_primes();
            }
            if let Some(finished) = self.finish(scheduled, started) {
                self.spawn(finished);
            }
        });
    }

    async fn connect_all(&'static self) {
        let mut streams = Vec::new();
        for _ in 0..self.concurrency {
            let stream = TcpStream::connect(("127.0.0.1", self.port)).await.expect("no peer");
            stream.set_nodelay(true).expect("no option TCP_NODELAY");
            stream.set_linger(Some(Duration::ZERO)).expect("no option SO_LINGER");
            streams.push(stream);
        }
        for stream in streams {
            tokio::spawn(self.ask_for_ever(now(), stream));
        }
    }

    async fn ask_for_ever(&self, mut scheduled: u64, mut stream: TcpStream) {
        let mut frame = vec![0u8; HEADER_BYTES + self.bytes];
        // With room for a byte more: where a read fills its buffer, tokio asks the socket in vain before it waits again.
        let mut reply = vec![0u8; frame.len() + 1];
        frame[0..4].copy_from_slice(&0x6362_6e63u32.to_ne_bytes());
        frame[4..8].copy_from_slice(&(self.bytes as u32).to_ne_bytes());
        frame[8..16].copy_from_slice(&(self.delay.as_nanos() as u64).to_ne_bytes());
        for number in 1u64.. {
            let started = now();
            frame[16..24].copy_from_slice(&number.to_ne_bytes());
            stream.write_all(&frame).await.expect("the peer is gone");
            let mut read = 0;
            while read < frame.len() {
                match stream.read(&mut reply[read..]).await.expect("the peer is gone") {
                    0 => panic!("the peer is gone"),
                    bytes => read += bytes,
                }
            }
            assert!(read == frame.len(), "a reply longer than asked for");
            assert!(reply[..24] == frame[..24] && reply[24..32] == (!number).to_ne_bytes(), "a reply to another frame");
            match self.finish(scheduled, started) {
                Some(finished) => scheduled = finished,
                None => return,
            }
        }
    }

    /// So many sleepers at once; the time from the first to the end of the last.
    async fn sleepers(&'static self) {
        self.begin.store(0, Relaxed);
        let sleeper = |scheduled| async move {
            let started = now();
            tokio::time::sleep(self.delay).await;
            self.finish(scheduled, started);
        };
        let (cpu, began) = (cpu_time(), Instant::now());
        let sleepers: Vec<_> = (0..self.tasks).map(|_| tokio::spawn(sleeper(now()))).collect();
        for sleeper in sleepers {
            sleeper.await.expect("a sleeper failed");
        }
        let (wall, used) = (began.elapsed(), cpu_time() - cpu);
        let response = Times::recorded().response;
        print(response.total(), &response, wall, used);
    }

    // --- rayon ---

    fn on_rayon(&'static self) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.workers).build().expect("no pool");
        let workers = self.workers;
        // To each thread its share: it would not look at what comes from outside before it is idle.
        pool.spawn_broadcast(move |thread| {
            (thread.index()..self.concurrency).step_by(workers).for_each(|_| self.spawn_on_rayon(now()))
        });
        self.measure();
    }

    fn spawn_on_rayon(&'static self, scheduled: u64) {
        rayon::spawn_fifo(move || {
            let started = now();
            if self.mode == "rayon-cpu" {
                self.count_primes();
            }
            if let Some(finished) = self.finish(scheduled, started) {
                self.spawn_on_rayon(finished);
            }
        });
    }

    // --- What is common to them ---

    /// The window, while tasks run.
    fn measure(&self) {
        std::thread::sleep(self.warmup);
        let (cpu, begin) = (cpu_time(), now());
        self.end.store(begin + self.duration.as_nanos() as u64, Relaxed);
        self.begin.store(begin, Relaxed);
        std::thread::sleep(self.duration);
        let used = cpu_time() - cpu;
        let response = Times::recorded().response;
        print(response.total(), &response, self.duration, used);
    }
}

fn print(tasks: u64, response: &Histogram, wall: Duration, cpu: Duration) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    println!(
        "{{\"throughput_per_s\": {:.0}, \"cpu_per_task_us\": {:.4}, \"wall_s\": {:.4}, \"peak_rss_bytes\": {}, \
         \"p50_us\": {}, \"p99_us\": {}}}",
        tasks as f64 / wall.as_secs_f64(),
        cpu.as_secs_f64() * 1e6 / tasks as f64,
        wall.as_secs_f64(),
        peak.unwrap_or(0) * 1024,
        response.quantile(0.5) / 1000,
        response.quantile(0.99) / 1000,
    );
}

/// Of this process.
fn cpu_time() -> Duration {
    Duration::from_nanos(read(libc::CLOCK_PROCESS_CPUTIME_ID))
}

/// Nanoseconds of the clock that std::time::Instant reads: one number, where an Instant is of seconds and nanoseconds.
fn now() -> u64 {
    read(libc::CLOCK_MONOTONIC)
}

fn read(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // The clocks exist and the pointer is good: it cannot fail.
    unsafe { libc::clock_gettime(clock, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
