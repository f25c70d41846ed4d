"""Finds the program cbench and runs it: every statistic comes from there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


class CbenchError(RuntimeError):
    """cbench is missing, or refused what it was asked for; the message says what to do."""

    def __init__(self, message, exit_code=1):
        super().__init__(message)
        self.exit_code = exit_code


def find():
    """The program: $CBENCH, else the checkout's release build, else what is on the PATH."""
    named = os.environ.get("CBENCH")
    if named:
        found = shutil.which(named)
        if not found:
            raise CbenchError(f"CBENCH={named}: there is no such program; unset CBENCH or name the program cbench")
        return found
    built = shutil.which(CHECKOUT / "build" / "release" / "bin" / "cbench")
    found = built or shutil.which("cbench")
    if not found:
        raise CbenchError(
            "the program cbench was not found: build it in a checkout with scripts/build, put it on the PATH, "
            "or name it with CBENCH=/path/to/cbench"
        )
    return found


def run(*arguments):
    """Standard output of `cbench ARGUMENTS`; CbenchError, with what it said, where it did not end with 0."""
    done = subprocess.run([find(), *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = done.stderr.strip() or f"cbench {arguments[0]} ended with {done.returncode} and said nothing"
        raise CbenchError(said, done.returncode)
    sys.stderr.write(done.stderr)  # what was passed over in a file
    return done.stdout
