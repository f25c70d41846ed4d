"""Measures from a notebook: the same command as in a terminal, with the results in a file that is read next."""

import os
import subprocess
import tempfile
from pathlib import Path

from . import program


def measure(models, workload, *arguments, file=None):
    """Runs `cbench -m models -w workload ARGUMENTS` and gives the path of the results.

    $CBENCH_WINDOW (200ms, 5s) is the measured window of each trial, and $CBENCH_WARMUP the time before it; cbench
    chooses where they are not set. Trials that failed do not end the notebook: they are part of the results.
    """
    path = Path(file) if file else Path(tempfile.mkdtemp(prefix="cbench-")) / "results.json"
    command = [program.find(), "-m", models, "-w", workload, *map(str, arguments), "--quiet", "-o", str(path)]
    for option, variable in (("--duration", "CBENCH_WINDOW"), ("--warmup", "CBENCH_WARMUP")):
        if os.environ.get(variable):
            command += [option, os.environ[variable]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    some_trial_failed = done.returncode == 1 and path.exists()
    if done.returncode != 0 and not some_trial_failed:
        raise program.CbenchError(done.stderr.strip(), done.returncode)
    return path
