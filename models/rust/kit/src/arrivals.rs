//! When the tasks of an open load are due, in nanoseconds after its epoch: the same in every language.

use crate::digest::mix64;
use crate::spec::OpenSpec;

/// Due instants of arrivals 0, 1, 2 and so on, without an end.
#[derive(Clone)]
pub struct Arrivals {
    open: OpenSpec,
    next: u64,
    sum: f64,
}

impl Arrivals {
    pub fn new(open: OpenSpec) -> Self {
        Self { open, next: 0, sum: 0.0 }
    }
}

impl Iterator for Arrivals {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        if self.open.poisson {
            let u = (mix64(self.open.seed.wrapping_add(self.next)) >> 11) as f64 / (1u64 << 53) as f64;
            self.sum -= (1.0 - u).ln();
        } else {
            self.sum = self.next as f64;
        }
        self.next += 1;
        Some((self.sum / self.open.rate_per_s * 1e9).floor() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poisson_arrivals_are_due_when_the_page_says() {
        let open = OpenSpec { rate_per_s: 1000.0, poisson: true, sheds: false, seed: 1, drain_ns: 0 };
        let due: Vec<u64> = Arrivals::new(open).take(1000).collect();
        assert_eq!(due[..4], [836005, 1730509, 1850927, 2415604]);
        assert_eq!(due[999], 979497861);
    }

    #[test]
    fn constant_arrivals_are_due_at_i_over_the_rate() {
        let open = OpenSpec { rate_per_s: 3000.0, poisson: false, sheds: false, seed: 1, drain_ns: 0 };
        assert_eq!(Arrivals::new(open).take(4).collect::<Vec<_>>(), [0, 333333, 666666, 1000000]);
    }
}
