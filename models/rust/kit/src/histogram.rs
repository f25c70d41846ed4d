//! Where a time is counted: in steps of 1 ns up to 2,048, then 1,024 of them for each doubling, up to an hour.

const MOST_NS: u64 = 3_600_000_000_000;

pub const SIZE: usize = index_of(MOST_NS) + 1;

pub const fn index_of(ns: u64) -> usize {
    let ns = if ns < MOST_NS { ns } else { MOST_NS };
    let bits = 64 - (ns | 1024).leading_zeros(); // at least 11
    let bucket = bits - 11;
    bucket as usize * 1024 + (ns >> bucket) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_counted_where_the_page_says() {
        assert_eq!(index_of(1000), 1000);
        assert_eq!(index_of(5000), 3298);
        assert_eq!(index_of(20_000_000), 15556);
        assert_eq!(index_of(0), 0);
        assert_eq!(index_of(u64::MAX), SIZE - 1);
    }

    #[test]
    fn indexes_rise_without_a_gap() {
        let mut before = 0;
        for ns in 1..3_000_000 {
            let index = index_of(ns);
            assert!(index == before || index == before + 1, "{ns}");
            before = index;
        }
    }
}
