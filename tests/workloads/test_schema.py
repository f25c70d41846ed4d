"""Holds docs/workload.schema.json and the program against each other: what the program takes the schema takes, and what
the schema refuses the program refuses, with the place."""

import json
import os
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("CBENCH", str(CHECKOUT / "build" / "release" / "bin" / "cbench"))
SCHEMA = json.loads((CHECKOUT / "docs" / "workload.schema.json").read_text())
EXAMPLES = sorted((CHECKOUT / "examples").glob("*.json"))

WAIT = {"do": "wait", "time": "1ms"}
REQUEST = {"do": "request", "delay": "5ms"}


def request(**fields):
    return {"steps": [REQUEST | fields]}


def classes(*pairs):
    return {"classes": [{"name": name, "weight": weight, "steps": [WAIT]} for name, weight in pairs]}


GOOD = [
    {"steps": []},
    request(),
    request(bytes="4KiB"),
    request(bytes=1000.0),
    request(delay="0"),
    request(delay="1_000us"),
    request(delay=".5 s"),
    request(delay="1e3\u00b5s"),
    request(delay={"uniform": {"from": "1ms", "to": "2ms"}}),
    request(delay={"exponential": {"mean": "2ms"}}),
    request(delay={"lognormal": {"median": "2ms", "p99": "9ms"}}),
    request(delay={"values": [{"value": "2ms", "weight": 3}]}, bytes={"uniform": {"from": 0, "to": "1k"}}),
    {"steps": [{"do": "compute", "kernel": kernel, "amount": "2.5k"} for kernel in ("primes", "mix", "memory")]},
    {"steps": [{"do": "compute", "kernel": "mix", "amount": {"exponential": {"mean": "1M"}}}]},
    {"steps": [{"do": "critical", "lock": "a.b-c_1", "body": [{"do": "fan_out", "width": 3, "body": [WAIT]}]}]},
    {"$schema": "x", "name": "mine", "summary": "", "concurrency": 5} | classes(("a", 1), ("b", 10000 - 1)),
]

BAD = [
    [],
    {},
    {"steps": {}},
    {"stepps": []},
    {"steps": [], "classes": []},
    {"steps": [WAIT | {"tiem": "1ms"}]},
    {"steps": [{"time": "1ms"}]},
    {"steps": [{"do": "sleep", "time": "1ms"}]},
    {"steps": [{"do": "wait"}]},
    {"steps": [{"do": "critical", "body": []}]},
    {"steps": [{"do": "critical", "lock": "two words", "body": []}]},
    {"steps": [{"do": "fan_out", "width": 0, "body": []}]},
    {"steps": [{"do": "fan_out", "width": 10001, "body": []}]},
    {"steps": [{"do": "compute", "kernel": "fault", "amount": 1}]},
    {"steps": [{"do": "compute", "kernel": "mix", "amount": -1}]},
    {"steps": [{"do": "compute", "kernel": "mix", "amount": "1s"}]},
    {"steps": [{"do": "compute", "kernel": "mix", "amount": 4000000001}]},
    request(delay=5),
    request(delay="5"),
    request(delay="5 parsecs"),
    request(delay="-5ms"),
    request(delay={}),
    request(delay={"normal": {"mean": "1ms"}}),
    request(delay={"exponential": {"mean": "1ms"}, "uniform": {"from": "1ms", "to": "2ms"}}),
    request(delay={"exponential": {"mean": 1}}),
    request(delay={"uniform": {"from": "1ms"}}),
    request(delay={"lognormal": {"median": "1ms", "p98": "2ms"}}),
    request(delay={"values": []}),
    request(delay={"values": [{"value": "1ms", "weight": 0}]}),
    request(bytes=65537),
    request(bytes="5ms"),
    request(bytes=None),
    classes(),
    classes(("a", 0)),
    classes(("a", 1.5)),
    classes(("", 1)),
    {"name": "a b", "steps": []},
    {"name": 5, "steps": []},
    {"concurrency": 0, "steps": []},
    {"summary": "x" * 201, "steps": []},
]


def schema_takes(workload):
    return jsonschema.Draft7Validator(SCHEMA).is_valid(workload)


def program_says(workload, folder):
    path = folder / "workload.json"
    path.write_text(json.dumps(workload))
    return subprocess.run([PROGRAM, "explain", str(path), "--json"], capture_output=True, text=True, check=False)


def test_the_schema_is_one():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_keep_to_the_schema(path):
    jsonschema.Draft7Validator(SCHEMA).validate(json.loads(path.read_text()))


@pytest.mark.parametrize("workload", GOOD, ids=lambda workload: json.dumps(workload)[:70])
def test_both_take_what_is_right(workload, tmp_path):
    said = program_says(workload, tmp_path)
    assert said.returncode == 0, said.stderr
    assert schema_takes(workload)
    assert schema_takes(json.loads(said.stdout)), "what the program prints is right, too"


@pytest.mark.parametrize("workload", BAD, ids=lambda workload: json.dumps(workload)[:70])
def test_both_refuse_what_is_wrong(workload, tmp_path):
    said = program_says(workload, tmp_path)
    assert not schema_takes(workload)
    assert said.returncode == 2 and said.stdout == ""
    assert re.search(r"workload\.json: /", said.stderr), said.stderr


@pytest.mark.parametrize("name", ["io", "mixed", "sleep", "cpu", "noop", "amdahl"])
def test_built_in_workloads_are_printed_as_the_schema_has_them(name):
    said = subprocess.run([PROGRAM, "explain", name, "--json"], capture_output=True, text=True, check=True)
    jsonschema.Draft7Validator(SCHEMA).validate(json.loads(said.stdout))
