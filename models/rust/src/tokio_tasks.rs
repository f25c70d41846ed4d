//! tokio's multi-thread runtime with a task for each task and each branch: what a service in Rust is made of.

use std::collections::BTreeMap;
use std::future::Future;
use std::os::unix::io::AsRawFd;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Mutex as Cell;
use std::time::Duration;

use cbench_kit::digest::{fold, of_branch};
use cbench_kit::frame::Exchange;
use cbench_kit::{Apart, Environment, Model, Refusal, Sources, Step, Task, TaskError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

/// Connections of a slot. They move with its tasks, and with the branches of these.
type Lanes = Vec<Connection>;

struct Tokio {
    shared: &'static Shared,
}

struct Shared {
    environment: &'static Environment,
    runtime: Runtime,
    locks: BTreeMap<u64, Apart<Mutex<()>>>,
    /// By slot: of those without a task.
    idle: Vec<Cell<Option<&'static mut Slot>>>,
    branches: Apart<AtomicU64>,
}

/// What the tasks of a slot need, one after the other. tokio allocates each task anew with all that its future keeps while
/// it waits: so what can be is kept here, and what only some steps need is in a box of theirs. Two cache lines, which no
/// other slot's thread writes to.
#[repr(align(128))]
struct Slot {
    task: Task,
    walk: Walk,
}

pub fn make(environment: &'static Environment) -> Result<Box<dyn Model>, Refusal> {
    let runtime = Builder::new_multi_thread().worker_threads(environment.spec.workers).enable_all().build()?;
    let lanes = runtime.block_on(connect(environment))?;
    let shared: &'static Shared = Box::leak(Box::new(Shared {
        environment,
        runtime,
        locks: environment.spec.locks().into_iter().map(|lock| (lock, Apart::default())).collect(),
        idle: lanes.iter().map(|_| Cell::default()).collect(),
        branches: Apart::default(),
    }));
    let slot = |lanes| Slot { task: Task::default(), walk: Walk { shared, steps: [].iter(), digest: 0, lanes } };
    let slots: Vec<Slot> = lanes.into_iter().map(slot).collect();
    for (idle, slot) in shared.idle.iter().zip(slots.leak()) {
        *idle.lock().unwrap() = Some(slot);
    }
    Ok(Box::new(Tokio { shared }))
}

impl Model for Tokio {
    fn submit(&self, task: Task) {
        self.shared.spawn(self.shared.take(task.slot), task);
    }
    fn units(&self) -> u64 {
        self.shared.environment.load.counts.total() + self.shared.branches.load(Relaxed)
    }
}

impl Shared {
    fn take(&self, slot: usize) -> &'static mut Slot {
        self.idle[slot].lock().unwrap().take().expect("a slot has one task at a time")
    }

    fn spawn(&'static self, slot: &'static mut Slot, task: Task) {
        slot.task = task;
        self.runtime.spawn(async move {
            let load = &slot.walk.shared.environment.load;
            if !load.start(&mut slot.task) {
                return;
            }
            slot.walk.steps = load.script(&slot.task).steps.iter();
            slot.walk.digest = 0;
            match slot.walk.run().await {
                Ok(()) => finish(slot),
                Err(reason) => slot.walk.shared.environment.load.fail(reason),
            }
        });
    }
}

fn finish(slot: &'static mut Slot) {
    let shared = slot.walk.shared;
    let (load, task, digest) = (&shared.environment.load, slot.task, slot.walk.digest);
    // Under an open load the slot is the generator's to give as soon as the task has finished.
    let kept = if load.open.is_none() {
        Some(slot)
    } else {
        *shared.idle[task.slot].lock().unwrap() = Some(slot);
        None
    };
    if let Some(next) = load.finish(&task, digest) {
        shared.spawn(kept.unwrap_or_else(|| shared.take(next.slot)), next);
    }
}

/// The way through the steps of a task or of a branch: what is left of them, and what they have made of the digest.
struct Walk {
    shared: &'static Shared,
    steps: std::slice::Iter<'static, Step>,
    digest: u64,
    lanes: Lanes,
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, TaskError>> + Send + 'a>>;

impl Walk {
    async fn run(&mut self) -> Result<(), TaskError> {
        while let Some(step) = self.steps.next() {
            match step {
                Step::Compute { kernel, amount } => {
                    let value = self.shared.environment.kernels.run(*kernel, *amount)?;
                    self.digest = fold(self.digest, value);
                }
                Step::Wait { time } => {
                    self.digest = fold(self.digest, time.as_nanos() as u64);
                    tokio::time::sleep(*time).await;
                }
                Step::Request { bytes, delay } => {
                    let connection = self.lanes.first_mut().ok_or("there is no connection")?;
                    let value = connection.request(*bytes, *delay).await?;
                    self.digest = fold(self.digest, value);
                }
                Step::Critical { lock, body } => self.critical(*lock, body).await?,
                Step::FanOut { width, lanes, body } => {
                    let value = self.fan_out(*width as usize, *lanes, body).await?;
                    self.digest = fold(self.digest, value);
                }
            }
        }
        Ok(())
    }

    fn critical(&mut self, lock: u64, body: &'static [Step]) -> Boxed<'_, ()> {
        Box::pin(async move {
            let _guard = self.shared.locks[&lock].lock().await;
            self.digest = fold(self.digest, lock);
            let after = std::mem::replace(&mut self.steps, body.iter());
            self.run().await?;
            self.steps = after;
            Ok(())
        })
    }

    /// Spawns the branches, and returns once all have ended: the sum of their digests, or the first error.
    fn fan_out(&mut self, width: usize, lanes: usize, body: &'static [Step]) -> Boxed<'_, u64> {
        Box::pin(async move {
            self.shared.branches.fetch_add(width as u64, Relaxed);
            let mut branches = JoinSet::new();
            for index in 0..width {
                let own = self.lanes.split_off(self.lanes.len() - lanes);
                let mut branch =
                    Walk { shared: self.shared, steps: body.iter(), digest: of_branch(index as u64), lanes: own };
                branches.spawn(async move {
                    let ended = branch.run().await;
                    (branch.lanes, ended.map(|()| branch.digest))
                });
            }
            let mut sum = Ok(0u64);
            while let Some(ended) = branches.join_next().await {
                let (lanes, digest) = ended.map_err(|error| error.to_string())?;
                self.lanes.extend(lanes);
                sum = sum.and_then(|sum| digest.map(|digest| sum.wrapping_add(digest)));
            }
            sum
        })
    }
}

struct Connection {
    stream: TcpStream,
    exchange: Exchange,
}

impl Connection {
    async fn request(&mut self, bytes: u32, delay: Duration) -> Result<u64, TaskError> {
        let broken = |error: std::io::Error| format!("the connection to the peer broke: {error}");
        self.stream.write_all(self.exchange.begin(bytes, delay)).await.map_err(broken)?;
        // Not read_exact: tokio takes a socket whose read has filled the buffer to hold more, and asks it in vain.
        loop {
            let bytes = self.stream.read(self.exchange.rest()).await.map_err(broken)?;
            if self.exchange.came(bytes)? {
                return self.exchange.end();
            }
        }
    }
}

/// The connections of each slot.
async fn connect(environment: &Environment) -> Result<Vec<Lanes>, Refusal> {
    let (lanes, slots) = (environment.spec.lanes(), environment.spec.load.concurrency);
    let most_bytes = environment.spec.most_bytes();
    let sources = Sources::new();
    let mut by_slot: Vec<Lanes> = (0..slots).map(|_| Vec::with_capacity(lanes)).collect();
    let peer = match &environment.spec.peer {
        Some(peer) if lanes > 0 => peer,
        _ => return Ok(by_slot),
    };
    let address = format!("{}:{}", peer.address, peer.port).parse();
    let address = address.map_err(|_| Refusal::failed(format!("peer.address: {} is none", peer.address)))?;
    for index in 0..slots * lanes {
        let open = async {
            let socket = TcpSocket::new_v4()?;
            if let Some(source) = sources.bind_to(index, socket.as_raw_fd()) {
                socket.bind(source.into())?;
            }
            let stream = socket.connect(address).await?;
            stream.set_nodelay(true)?;
            // Closed in the usual way it would hold its port for a minute.
            stream.set_linger(Some(Duration::ZERO))?;
            Ok(stream)
        };
        let which = format!("connection {} of {} to the peer on port {}", index + 1, slots * lanes, peer.port);
        let stream = open.await.map_err(|error: std::io::Error| Refusal::failed(format!("{which}: {error}")))?;
        by_slot[index / lanes].push(Connection { stream, exchange: Exchange::new(index as u64, most_bytes) });
    }
    Ok(by_slot)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    /// Answers one frame of 64 bytes, and says so many bytes more.
    fn answer(mut stream: std::net::TcpStream, surplus: usize) {
        let mut frame = vec![0u8; 32 + 64];
        stream.read_exact(&mut frame).unwrap();
        for i in 16..24 {
            frame[i + 8] = !frame[i];
        }
        frame.resize(32 + 64 + surplus, 0);
        stream.write_all(&frame).unwrap();
        let _ = stream.read(&mut frame); // until the other side has closed
    }

    /// What the request returned, and whether tokio takes the socket to hold more afterwards.
    fn request(surplus: usize) -> (Result<u64, TaskError>, bool) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let peer = std::thread::spawn(move || answer(listener.accept().unwrap().0, surplus));
        let said = Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let stream = TcpStream::connect(address).await.unwrap();
            let mut connection = Connection { stream, exchange: Exchange::new(0, 64) };
            let result = connection.request(64, Duration::ZERO).await;
            (result, tokio::time::timeout(Duration::ZERO, connection.stream.readable()).await.is_ok())
        });
        peer.join().unwrap();
        said
    }

    #[test]
    fn a_socket_that_a_reply_was_read_from_is_known_to_be_empty() {
        assert_eq!(request(0), (Ok(fold(64, 0)), false));
    }

    #[test]
    fn a_reply_longer_than_asked_for_is_an_error() {
        assert!(request(1).0.unwrap_err().contains("longer"));
    }
}
