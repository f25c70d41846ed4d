//! The baseline of Rust: one task after the other, in a loop on one thread, with calls that block it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::Mutex;
use std::time::Duration;

use cbench_kit::clock::{now, sleep_until};
use cbench_kit::digest::{fold, of_branch};
use cbench_kit::frame::Exchange;
use cbench_kit::{Environment, Model, Refusal, Step, Task, TaskError};

struct Sequential {
    environment: &'static Environment,
    tasks: Mutex<Sender<Task>>,
}

pub fn make(environment: &'static Environment) -> Result<Box<dyn Model>, Refusal> {
    if environment.spec.load.concurrency > 1 {
        return Err(Refusal::unsupported("more than one task in flight"));
    }
    let connection = match &environment.spec.peer {
        Some(peer) if environment.spec.lanes() > 0 => {
            Some(Connection::open(&peer.address, peer.port, environment.spec.most_bytes())?)
        }
        _ => None,
    };
    let (tasks, received) = channel();
    let mut walk = Walk { environment, connection };
    std::thread::spawn(move || walk.serve(&received));
    Ok(Box::new(Sequential { environment, tasks: Mutex::new(tasks) }))
}

impl Model for Sequential {
    fn submit(&self, task: Task) {
        // The thread receives as long as the process lives.
        let _ = self.tasks.lock().unwrap().send(task);
    }
    fn units(&self) -> u64 {
        self.environment.load.counts.total()
    }
}

struct Connection {
    stream: TcpStream,
    exchange: Exchange,
}

impl Connection {
    fn open(address: &str, port: u16, most_bytes: u32) -> Result<Self, Refusal> {
        let stream = TcpStream::connect((address, port))
            .map_err(|error| Refusal::failed(format!("connection 1 of 1 to the peer on port {port}: {error}")))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, exchange: Exchange::new(0, most_bytes) })
    }
    fn request(&mut self, bytes: u32, delay: Duration) -> Result<u64, TaskError> {
        let broken = |error: std::io::Error| format!("the connection to the peer broke: {error}");
        self.stream.write_all(self.exchange.begin(bytes, delay)).map_err(broken)?;
        self.stream.read_exact(self.exchange.reply()).map_err(broken)?;
        self.exchange.end()
    }
}

struct Walk {
    environment: &'static Environment,
    connection: Option<Connection>,
}

impl Walk {
    fn serve(&mut self, received: &Receiver<Task>) {
        let load = &self.environment.load;
        for first in received {
            let mut next = Some(first);
            while let Some(mut task) = next.take() {
                if !load.start(&mut task) {
                    break;
                }
                match self.run(&load.script(&task).steps, 0) {
                    Ok(digest) => next = load.finish(&task, digest),
                    Err(reason) => load.fail(reason),
                }
            }
        }
    }

    fn run(&mut self, steps: &[Step], mut digest: u64) -> Result<u64, TaskError> {
        for step in steps {
            digest = match step {
                Step::Compute { kernel, amount } => fold(digest, self.environment.kernels.run(*kernel, *amount)?),
                Step::Wait { time } => {
                    sleep_until(now() + time.as_nanos() as u64);
                    fold(digest, time.as_nanos() as u64)
                }
                Step::Request { bytes, delay } => {
                    let connection = self.connection.as_mut().ok_or("there is no connection")?;
                    fold(digest, connection.request(*bytes, *delay)?)
                }
                Step::Critical { lock, body } => self.run(body, fold(digest, *lock))?, // nobody else is there
                Step::FanOut { width, body, .. } => {
                    let mut sum = 0u64;
                    for index in 0..*width {
                        sum = sum.wrapping_add(self.run(body, of_branch(index))?);
                    }
                    fold(digest, sum)
                }
            };
        }
        Ok(digest)
    }
}
