//! One trial, from the spec on standard input to the record on descriptor 3.

use std::fs::File;
use std::io::{BufRead, Read, Write};
use std::os::unix::io::FromRawFd;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};
use std::time::Duration;

use serde_json::{json, Map, Value};

use crate::clock::{now, sleep_until};
use crate::counts::Window;
use crate::kernels::{Kernel, Kernels};
use crate::load::{Load, Task};
use crate::open_load::OpenLoad;
use crate::spec::{LoadKind, Spec, PROTOCOL};

const EVENTS: i32 = 3;
const NOTICE_NS: u64 = 2_000_000; // between the announcement of the window and its begin
const OPEN_NOTICE_NS: u64 = 5_000_000; // before the first arrival: a thread has to be started
const POLL: Duration = Duration::from_millis(1);

/// Why a trial is not done.
#[derive(Debug)]
pub struct Refusal {
    /// It asks for what this program or the model cannot; otherwise it was tried and failed.
    pub unsupported: bool,
    pub reason: String,
}

impl Refusal {
    pub fn unsupported(reason: impl Into<String>) -> Self {
        Self { unsupported: true, reason: reason.into() }
    }
    pub fn failed(reason: impl Into<String>) -> Self {
        Self { unsupported: false, reason: reason.into() }
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error.to_string())
    }
}

/// What a model works with. It lives as long as the process.
pub struct Environment {
    pub spec: &'static Spec,
    pub load: Load,
    pub kernels: Kernels,
}

/// One concurrency idiom. Made on the main thread, and never destroyed: the process ends instead.
pub trait Model: Sync {
    /// Begins the first task of a slot, or an arrival. From the thread that runs the trial or the generator's, one at a
    /// time; does not block. The model calls Load::start and Load::finish, and runs what finish returns.
    fn submit(&self, task: Task);
    /// Begins the first tasks of all slots, of a load that is not open. Each is brought when the iterator returns it.
    fn submit_first(&self, tasks: &mut dyn Iterator<Item = Task>) {
        tasks.for_each(|task| self.submit(task));
    }
    /// How many of its units it has created.
    fn units(&self) -> u64;
}

pub struct ModelInfo {
    pub name: &'static str,
    /// Sets the model up, connections included.
    pub make: fn(&'static Environment) -> Result<Box<dyn Model>, Refusal>,
}

/// What the process ends with once its input has.
static STATUS: AtomicI32 = AtomicI32::new(1);

/// The whole of main().
pub fn run(models: &[ModelInfo]) -> ! {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    if read.is_err() || !line.ends_with('\n') {
        std::process::exit(1);
    }
    std::thread::spawn(|| {
        let mut nothing = [0; 4096];
        while !matches!(std::io::stdin().lock().read(&mut nothing), Ok(0) | Err(_)) {}
        std::process::exit(STATUS.load(SeqCst));
    });
    // The parent has opened it for us; nobody else uses it.
    let mut events = Events(unsafe { File::from_raw_fd(EVENTS) });
    let json: Value = serde_json::from_str(&line).unwrap_or_default();
    let mut record = json!({"trial": json["trial"], "status": "ok", "reason": "", "warnings": []});
    match run_trial(&json, models, &mut events) {
        Ok(counted) => {
            record.as_object_mut().expect("it is one").extend(counted);
            STATUS.store(0, SeqCst);
        }
        Err(refusal) => {
            record["status"] = json!(if refusal.unsupported { "unsupported" } else { "failed" });
            record["reason"] = json!(refusal.reason.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
    events.say("record", record);
    loop {
        std::thread::park(); // until the input ends
    }
}

struct Events(File);

impl Events {
    fn say(&mut self, event: &str, mut fields: Value) {
        fields["event"] = json!(event);
        let line = format!("{fields}\n"); // whole: a file has no buffer, and each piece would wake the parent
        if let Err(error) = self.0.write_all(line.as_bytes()) {
            eprintln!("descriptor 3 takes no events: {error}");
            std::process::exit(1);
        }
    }
    fn say_window(&mut self, begin: u64, end: Option<u64>) {
        self.say("window", json!({"begin_ns": begin, "end_ns": end}));
    }
}

fn run_trial(json: &Value, models: &[ModelInfo], events: &mut Events) -> Result<Map<String, Value>, Refusal> {
    let spec = Spec::read(json)?;
    let info = models.iter().find(|info| info.name == spec.model);
    let info = info.ok_or_else(|| Refusal::unsupported(format!("a model \"{}\"", spec.model)))?;
    if let Some(name) = spec.settings.keys().next() {
        return Err(Refusal::unsupported(format!("{} with a setting \"{name}\"", spec.model)));
    }
    // The process ends with the trial: what all of its threads use lives until then.
    let spec: &'static Spec = Box::leak(Box::new(spec));
    let kernels = Kernels::new(spec.has_kernel(Kernel::Memory));
    let environment: &'static Environment = Box::leak(Box::new(Environment { spec, load: Load::new(spec), kernels }));
    let model: &'static dyn Model = Box::leak((info.make)(environment)?);
    let runtime = json!({"name": "rust", "version": env!("CBENCH_RUSTC")});
    events.say("ready", json!({"protocol": PROTOCOL, "runtime": runtime, "processes": false}));
    let outcome = match spec.load.kind {
        LoadKind::Closed => run_closed(environment, model, events),
        LoadKind::Fixed => run_fixed(environment, model, events),
        LoadKind::Open => run_open(environment, model, events),
    };
    let Outcome { settled, switches, open } = outcome.map_err(Refusal::failed)?;
    events.say("ended", json!({}));
    let mut record = environment.load.counts.to_record();
    record["settled"] = json!(settled);
    record["units"] = json!(model.units());
    record["switches"] = json!({"voluntary": switches.voluntary, "involuntary": switches.involuntary});
    if let Some(open) = open {
        record["open"] = open;
    }
    Ok(record.as_object().cloned().unwrap_or_default())
}

struct Outcome {
    settled: bool,
    switches: Switches,
    open: Option<Value>,
}

struct Switches {
    voluntary: i64,
    involuntary: i64,
}

impl Switches {
    /// Of the whole process so far.
    fn now() -> Self {
        let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
        // The pointer is good, and zeros are a good rusage.
        let usage = unsafe {
            libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
            usage.assume_init()
        };
        Self { voluntary: usage.ru_nvcsw, involuntary: usage.ru_nivcsw }
    }
    fn since(self, before: &Self) -> Self {
        Self { voluntary: self.voluntary - before.voluntary, involuntary: self.involuntary - before.involuntary }
    }
}

fn submit_all(environment: &Environment, model: &dyn Model) {
    environment.load.enter(); // until all are brought, the load has not ended
    let slots = 0..environment.spec.load.concurrency;
    model.submit_first(&mut slots.map_while(|slot| environment.load.first(slot)));
    environment.load.leave();
}

/// Sleeps until then; Err where a task has failed meanwhile.
fn sleep_through(load: &Load, until: u64) -> Result<(), String> {
    let left = until.saturating_sub(now());
    load.sleep(Duration::from_nanos(left)).map_or(Ok(()), Err)
}

fn run_closed(environment: &Environment, model: &dyn Model, events: &mut Events) -> Result<Outcome, String> {
    let (spec, load) = (&environment.spec.load, &environment.load);
    let submitted = now();
    submit_all(environment, model);
    sleep_through(load, submitted + spec.warmup_ns)?;
    let most = submitted + spec.most_warmup_ns.max(spec.warmup_ns);
    while !load.settled() && now() < most {
        load.sleep(POLL).map_or(Ok(()), Err)?;
    }
    let settled = load.settled();
    let begin = now() + NOTICE_NS;
    let end = begin + spec.duration_ns;
    load.set_window(Window { begin, end, over: end }); // first: to announce it takes time, and it may have begun then
    events.say_window(begin, Some(end));
    sleep_through(load, begin)?;
    let before = Switches::now();
    sleep_through(load, end)?;
    let switches = Switches::now().since(&before);
    load.drain().map_or(Ok(()), Err)?;
    Ok(Outcome { settled, switches, open: None })
}

fn run_fixed(environment: &Environment, model: &dyn Model, events: &mut Events) -> Result<Outcome, String> {
    let load = &environment.load;
    let begin = now() + NOTICE_NS;
    events.say_window(begin, None);
    sleep_until(begin);
    load.set_window(Window { begin: 0, end: u64::MAX, over: u64::MAX });
    let before = Switches::now();
    submit_all(environment, model);
    load.drain().map_or(Ok(()), Err)?;
    Ok(Outcome { settled: true, switches: Switches::now().since(&before), open: None })
}

fn run_open(
    environment: &'static Environment,
    model: &'static dyn Model,
    events: &mut Events,
) -> Result<Outcome, String> {
    let (spec, load) = (&environment.spec.load, &environment.load);
    let open: &'static OpenLoad = environment.load.open.as_ref().ok_or("the load is not open")?;
    let drain_ns = spec.open.map_or(0, |open| open.drain_ns);
    let epoch = now() + OPEN_NOTICE_NS;
    let begin = epoch + spec.warmup_ns;
    let end = begin + spec.duration_ns;
    let window = Window { begin, end, over: end + drain_ns };
    load.set_window(window);
    events.say_window(begin, Some(end));
    load.enter(); // the generator
    let generator = std::thread::spawn(move || {
        let generated = open.generate(&environment.load, epoch, window, &|task| model.submit(task));
        environment.load.leave();
        generated
    });
    sleep_through(load, begin)?;
    let before = Switches::now();
    sleep_through(load, end)?;
    let switches = Switches::now().since(&before);
    load.drain().map_or(Ok(()), Err)?;
    let generated = generator.join().map_err(|_| "the generator of arrivals broke")?;
    Ok(Outcome { settled: true, switches, open: Some(open.to_record(&generated, &load.counts, window)) })
}
