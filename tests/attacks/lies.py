"""Attacks with lies, with input that nobody meant, and with faults planted in the program itself."""
import os
import re
import signal
import subprocess
import time

from tests.attacks.program import BIN, ROOT, cbench, file_of, fresh, repeated, rows_of, run, sweep, test
from tests.attacks.registry import attack


@attack(16, "records that lie, peers that answer early",
        "any record is believed: other spec, digest, counts, x 10^6, a process that died after writing; early replies pass")
def lies():
    good, count = test("contradictions_test", "*Lies*:contradictions.replies*:contradictions.computing*")
    yield good and count >= 40, f"{count} lies of a trial, each a failed row that names what does not agree"
    good, _ = test("contradictions_test", "contradictions.are_not_found_where_nothing_contradicts")
    yield good, "and an honest trial passes"
    good, count = test("contract_test", "*a_reply_before_its_time_fails_the_trial*")
    yield good and count >= 10, f"replies before their delay: failed in each of {count} models (and their settings)"
    good, count = test("contract_test", "*a_wrong_reply_fails_the_trial*")
    yield good and count >= 10, f"replies to another request: failed in each of {count} models"
    honest, _, _ = sweep("pool", "io", "-p", "delay=2ms", "-c", "8", "--workers", "1", "-d", "200ms", "--warmup", "50ms",
                         "-r", "1", "--no-baseline")
    seen, told = int(honest[0]["peer_replies"]), int(honest[0]["tasks"])
    yield abs(seen - told) <= 8 + 0.005 * told, f"the peer's own count: {seen} replies of {told} tasks of one request each"


def refused(*arguments, says, **options):
    done = cbench(*arguments, **options)
    return done.status == 2 and re.search(says, done.words()) is not None, done


@attack(17, "input that nobody meant",
        "nesting of 60,000 overflows the stack; a count of 2^53 loops at 270 MB/s; SIGABRT, crashes, exit codes, a FIFO "
        "that hangs, a link replaced")
def input_of_all_kinds():
    nested = fresh(".json")
    nested.write_text('{"schema_version": 1, "trials": [{"spec": ' + "[" * 60_000 + "]" * 60_000 + "}]}")
    ok, done = refused("summary", nested, says="nested|no trial")
    yield ok, f"JSON of 60,000 levels: exit {done.status}, {done.err.strip()[-60:]}"
    _, _, measured = sweep("pool", "noop", "--workers", "1", "-r", "1", "-d", "50ms", "--warmup", "10ms", "--no-baseline",
                           ending=".json")
    counted = fresh(".json")
    counted.write_text(re.sub(r'("response_histogram":\s*)\[\[(\d+),\s*\d+\]', r"\1[[\2,9007199254740993]",
                              measured.read_text(), count=1))
    begin = time.monotonic()
    done = cbench("summary", counted, "--json", seconds=20)
    yield done.status in (0, 2) and time.monotonic() - begin < 5, f"a histogram count of 2^53 + 1: exit {done.status}"
    closed = run(["sh", "-c", f"{BIN}/cbench --model nobody --workload io 2>&-; echo $?"])
    yield closed.out.strip() == "2", f"standard error closed: exit {closed.out.strip()}"
    sweeping = ("--workload", "noop", "--no-baseline", "--workers", "1", "-r", "1", "-d", "20ms", "--warmup", "5ms")
    for name, arguments, says in [
            ("--seed -1", ("--model", "pool", *sweeping, "--seed", "-1"), "seed"),
            ("a setting twice", ("--model", "fibers:stack=16k,stack=32k", *sweeping), "given twice"),
            ("a parameter twice", ("--model", "pool", "--workload", "io", "-p", "delay=1ms", "-p", "delay=2ms"), "given twice"),
            ("--tasks with --duration", ("--model", "pool", "--workload", "noop", "--tasks", "5", "-d", "1s"), "--tasks"),
            ("stack=999G", ("--model", "fibers:stack=999G", *sweeping), "memory"),
            ("--modle", ("--modle", "fibers", "--workload", "noop"), "--model"),
            ("fit of a file that is not there", ("fit", "nowhere.csv"), r"nowhere\.csv"),
            ("fit of a folder", ("fit", "/tmp"), "/tmp")]:
        ok, done = refused(*arguments, says=says)
        yield ok, f"{name}: exit {done.status}, {done.err.strip()[:90]}"
    target, link = fresh(".csv"), fresh(".csv")
    link.symlink_to(target)
    cbench("--model", "pool", *sweeping, "-q", "-o", link)
    yield link.is_symlink() and target.exists() and len(rows_of(target)) == 1, "a link to nothing: followed, and still a link"
    fifo = fresh(".csv")
    os.mkfifo(fifo)
    done = cbench("--model", "pool", *sweeping, "-q", "-o", fifo, seconds=20)
    yield done.status in (1, 2) and "FIFO" in done.err, f"a FIFO without a reader: exit {done.status}, {done.err.strip()[-60:]}"
    done = run(["sh", "-c", f"ulimit -s 64; exec {BIN}/cbench --model pool {' '.join(sweeping)}"])
    yield done.status == 0, f"ulimit -s 64: exit {done.status}"
    for number in (signal.SIGTERM, signal.SIGHUP):
        path = fresh(".csv")
        with subprocess.Popen([BIN / "cbench", "--model", "pool", "--workload", "sleep", "--workers", "1", "-r", "30",
                               "-d", "100ms", "--warmup", "10ms", "-o", path], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as ended:
            while not path.exists() or path.read_text().count("\n") < 4:
                time.sleep(0.02)
            ended.send_signal(number)
            out, _ = ended.communicate(timeout=30)
        yield ended.returncode == 128 + number and b"sequential" in out, \
            f"{number.name}: exit {ended.returncode}, the table of {len(rows_of(path))} trials is printed"


# Those that the issue names; scripts/mutations plants the rest.
NAMED = ["trial_outlives_its_sweep", "fit_without_weights", "window_holds_the_warmup", "cpu_from_before_the_window",
         "sigterm_is_not_caught"]


@attack(18, "tests that would not notice",
        "without PDEATHSIG, weights, the warm-up's end, CPU before the window, a SIGTERM handler: all tests green")
def planted_faults():
    done = run([ROOT / "scripts" / "mutations", "--only", ",".join(NAMED)], seconds=1200)
    lines = [line for line in done.out.splitlines() if line.startswith(("found", "not found", "stale"))]
    for line in lines:
        yield line.startswith("found"), " ".join(line.split())
    yield len(lines) == len(NAMED), done.out.splitlines()[-1] if done.out else done.err[-300:]
