"""Whole trials of the models, as a parent runs them."""

import json
import os
import sys
from pathlib import Path

import pytest

MODELS = Path(__file__).parent.parent
sys.path.insert(0, str(MODELS.parent.parent / "tests/protocol"))
import parent  # noqa: E402
from page import MS, closed, compute, fan_out, fixed, script, wait  # noqa: E402
from parent import child, mean, run, spec_of  # noqa: E402

parent.COMMAND = [sys.executable, str(MODELS / "main.py")]

MANIFEST = json.loads((MODELS / "model.json").read_text(encoding="utf-8"))
# But for python-uvloop, whose library may be missing.
CONCURRENT = [model for model in MANIFEST["models"] if not model.get("baseline") and model["name"] != "python-uvloop"]


@pytest.mark.parametrize(
    ("model", "then"),
    [("python-asyncio-pool", ()), ("python-asyncio-pool", (wait(1),)), ("python-processes", (fan_out(2, wait(1)),))],
)
def test_a_task_that_begins_with_a_computation_starts_where_that_is_run(model, then):
    job = script(compute("primes", 20_000), *then)
    record = run(spec_of(fixed(8, 32), job, model=model, workers=1)).record
    assert (record["status"], record["reason"], record["digest"]) == ("ok", "", "0" * 16)
    assert mean(record["queueing"]) > mean(record["response"]) / 4


def test_tasks_that_wait_for_the_pool_when_the_window_ends_are_dropped():
    with child() as trial:
        job = script(compute("primes", 20_000))
        trial.send(spec_of(closed(12, duration=500, most_warmup=15_000), job, model="python-asyncio-pool", workers=1))
        record = trial.hear("record")
        window, ended = (next(e for e in trial.heard if e["event"] == name) for name in ("window", "ended"))
    assert (record["status"], record["settled"]) == ("ok", True)
    # Without that all 12 have their turn after it, which takes as long as a task's response did before.
    assert ended["heard_ns"] - window["end_ns"] < mean(record["response"]) / 2


@pytest.mark.parametrize("settings", [{}, {"cpus": "workers"}])
def test_python_threads_has_every_cpu_where_no_setting_takes_them_away(settings):
    with child() as trial:
        trial.send(spec_of(closed(2), script(wait(1)), model="python-threads", settings=settings, workers=1))
        trial.hear("window")
        cpus = os.sched_getaffinity(trial.pid)
    assert len(cpus) == (1 if settings else len(os.sched_getaffinity(0)))


def test_a_setting_that_a_model_does_not_have_fails_the_trial():
    record = run(spec_of(fixed(1, 1), script(wait(1)), model="python-asyncio", settings={"cpus": "all"})).record
    assert record["status"] == "failed" and "cpus" in record["reason"]


@pytest.mark.parametrize("model", CONCURRENT, ids=lambda model: model["name"])
def test_a_task_that_is_in_flight_when_the_window_opens_is_counted_within_it(model):
    record = run(spec_of(closed(2, duration=400), script(wait(300)), model=model["name"], workers=2)).record
    assert record["slots"]["fewest"] >= 1


@pytest.mark.parametrize("model", CONCURRENT, ids=lambda model: model["name"])
def test_a_model_whose_waits_keep_its_workers_says_so(model):
    outcome = run(spec_of(fixed(3, 3), script(wait(100)), model=model["name"], workers=1))
    took = outcome.record["finish_ns"] - outcome.window["begin_ns"]
    assert (took > 250 * MS) == model.get("waits_block_workers", False)
