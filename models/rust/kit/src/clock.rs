//! The clock of the parent and of the peer, CLOCK_MONOTONIC, in nanoseconds. `std::time::Instant` reads the same one and
//! does not tell its value.

use std::time::Duration;

fn read(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // The clocks exist and the pointer is good: it cannot fail.
    unsafe { libc::clock_gettime(clock, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

pub fn now() -> u64 {
    read(libc::CLOCK_MONOTONIC)
}

/// CPU time of the calling thread.
pub fn thread_cpu() -> u64 {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// Blocks the thread until then.
pub fn sleep_until(instant: u64) {
    let mut at = now();
    while at < instant {
        std::thread::sleep(Duration::from_nanos(instant - at));
        at = now();
    }
}
