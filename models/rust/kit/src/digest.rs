//! The arithmetic of digests: unsigned numbers of 64 bits that wrap around.

pub fn mix64(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

pub fn fold(digest: u64, value: u64) -> u64 {
    mix64(digest.wrapping_mul(31).wrapping_add(value))
}

/// What branch `index` of a fan-out starts from.
pub fn of_branch(index: u64) -> u64 {
    mix64(index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_64_bytes_and_20_ms_has_the_digest_of_the_page() {
        assert_eq!(fold(0, fold(64, 20_000_000)), 0x8fd0_705e_9353_09c6);
    }

    #[test]
    fn branches_start_from_mix64_of_their_number_and_one() {
        assert_eq!(of_branch(0), mix64(1));
        assert_eq!(mix64(0), 0xe220_a839_7b1d_cdaf); // the first of splitmix64 from 0, as published
    }
}
