//! From which addresses of this host connections leave. An address has 28,000 ports where nobody changed it; the kernel
//! takes every other one first and then looks for each further one through all of them.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::unix::io::RawFd;

const MOST: usize = 64;

pub struct Sources {
    quick: usize, // connections that an address takes before that
}

impl Sources {
    pub fn new() -> Self {
        let ports = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok().and_then(|range| {
            let mut ends = range.split_whitespace().map(str::parse::<usize>);
            Some((ends.next()?.ok()?, ends.next()?.ok()?))
        });
        let (first, last) = ports.unwrap_or((32_768, 60_999));
        Self { quick: ((last + 1).saturating_sub(first) * 3 / 8).max(1) }
    }

    /// Where to bind the socket of that connection before it connects; `None`: the kernel's own choice will do. Makes the
    /// kernel choose the port when it connects: until then it would be one that no connection of the address has.
    pub fn bind_to(&self, connection: usize, socket: RawFd) -> Option<SocketAddrV4> {
        let source = (connection / self.quick).min(MOST - 1);
        if source == 0 {
            return None;
        }
        let on: libc::c_int = 1;
        let size = std::mem::size_of_val(&on) as libc::socklen_t;
        let value = std::ptr::addr_of!(on).cast();
        // The pointer and the size are those of a number. Where it cannot be set, connecting takes longer.
        unsafe { libc::setsockopt(socket, libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT, value, size) };
        Some(SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, 1 + source as u8), 0))
    }
}

impl Default for Sources {
    fn default() -> Self {
        Self::new()
    }
}
