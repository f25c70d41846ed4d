"""The program under attack, what it is run with, and what it left behind."""
import contextlib
import csv
import functools
import itertools
import json
import os
import random
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / "build" / "release" / "bin"
FOLDER = tempfile.TemporaryDirectory(prefix="cbench-attacks-")
TEMP = Path(FOLDER.name)
# No noise floor of whoever runs this.
os.environ["XDG_STATE_HOME"] = str(TEMP / "state")


class Done:
    """How a program ended. `status` is None where it had to be ended."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def text(self):
        return self.out + self.err

    def words(self):
        """Without what fits it to a terminal."""
        return " ".join(self.text().split())


def run(command, seconds=120, **options):
    """Ends it, with all that it started, after that time."""
    options.setdefault("stdin", subprocess.DEVNULL)
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=TEMP,
                          start_new_session=True, **options) as process:
        try:
            out, err = process.communicate(timeout=seconds)
            return Done(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))
        except subprocess.TimeoutExpired:
            process.kill()
            return Done(None, "", "it hangs")


def cbench(*arguments, program="cbench", **options):
    return run([BIN / program, *arguments], **options)


def test(program, names):
    """Whether tests of that name pass, and how many there are; a second time beside other work."""
    for _ in range(2):
        done = run([BIN / program, f"--gtest_filter={names}"], seconds=200)
        passed = [line for line in done.out.splitlines() if line.startswith("[  PASSED  ]")]
        if done.status == 0 and passed and not passed[0].startswith("[  PASSED  ] 0 "):
            return True, int(passed[0].split()[3])
    return False, 0


numbers = itertools.count(1)


def fresh(ending):
    return TEMP / f"{next(numbers)}{ending}"


def sweep(models, workload, *options, ending=".csv", **run_options):
    """Measures; the rows, and how it ended."""
    path = fresh(ending)
    done = cbench("--model", models, "--workload", workload, *options, "-o", path, **run_options)
    return (rows_of(path) if path.exists() else []), done, path


def rows_of(path):
    if str(path).endswith(".json"):
        return json.loads(Path(path).read_text())["trials"]
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def summary(*paths):
    done = cbench("summary", *paths, "--json")
    return json.loads(done.out)


template = None


def planted(**values):
    """A row as the program writes it, with other values: everything that is not given is that of a real trial."""
    global template
    if template is None:
        rows, done, _ = sweep("pool", "sleep", "--param", "delay=2ms", "-c", "16", "--workers", "2", "-r", "1", "-d",
                              "100ms", "--warmup", "20ms")
        template = next(row for row in rows if row["model"] == "pool")
        assert template["status"] == "ok", done.text()
        for of_others in ("warnings", "steady_state"):
            template[of_others] = ""
        template |= {"foreign_cpu_share": "0", "steal_share": "0", "concurrency": "16", "littles_in_flight": "16"}
    row = dict(template) | {name: str(value) for name, value in values.items()}
    row["trial_id"] = f"{random.getrandbits(64):016x}"
    return row


def repeated(throughputs, **values):
    return [planted(repetition=i + 1, seed=i + 1, throughput_per_s=value, tasks=max(1, int(value * 0.1)), **values)
            for i, value in enumerate(throughputs)]


def file_of(rows):
    path = fresh(".csv")
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def failed(**values):
    """A trial of which nothing is known but why."""
    keep = {"schema_version", "model", "workload", "parameters", "settings", "load", "workers", "concurrency",
            "repetition", "seed", "baseline", "is_baseline", "warmup_s", "duration_s", "started_at", "trial_id",
            "digest_expected"}
    row = planted(**values)
    host = list(row).index("cbench_version")
    return {name: value if name in keep or i >= host else "" for i, (name, value) in enumerate(row.items())} | {
        "status": "failed", "reason": "the trial's process was killed by signal 11 (Segmentation fault)"}


@functools.cache
def simulated(topic):
    """The tables of a topic of docs/statistics.md, with a tenth of the draws: [[cells of a row]] each, the header first."""
    tables, before = [], ""
    for line in run([BIN / "simulate", "--quick", topic], seconds=400).out.splitlines():
        if line.startswith("|") and not line.startswith(("|:", "|-")):
            if not before.startswith("|"):
                tables.append([])
            tables[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        before = line
    return tables


def table_of(topic, first, which=0):
    """The rows of the table whose first column is called so."""
    return [table for table in simulated(topic) if table[0][0] == first][which][1:]


@contextlib.contextmanager
def busy(loops):
    """Loops that compute beside what is measured."""
    processes = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()
