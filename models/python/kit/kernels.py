"""The kernels of compute steps, in plain Python."""

from array import array
from functools import cache
from math import isqrt

from kit.digest import MASK, mix64

CHASE_ENTRIES = 1 << 20
ENTRIES_A_LINE = 16  # of 4 bytes


def primes(below):
    found = 0
    for candidate in range(2, below):
        for divisor in range(2, isqrt(candidate) + 1):
            if candidate % divisor == 0:
                break
        else:
            found += 1
    return found


def mix(rounds):
    x = 1
    for _ in range(rounds):
        x = (x + 0x9E3779B97F4A7C15) & MASK
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & MASK
        x = (x ^ x >> 27) * 0x94D049BB133111EB & MASK
        x ^= x >> 31
    return x


@cache
def chase():
    """One cycle through a table with an entry in each of its cache lines. Takes a second the first time."""
    successors = array("I", range(CHASE_ENTRIES))
    r = 42
    for i in range(CHASE_ENTRIES - 1, 0, -1):
        r = mix64(r)
        j = r % i
        successors[i], successors[j] = successors[j], successors[i]
    table = array("I", bytes(4 * ENTRIES_A_LINE * CHASE_ENTRIES))
    table[::ENTRIES_A_LINE] = successors
    return table


def memory(loads):
    table = chase()
    at = 0
    for _ in range(loads):
        at = table[at * ENTRIES_A_LINE]
    return at


def fault(_amount):
    raise RuntimeError("the fault kernel ran: this task is meant to fail")


KERNELS = {"primes": primes, "mix": mix, "memory": memory, "fault": fault}


def prepare(kernel):
    """Makes what the kernel needs. During the set-up, and before workers are forked."""
    if kernel is memory:
        chase()
