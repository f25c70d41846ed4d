//! The frame of a request, free of input and output: a model moves the bytes.

use std::time::Duration;

use crate::clock::now;
use crate::digest::fold;
use crate::TaskError;

const MAGIC: u32 = 0x6362_6e63;
const HEADER_BYTES: usize = 32;

/// One request at a time on one connection. Write `begin(...)`, read exactly as much into `reply()`, then `end()`. The
/// bytes of the longest are there from the start: what would be made when a request begins is in its task's time.
pub struct Exchange {
    request: Box<[u8]>,
    reply: Box<[u8]>,
    size: usize, // of the frame under way
    number: u64,
    not_before: u64,
}

impl Exchange {
    /// `connection` makes the numbers of frames differ between connections; no request has more than `most_bytes`.
    pub fn new(connection: u64, most_bytes: u32) -> Self {
        let most = HEADER_BYTES + most_bytes as usize;
        Self {
            request: (0..most).map(|i| (i % 251) as u8).collect(),
            reply: vec![0; most].into(),
            size: 0,
            number: connection << 32,
            not_before: 0,
        }
    }

    pub fn begin(&mut self, bytes: u32, delay: Duration) -> &[u8] {
        let delay = delay.as_nanos() as u64;
        self.size = HEADER_BYTES + bytes as usize;
        self.number += 1;
        self.request[0..4].copy_from_slice(&MAGIC.to_ne_bytes());
        self.request[4..8].copy_from_slice(&bytes.to_ne_bytes());
        self.request[8..16].copy_from_slice(&delay.to_ne_bytes());
        self.request[16..24].copy_from_slice(&self.number.to_ne_bytes());
        self.request[24..32].fill(0);
        self.not_before = now() + delay;
        &self.request[..self.size]
    }

    pub fn reply(&mut self) -> &mut [u8] {
        &mut self.reply[..self.size]
    }

    /// What the reply folds into a digest.
    pub fn end(&self) -> Result<u64, TaskError> {
        let (request, reply) = (&self.request[..self.size], &self.reply[..self.size]);
        let word = |at: usize| u64::from_ne_bytes(reply[at..at + 8].try_into().unwrap_or_default());
        if reply[..24] != request[..24] || word(24) != !self.number {
            return Err("a reply is not the one that was asked for".into());
        }
        if reply[HEADER_BYTES..] != request[HEADER_BYTES..] {
            return Err("the payload of a reply is damaged".into());
        }
        if now() < self.not_before {
            return Err("a reply came early, before its delay had passed".into());
        }
        let bytes = u32::from_ne_bytes(reply[4..8].try_into().unwrap_or_default());
        Ok(fold(bytes.into(), word(8)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the peer makes of a frame, at once.
    fn exchange(delay: Duration, spoil: impl Fn(&mut [u8])) -> Result<u64, TaskError> {
        answer(&mut Exchange::new(7, 100), 100, delay, spoil)
    }

    fn answer(
        exchange: &mut Exchange,
        bytes: u32,
        delay: Duration,
        spoil: impl Fn(&mut [u8]),
    ) -> Result<u64, TaskError> {
        let mut frame = exchange.begin(bytes, delay).to_vec();
        for i in 16..24 {
            frame[i + 8] = !frame[i];
        }
        spoil(&mut frame);
        exchange.reply().copy_from_slice(&frame);
        exchange.end()
    }

    #[test]
    fn a_reply_folds_what_its_header_says() {
        assert_eq!(exchange(Duration::ZERO, |_| ()), Ok(fold(100, 0)));
    }

    #[test]
    fn requests_of_any_size_up_to_the_most_follow_one_another() {
        let mut exchange = Exchange::new(7, 300);
        for bytes in [300, 0, 17, 300, 299] {
            assert_eq!(answer(&mut exchange, bytes, Duration::ZERO, |_| ()), Ok(fold(bytes.into(), 0)));
        }
    }

    #[test]
    fn a_request_of_another_size_makes_nothing_new() {
        let mut exchange = Exchange::new(7, 300);
        let first = exchange.begin(300, Duration::ZERO).as_ptr();
        let reply = exchange.reply().as_ptr();
        for bytes in [17, 300, 0] {
            assert_eq!(exchange.begin(bytes, Duration::ZERO).as_ptr(), first);
            assert_eq!(exchange.reply().as_ptr(), reply);
            assert_eq!(exchange.reply().len(), HEADER_BYTES + bytes as usize);
        }
    }

    #[test]
    fn a_reply_to_another_frame_or_of_nobody_is_an_error() {
        for at in [0, 5, 9, 17, 30] {
            let error = exchange(Duration::ZERO, |frame| frame[at] ^= 1).unwrap_err();
            assert!(error.contains("asked for"), "byte {at}: {error}");
        }
    }

    #[test]
    fn a_payload_that_is_damaged_is_an_error() {
        assert!(exchange(Duration::ZERO, |frame| frame[50] ^= 1).unwrap_err().contains("damaged"));
    }

    #[test]
    fn a_reply_before_its_delay_is_an_error() {
        assert!(exchange(Duration::from_secs(9), |_| ()).unwrap_err().contains("early"));
    }
}
