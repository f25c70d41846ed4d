"""Measures from a notebook: the same command as in a terminal, with the results in a file that is read next."""

import os
import subprocess
import tempfile
from pathlib import Path

from . import program


def measure(models: str, workload: str, *arguments: object, file: str | os.PathLike[str] | None = None) -> Path:
    """Runs `cbench -m models -w workload ARGUMENTS` and gives the path of the results.

    $CBENCH_WINDOW (200ms, 5s) is the measured window of each trial, and $CBENCH_WARMUP the time before it, where the
    arguments do not say; cbench chooses where they are not set. TypeError where models or workload is not text,
    CbenchError where cbench refuses them. Trials that failed do not end the notebook: they are part of the results.
    """
    for name, value in (("models", models), ("workload", workload)):
        if not isinstance(value, str):
            raise TypeError(f"measure(): {name} is text as after cbench -m, 'fibers,threads', not a {type(value).__name__}")
    path = Path(file) if file else Path(tempfile.mkdtemp(prefix="cbench-")) / "results.json"
    given = [str(argument) for argument in arguments]
    command = [program.find(), "-m", models, "-w", workload, *given, "--quiet", "-o", str(path)]
    for options, variable in ((("--duration", "-d"), "CBENCH_WINDOW"), (("--warmup",), "CBENCH_WARMUP")):
        if os.environ.get(variable) and not any(option in given for option in options):
            command += [options[0], os.environ[variable]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    some_trial_failed = done.returncode == 1 and path.exists()
    if done.returncode != 0 and not some_trial_failed:
        raise program.CbenchError(done.stderr.strip(), done.returncode)
    return path
