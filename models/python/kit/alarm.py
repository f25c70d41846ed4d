"""Instants that a loop comes to in time. Its own timers count milliseconds: asyncio's loop is up to one late, and
uvloop's takes what is less than half of one for nothing, and would turn round and round until the instant has come."""

import asyncio
import ctypes
import os
import time

TFD_TIMER_ABSTIME = 1
NS = 1_000_000_000

libc = ctypes.CDLL(None, use_errno=True)  # Python has these since 3.13


def called(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


class Alarm:
    """A descriptor that can be read from an instant on. It never is: when it is set again it no longer can be."""

    def __init__(self):
        self.descriptor = called(libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC))
        self.setting = (ctypes.c_long * 4)()  # of the interval, which is 0, and of the instant: seconds and ns

    def set(self, instant):
        self.setting[2], self.setting[3] = divmod(instant, NS)
        called(libc.timerfd_settime(self.descriptor, TFD_TIMER_ABSTIME, self.setting, None))

    def close(self):
        os.close(self.descriptor)


async def go_through(instants):
    """Resumes a generator at the instants that it yields, to its end. In the loop itself: a task would be woken by a
    callback, and come to its turn a round later."""
    loop, alarm = asyncio.get_running_loop(), Alarm()
    ended = loop.create_future()

    def ring():
        if ended.done():  # cancelled
            return
        try:
            if (instant := next(instants, None)) is not None:
                alarm.set(instant)
            else:
                ended.set_result(None)
        except Exception as error:
            ended.set_exception(error)

    try:
        loop.add_reader(alarm.descriptor, ring)
        ring()
        await ended
    finally:
        loop.remove_reader(alarm.descriptor)
        alarm.close()
