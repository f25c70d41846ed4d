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
use cbench_kit::{Environment, Model, Refusal, Sources, Step, Task, TaskError};
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
    locks: BTreeMap<u64, Mutex<()>>,
    /// By slot: a task takes them when it begins and puts them back before it finishes.
    idle: Vec<Cell<Lanes>>,
    has_lanes: bool,
    branches: AtomicU64,
}

pub fn make(environment: &'static Environment) -> Result<Box<dyn Model>, Refusal> {
    let runtime = Builder::new_multi_thread().worker_threads(environment.spec.workers).enable_all().build()?;
    let idle = runtime.block_on(connect(environment))?.into_iter().map(Cell::new).collect();
    let locks = environment.spec.locks().into_iter().map(|lock| (lock, Mutex::new(()))).collect();
    let shared = Shared {
        environment,
        runtime,
        locks,
        idle,
        has_lanes: environment.spec.lanes() > 0,
        branches: AtomicU64::new(0),
    };
    Ok(Box::new(Tokio { shared: Box::leak(Box::new(shared)) }))
}

impl Model for Tokio {
    fn submit(&self, task: Task) {
        self.shared.spawn(task);
    }
    fn units(&self) -> u64 {
        self.shared.environment.load.counts.total() + self.shared.branches.load(Relaxed)
    }
}

impl Shared {
    // One block, since arguments of an async function are kept twice: a task of tokio is allocated with all that it holds.
    fn spawn(&'static self, mut task: Task) {
        self.runtime.spawn(async move {
            let load = &self.environment.load;
            if !load.start(&mut task) {
                return;
            }
            let script = load.script(&task);
            let result = if self.has_lanes {
                let mut lanes = std::mem::take(&mut *self.idle[task.slot].lock().unwrap());
                let result = self.run(&script.steps, 0, &mut lanes).await;
                *self.idle[task.slot].lock().unwrap() = lanes;
                result
            } else {
                self.run(&script.steps, 0, &mut Lanes::new()).await
            };
            match result {
                Ok(digest) => {
                    if let Some(next) = load.finish(&task, digest) {
                        self.spawn(next);
                    }
                }
                Err(reason) => load.fail(reason),
            }
        });
    }

    async fn run(&'static self, steps: &'static [Step], mut digest: u64, lanes: &mut Lanes) -> Result<u64, TaskError> {
        for step in steps {
            digest = match step {
                Step::Compute { kernel, amount } => fold(digest, self.environment.kernels.run(*kernel, *amount)?),
                Step::Wait { time } => {
                    tokio::time::sleep(*time).await;
                    fold(digest, time.as_nanos() as u64)
                }
                Step::Request { bytes, delay } => {
                    let connection = lanes.first_mut().ok_or("there is no connection")?;
                    fold(digest, connection.request(*bytes, *delay).await?)
                }
                Step::Critical { lock, body } => {
                    let _guard = self.locks[lock].lock().await;
                    self.run_body(body, fold(digest, *lock), lanes).await?
                }
                Step::FanOut { width, lanes: each, body } => {
                    fold(digest, self.fan_out(*width as usize, *each, body, lanes).await?)
                }
            };
        }
        Ok(digest)
    }

    /// A future that holds others of its own kind has to be boxed.
    fn run_body<'a>(&'static self, body: &'static [Step], digest: u64, lanes: &'a mut Lanes) -> BodyFuture<'a> {
        Box::pin(self.run(body, digest, lanes))
    }

    /// Spawns the branches, and returns once all have ended: the sum of their digests, or the first error.
    async fn fan_out(
        &'static self,
        width: usize,
        each: usize,
        body: &'static [Step],
        lanes: &mut Lanes,
    ) -> Result<u64, TaskError> {
        self.branches.fetch_add(width as u64, Relaxed);
        let mut branches = JoinSet::new();
        for index in 0..width {
            let mut own = lanes.split_off(lanes.len() - each);
            branches.spawn(async move {
                let result = self.run_body(body, of_branch(index as u64), &mut own).await;
                (own, result)
            });
        }
        let mut sum = Ok(0u64);
        while let Some(ended) = branches.join_next().await {
            let (own, result) = ended.map_err(|error| error.to_string())?;
            lanes.extend(own);
            sum = sum.and_then(|sum| result.map(|digest| sum.wrapping_add(digest)));
        }
        sum
    }
}

type BodyFuture<'a> = Pin<Box<dyn Future<Output = Result<u64, TaskError>> + Send + 'a>>;

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
