"""Worker processes: a pool of the standard library's, all of it forked before the first task."""

import ctypes
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from mmap import mmap
from multiprocessing import get_context

EVENTS = 3  # the descriptor that cbench reads
PR_SET_PDEATHSIG = 1


def prctl(option, argument):
    ctypes.CDLL(None).prctl(option, argument)


def shared(size):
    """Zeros that this process and the workers share."""
    return memoryview(mmap(-1, 8 * size)).cast("Q")


def fork_pool(workers, use, prepare=None):
    """`prepare` is called in each worker with its number, from 0. What is there now is there in the workers, too."""
    context = get_context("fork")
    number, all_there = context.Value("i", 0), context.Barrier(workers + 1)
    pool = ProcessPoolExecutor(workers, context, enter, (number, all_there, use, prepare))
    pool.submit(int)  # makes all workers
    all_there.wait()
    return pool


def enter(number, all_there, use, prepare):
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # it ends with the model
    os.close(EVENTS)
    with number.get_lock():
        mine = number.value
        number.value += 1
    use.become_worker(mine)
    if prepare is not None:
        prepare(mine)
    all_there.wait()
