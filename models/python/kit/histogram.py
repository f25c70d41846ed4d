"""Histograms of times as docs/protocol.md has them: a list of counts, or a shared view of them, by index."""

LONGEST_NS = 3_600_000_000_000  # what takes longer counts as this
LINEAR_BITS = 11  # times below 2^11 ns have an index each
STEP_BITS = 10


def index_of(ns):
    if ns < 1 << LINEAR_BITS:
        return max(ns, 0)
    if ns > LONGEST_NS:
        ns = LONGEST_NS
    bucket = ns.bit_length() - LINEAR_BITS
    return (bucket << STEP_BITS) + (ns >> bucket)


SIZE = index_of(LONGEST_NS) + 1


def sparse(histograms):
    """Pairs of index and count, of several histograms together."""
    return [[index, count] for index, count in enumerate(map(sum, zip(*histograms))) if count]


def total(pairs):
    return sum(count for _, count in pairs)
