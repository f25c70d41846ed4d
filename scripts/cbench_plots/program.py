"""Finds the program cbench and runs it: every statistic comes from there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


class CbenchError(RuntimeError):
    """cbench is missing, or refused what it was asked for; the message says what to do."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def find() -> str:
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


def run(*arguments: object) -> str:
    """Standard output of `cbench ARGUMENTS`; CbenchError, with what it said, where it did not end with 0."""
    done = subprocess.run([find(), *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = done.stderr.strip() or f"cbench {arguments[0]} ended with {done.returncode} and said nothing"
        raise CbenchError(said, done.returncode)
    sys.stderr.write(done.stderr)  # what was passed over in a file
    return done.stdout


def check_names(function: str, files: tuple[object, ...]) -> None:
    """TypeError where what is to be the name of a file, for the function of that name, is something else."""
    for file in files:
        if not isinstance(file, str | os.PathLike):
            hint = f"; of several: {function}(*files)" if isinstance(file, list | tuple) else ""
            raise TypeError(f"{function}('results.json', ...) takes names of files, and got a {type(file).__name__}{hint}")
    if not files:
        raise TypeError(f"{function}('results.json', ...) takes names of files, and got none")
