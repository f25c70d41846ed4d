"""The digest that proves that a task did its work."""

from functools import lru_cache

MASK = 2**64 - 1


def mix64(x):
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ x >> 27) * 0x94D049BB133111EB & MASK
    return x ^ x >> 31


# Arithmetic on 64 bits takes Python half a microsecond, as long as all else that the kit does for a task; tasks of one
# script fold the same values again and again.
@lru_cache(maxsize=4096)
def fold(digest, value):
    return mix64(digest * 31 + value & MASK)


def branch_digest(index):
    """What the digest of a branch starts from."""
    return mix64(index + 1)
