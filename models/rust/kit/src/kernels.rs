//! What a compute step runs.

use crate::digest::mix64;
use crate::TaskError;

const ENTRIES: usize = 1 << 20;

/// An entry of the table of `memory`: they lie a cache line apart.
#[repr(align(64))]
#[derive(Clone, Copy)]
struct Line {
    next: u32,
}

/// The kernels, with what they need made beforehand.
pub struct Kernels {
    chase: Vec<Line>,
}

impl Kernels {
    /// `memory`: whether a script has that kernel, whose table takes 64 MiB.
    pub fn new(memory: bool) -> Self {
        Self { chase: if memory { make_chase() } else { Vec::new() } }
    }

    pub fn run(&self, kernel: Kernel, amount: u64) -> Result<u64, TaskError> {
        match kernel {
            Kernel::Primes => Ok(primes(amount)),
            Kernel::Mix => Ok((0..amount).fold(1, |state, _| mix64(state))),
            Kernel::Memory => Ok((0..amount).fold(0, |at: u32, _| self.chase[at as usize].next).into()),
            Kernel::Fault => Err("the fault kernel ran: this task is meant to fail".into()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    Primes,
    Mix,
    Memory,
    Fault,
}

impl Kernel {
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "primes" => Some(Self::Primes),
            "mix" => Some(Self::Mix),
            "memory" => Some(Self::Memory),
            "fault" => Some(Self::Fault),
            _ => None,
        }
    }
}

fn primes(below: u64) -> u64 {
    let mut found = 0;
    for candidate in 2..below as u32 {
        let mut prime = true;
        let mut divisor = 2;
        while divisor * divisor <= candidate {
            if candidate % divisor == 0 {
                prime = false;
                break;
            }
            divisor += 1;
        }
        found += u64::from(prime);
    }
    found
}

/// One cycle through all entries, in an order that no prefetcher guesses.
fn make_chase() -> Vec<Line> {
    let mut lines: Vec<Line> = (0..ENTRIES as u32).map(|next| Line { next }).collect();
    let mut random = 42;
    for i in (1..ENTRIES).rev() {
        random = mix64(random);
        lines.swap(i, (random % i as u64) as usize);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_return_what_the_page_says() {
        let kernels = Kernels::new(true);
        assert_eq!(kernels.run(Kernel::Primes, 20_000), Ok(2262));
        assert_eq!(kernels.run(Kernel::Primes, 0), Ok(0));
        assert_eq!(kernels.run(Kernel::Mix, 2), Ok(mix64(mix64(1))));
        assert_eq!(kernels.run(Kernel::Memory, 1), Ok(528_306));
        assert_eq!(kernels.run(Kernel::Memory, 100_000), Ok(653_470));
        assert!(kernels.run(Kernel::Fault, 0).is_err());
    }
}
