"""Results to draw, measured once for all tests: several loads and worker counts, a law, and a model that crashes."""

import os
import subprocess
from pathlib import Path

import cbench_plots as cb
import pytest
from cbench_plots import program

CHECKOUT = Path(__file__).resolve().parents[2]
BIN = CHECKOUT / "build" / "release" / "bin"
WITH_FAULTS = Path(os.environ.get("CBENCH_WITH_FAULTS", BIN / "cbench_with_faults"))
SHORT = ["-r", "2", "--duration", "120ms", "--warmup", "30ms", "--quiet"]


def _sweep(program, *arguments, outputs):
    command = [str(program), *arguments, *SHORT]
    for output in outputs:
        command += ["-o", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr  # 1: a trial failed, as the crashing model does


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="session")
def files(folder):
    """The same sweep as JSON and as CSV. Its tasks are short, so that even a short trial has enough of them for a p99."""
    outputs = [folder / "io.json", folder / "io.csv"]
    _sweep(WITH_FAULTS, "-m", "pool,fibers,crash", "-w", "io", "-p", "delay=1ms", "-c", "10,100", "-n", "1,2", outputs=outputs)
    return outputs


@pytest.fixture(scope="session")
def law(folder):
    """Jobs that wait, a quarter of them serial: Amdahl's law on any number of CPUs."""
    output = folder / "law.json"
    _sweep(
        WITH_FAULTS, "-m", "pool,fibers", "-w", "amdahl", "-p", "phase=wait", "-p", "serial=0.25", "-p", "time=10ms",
        "-n", "1,2,4,8", outputs=[output],
    )  # fmt: skip
    return output


@pytest.fixture(scope="session")
def every_model(folder):
    output = folder / "noop.json"
    _sweep(program.find(), "-m", "all", "-w", "noop", "-n", "1", outputs=[output])
    return output


@pytest.fixture(scope="session")
def rates(folder):
    """Open loops: 400 tasks at once that wait for 100 ms keep up with 4,000 a second, and with no more."""
    output = folder / "rates.json"
    _sweep(
        program.find(), "-m", "fibers,eventloop", "-w", "sleep", "-p", "delay=100ms", "-n", "1", "-c", "400",
        "--rate", "400/s,1600/s,3200/s,6k/s", "--arrivals", "constant", outputs=[output],
    )  # fmt: skip
    return output


@pytest.fixture(scope="session")
def summary(files, law, every_model, rates):
    return cb.summary(files[0], law, every_model, rates)
