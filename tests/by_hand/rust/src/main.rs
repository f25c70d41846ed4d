//! Programs by hand in Rust, which the models of models/rust are held against (scripts/bars_runtimes): the same work and
//! the same frames to the same peer, without anything of theirs. Each takes the time of every task, since it tells their
//! percentiles.
//!
//!   by-hand-rust MODE [workers=2] [concurrency=1000] [delay=10ms] [bytes=64] [amount=20000] [port=PORT]
//!                [duration=2s] [warmup=500ms] | [tasks=N]
//!
//! Modes, on tokio: noop, a task for each task; io, one for each connection; cpu; sleep, one for each sleeper, once. On
//! rayon: rayon-noop and rayon-cpu.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

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
    is_open: AtomicBool,
    is_over: AtomicBool,
    slots: Vec<Slot>,
}

/// What the tasks of one slot have come to, by the binary digits of their nanoseconds. One task of it runs at a time.
#[repr(align(128))]
struct Slot([AtomicU64; 64]);

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
        let concurrency = number("concurrency", "1000")? as usize;
        Ok(Self {
            mode: mode.into(),
            workers: number("workers", "2")? as usize,
            concurrency,
            bytes: number("bytes", "64")? as usize,
            amount: number("amount", "20000")? as u32,
            port: number("port", "0")? as u16,
            tasks: number("tasks", "0")?,
            delay: time("delay", "10ms")?,
            duration: time("duration", "2s")?,
            warmup: time("warmup", "500ms")?,
            is_open: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            slots: (0..concurrency).map(|_| Slot([(); 64].map(|()| AtomicU64::new(0)))).collect(),
        })
    }

    /// A task of the slot has ended, which began then. Returns whether another follows.
    fn note(&self, slot: usize, began: Instant) -> bool {
        let took = began.elapsed().as_nanos() as u64;
        if self.is_open.load(Relaxed) {
            let count = &self.slots[slot].0[64 - took.leading_zeros() as usize];
            count.store(count.load(Relaxed) + 1, Relaxed);
        }
        !self.is_over.load(Relaxed)
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
            _ => (0..self.concurrency).for_each(|slot| self.spawn(slot)),
        }
        self.measure();
    }

    fn spawn(&'static self, slot: usize) {
        tokio::spawn(async move {
            let began = Instant::now();
            if self.mode == "cpu" {
                self.count_primes();
            }
            if self.note(slot, began) {
                self.spawn(slot);
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
        for (slot, stream) in streams.into_iter().enumerate() {
            tokio::spawn(self.ask_for_ever(slot, stream));
        }
    }

    async fn ask_for_ever(&self, slot: usize, mut stream: TcpStream) {
        let mut frame = vec![0u8; HEADER_BYTES + self.bytes];
        // With room for a byte more: where a read fills its buffer, tokio asks the socket in vain before it waits again.
        let mut reply = vec![0u8; frame.len() + 1];
        frame[0..4].copy_from_slice(&0x6362_6e63u32.to_ne_bytes());
        frame[4..8].copy_from_slice(&(self.bytes as u32).to_ne_bytes());
        frame[8..16].copy_from_slice(&(self.delay.as_nanos() as u64).to_ne_bytes());
        for number in 1u64.. {
            let began = Instant::now();
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
            if !self.note(slot, began) {
                return;
            }
        }
    }

    /// So many sleepers at once; the time from the first to the end of the last.
    async fn sleepers(&self) {
        let (cpu, began) = (cpu_time(), Instant::now());
        let delay = self.delay;
        let sleepers: Vec<_> = (0..self.tasks).map(|_| tokio::spawn(tokio::time::sleep(delay))).collect();
        for sleeper in sleepers {
            sleeper.await.expect("a sleeper failed");
        }
        print(self.tasks, &[0; 64], began.elapsed(), cpu_time() - cpu);
    }

    // --- rayon ---

    fn on_rayon(&'static self) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.workers).build().expect("no pool");
        let workers = self.workers;
        // To each thread its share: it would not look at what comes from outside before it is idle.
        pool.spawn_broadcast(move |thread| {
            (thread.index()..self.concurrency).step_by(workers).for_each(|slot| self.spawn_on_rayon(slot))
        });
        self.measure();
    }

    fn spawn_on_rayon(&'static self, slot: usize) {
        rayon::spawn_fifo(move || {
            let began = Instant::now();
            if self.mode == "rayon-cpu" {
                self.count_primes();
            }
            if self.note(slot, began) {
                self.spawn_on_rayon(slot);
            }
        });
    }

    // --- What is common to them ---

    /// The window, while tasks run.
    fn measure(&self) {
        std::thread::sleep(self.warmup);
        let (cpu, began) = (cpu_time(), Instant::now());
        self.is_open.store(true, Relaxed);
        std::thread::sleep(self.duration);
        self.is_open.store(false, Relaxed);
        self.is_over.store(true, Relaxed);
        let (wall, used) = (began.elapsed(), cpu_time() - cpu);
        let mut times = [0; 64];
        for slot in &self.slots {
            times.iter_mut().zip(&slot.0).for_each(|(sum, count)| *sum += count.load(Relaxed));
        }
        print(times.iter().sum(), &times, wall, used);
    }
}

fn print(tasks: u64, times: &[u64; 64], wall: Duration, cpu: Duration) {
    let at = |share: f64| {
        let mut seen = 0;
        let digits = times.iter().position(|count| {
            seen += count;
            *count > 0 && seen as f64 >= share * tasks as f64
        });
        digits.map_or(0, |digits| (1u64 << digits) / 1000)
    };
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    println!(
        "{{\"throughput_per_s\": {:.0}, \"cpu_per_task_us\": {:.4}, \"wall_s\": {:.4}, \"peak_rss_bytes\": {}, \
         \"p50_us_below\": {}, \"p99_us_below\": {}}}",
        tasks as f64 / wall.as_secs_f64(),
        cpu.as_secs_f64() * 1e6 / tasks as f64,
        wall.as_secs_f64(),
        peak.unwrap_or(0) * 1024,
        at(0.5),
        at(0.99),
    );
}

/// Of this process.
fn cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // The clock exists and the pointer is good: it cannot fail.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
