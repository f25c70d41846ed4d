"""Results to draw, measured once for all tests: several loads and worker counts, a law, and a model that crashes."""

import json
import os
import subprocess
import uuid
from datetime import datetime, timedelta
from pathlib import Path

import cbench_plots as cb
import numpy as np
import pytest
from cbench_plots import program
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

CHECKOUT = Path(__file__).resolve().parents[2]
BIN = CHECKOUT / "build" / "release" / "bin"
WITH_FAULTS = Path(os.environ.get("CBENCH_WITH_FAULTS", BIN / "cbench_with_faults"))
QUICK = "120ms"
LONG_ENOUGH = "500ms"  # for a p99 in each repetition, beside other programs too


def _sweep(program, *arguments, outputs, duration=QUICK):
    command = [str(program), *arguments, "-r", "2", "--duration", duration, "--warmup", "30ms", "--quiet"]
    for output in outputs:
        command += ["-o", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr  # 1: a trial failed, as the crashing model does


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="session")
def files(folder):
    """The same sweep as JSON and as CSV. Its tasks are short, so that a trial has enough of them for a p99."""
    outputs = [folder / "io.json", folder / "io.csv"]
    _sweep(
        WITH_FAULTS, "-m", "pool,fibers,crash", "-w", "io", "-p", "delay=1ms", "-c", "10,100", "-n", "1,2", outputs=outputs,
        duration=LONG_ENOUGH,
    )  # fmt: skip
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


def _written(trials, output):
    """A file of the trials, each of which has an id of its own."""
    known = [trial | {"trial_id": uuid.uuid4().hex[:16]} for trial in trials]
    output.write_text(json.dumps(json.loads(output.with_name("io.json").read_text()) | {"trials": known}))
    return output


@pytest.fixture(scope="session")
def rates(folder):
    """Open loops: 400 tasks at once that wait for 100 ms keep up with 4,000 a second, and with no more. On a machine that
    is busy the generator is late in some trials, which are invalid then and measured again."""
    output = folder / "rates.json"
    for more in [[], *10 * [["--resume"]]]:
        _sweep(
            program.find(), "-m", "fibers,eventloop", "-w", "sleep", "-p", "delay=100ms", "-n", "1", "-c", "400",
            "--rate", "400/s,1600/s,3200/s,6k/s", "--arrivals", "constant", *more, outputs=[output],
        )  # fmt: skip
        if len(_valid(output)) == 2 * 4 * 2:
            break
    return output


def _valid(output):
    """Cells and repetitions that tell something."""
    return {
        (trial["spec"]["model"], trial["spec"]["rate_per_s"], trial["spec"]["repetition"])
        for trial in json.loads(output.read_text())["trials"]
        if trial["status"] in ("ok", "overloaded")
    }


@pytest.fixture(scope="session")
def trials(files):
    """What the sweep measured of two models."""
    every = json.loads(files[0].read_text())["trials"]
    return [trial for trial in every if trial["status"] == "ok" and trial["spec"]["model"] in ("pool", "fibers")]


@pytest.fixture(scope="session")
def later_runs(trials, folder):
    """The sweep again, a day and two days later, and slower by a tenth each time."""

    def after(trial, days):
        return (datetime.fromisoformat(trial["started_at"]) + timedelta(days)).strftime("%Y-%m-%dT%H:%M:%SZ")

    later = [
        trial | {"started_at": after(trial, day), "throughput_per_s": trial["throughput_per_s"] * 0.9**day}
        for day in (1, 2)
        for trial in trials
    ]
    return _written(later, folder / "later.json")


@pytest.fixture(scope="session")
def foreign_models():
    """Of every runtime, in the order of its manifest."""
    manifests = sorted(CHECKOUT.glob("models/*/model.json"))
    return {path.parent.name: [model["name"] for model in json.loads(path.read_text())["models"]] for path in manifests}


@pytest.fixture(scope="session")
def foreign(trials, folder, foreign_models):
    """What looks as if models of other languages had been measured."""
    fibers = [trial for trial in trials if trial["spec"]["model"] == "fibers"]
    names = [name for names in foreign_models.values() for name in names]
    return _written([trial | {"spec": trial["spec"] | {"model": name}} for name in names for trial in fibers], folder / "foreign.json")


@pytest.fixture(scope="session")
def summary(files, law, every_model, rates, later_runs):
    return cb.summary(files[0], law, every_model, rates, later_runs)


@pytest.fixture(scope="session")
def chromium():
    options = Options()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    yield driver
    driver.quit()


# How eyes without one kind of cones see linear RGB: Machado, Oliveira and Fernandes (2009), full severity.
EYES = {
    "all cones": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_CONES = np.array([[0.41222, 0.53633, 0.05145], [0.21190, 0.68070, 0.10740], [0.08830, 0.28172, 0.62998]])
TO_LAB = np.array([[0.21045, 0.79362, -0.00407], [1.97800, -2.42859, 0.45059], [0.02590, 0.78277, -0.80868]])


def _linear(colour):
    parts = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def seen(colour, eye):
    """In Oklab, where equal distances look equally different; black to white is 100."""
    return 100 * TO_LAB @ np.cbrt(TO_CONES @ np.clip(np.array(EYES[eye]) @ _linear(colour), 0, 1))
