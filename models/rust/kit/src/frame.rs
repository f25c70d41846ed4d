//! The frame of a request, free of input and output: a model moves the bytes.

use std::time::Duration;

use crate::clock::now;
use crate::digest::fold;
use crate::TaskError;

const MAGIC: u32 = 0x6362_6e63;
const HEADER_BYTES: usize = 32;

/// One request at a time on one connection. Write `begin(...)`, read exactly as much into `reply()`, then `end()`; or read
/// into `rest()` until `came(...)` says that the reply is whole. The bytes of the longest are there from the start: what
/// would be made when a request begins is in its task's time.
pub struct Exchange {
    request: Box<[u8]>,
    reply: Box<[u8]>,
    size: usize, // of the frame under way
    read: usize, // of its reply, where it is read into rest()
    number: u64,
    not_before: u64,
}

impl Exchange {
    /// `connection` makes the numbers of frames differ between connections; no request has more than `most_bytes`.
    pub fn new(connection: u64, most_bytes: u32) -> Self {
        let most = HEADER_BYTES + most_bytes as usize;
        Self {
            request: (0..most).map(|i| (i % 251) as u8).collect(),
            reply: vec![0; most + 1].into(),
            size: 0,
            read: 0,
            number: connection << 32,
            not_before: 0,
        }
    }

    pub fn begin(&mut self, bytes: u32, delay: Duration) -> &[u8] {
        let delay = delay.as_nanos() as u64;
        self.size = HEADER_BYTES + bytes as usize;
        self.read = 0;
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

    /// What of the reply is missing, and a byte more: a read that leaves room has emptied the socket, and whoever knows that
    /// need not ask it once more.
    pub fn rest(&mut self) -> &mut [u8] {
        &mut self.reply[self.read..=self.size]
    }

    /// So many bytes were read into `rest()`. Whether the reply is whole.
    pub fn came(&mut self, bytes: usize) -> Result<bool, TaskError> {
        self.read += bytes;
        match self.read {
            _ if bytes == 0 => Err("the connection to the peer broke: it was closed".into()),
            read if read > self.size => Err("a reply is longer than the one that was asked for".into()),
            read => Ok(read == self.size),
        }
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

    /// A request of 100 bytes whose reply comes in pieces of so many: what each of them is found to be.
    fn in_pieces(sizes: &[usize]) -> (Exchange, Vec<Result<bool, TaskError>>) {
        let mut exchange = Exchange::new(7, 100);
        let mut frame = exchange.begin(100, Duration::ZERO).to_vec();
        for i in 16..24 {
            frame[i + 8] = !frame[i];
        }
        frame.push(0); // nobody asked for it
        let mut at = 0;
        let take = |size: &usize| {
            exchange.rest()[..*size].copy_from_slice(&frame[at..at + size]);
            at += size;
            exchange.came(*size)
        };
        let found = sizes.iter().map(take).collect();
        (exchange, found)
    }

    #[test]
    fn a_reply_is_whole_once_its_last_piece_has_come() {
        let (exchange, found) = in_pieces(&[1, 50, 81]);
        assert_eq!(found, [Ok(false), Ok(false), Ok(true)]);
        assert_eq!(exchange.end(), Ok(fold(100, 0)));
    }

    #[test]
    fn there_is_always_room_for_more_than_is_missing() {
        let mut exchange = Exchange::new(7, 100);
        for bytes in [100, 17, 100] {
            exchange.begin(bytes, Duration::ZERO);
            assert_eq!(exchange.rest().len(), HEADER_BYTES + bytes as usize + 1);
            assert_eq!(exchange.came(40), Ok(false));
            assert_eq!(exchange.rest().len(), HEADER_BYTES + bytes as usize + 1 - 40);
        }
    }

    #[test]
    fn a_reply_longer_than_asked_for_or_cut_off_is_an_error() {
        let (_, found) = in_pieces(&[100, 33]);
        assert!(found[1].as_ref().unwrap_err().contains("longer"));
        let (_, found) = in_pieces(&[100, 0]);
        assert!(found[1].as_ref().unwrap_err().contains("broke"));
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
