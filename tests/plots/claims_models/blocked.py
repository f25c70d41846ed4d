"""Section 5: a loop that computing blocks."""

from claims import Claims, between, cell, measured, rate

claims = Claims(
    "An event loop runs everything on its own thread, and whoever computes for long holds up all others there.",
    "Three models try:",
    "Compare the 99th percentile of the light tasks, which did nothing wrong.",
    "Whoever reports throughput alone misses it: look at the tail.",
)


def _light(run, label):
    p99 = next(kind for kind in cell(run.blocked, label)["classes_us"] if kind["name"] == "light")["p99"]
    assert p99 is not None, f"{label}: the 99th percentile of its light tasks is not known"
    return p99


@claims("Here one task in a hundred computes for tens of milliseconds.")
def one_in_a_hundred_computes_for_long(run):
    counts = {kind: 0 for kind in ("light", "heavy")}
    for one in measured(run.blocked):
        assert one["parameters"]["heavy"] == "1%", one["parameters"]
        for kind in one["classes_us"]:
            counts[kind["name"]] += kind["tasks"]
            if kind["name"] == "heavy" and kind["mean"] is not None:
                between(15_000, kind["mean"], 1_000_000, f"the response time of {one['label']}'s heavy tasks, us,")
    between(0.002, counts["heavy"] / (counts["heavy"] + counts["light"]), 0.03, "the share of heavy tasks")


@claims("The CPUs are not nearly busy, and yet tasks wait.", undisturbed=("blocked",))
def the_cpus_are_not_busy(run):
    between(0, cell(run.blocked, "eventloop")["cpu_share"], 1.6, "the CPUs used by eventloop")
    shortest = min(_light(run, label) for label in ("threads", "eventloop-offload"))
    assert _light(run, "eventloop") > 1.5 * shortest, (_light(run, "eventloop"), shortest)


@claims(
    "eventloop-offload hands long computations to a pool of threads and keeps the loop for I/O.",
    "threads leaves it to the kernel, which interrupts whoever computes for too long.",
    "waits, and sometimes computes for long | threads, or an event loop that hands computing to a pool | half the 99th "
    "percentile of a blocked loop, or less (section 5)",
    undisturbed=("blocked",),
)
def offload_and_threads_answer_in_half_the_time(run):
    for label in ("eventloop-offload", "threads"):
        assert _light(run, label) < 0.5 * _light(run, "eventloop"), (label, _light(run, label), _light(run, "eventloop"))


@claims("fibers do not help: they give way when they wait, not when they compute.", undisturbed=("blocked",))
def fibers_do_not_help(run):
    assert _light(run, "fibers") > 0.6 * _light(run, "eventloop"), (_light(run, "fibers"), _light(run, "eventloop"))


@claims(
    "Take away: a computation that blocks the loop multiplies the 99th percentile of the light tasks by two and more, and "
    "throughput falls by less than that.",
    undisturbed=("blocked",),
)
def the_tail_suffers_more_than_throughput(run):
    tail = _light(run, "eventloop") / _light(run, "eventloop-offload")
    throughput = rate(run.blocked, "eventloop-offload") / rate(run.blocked, "eventloop")
    assert tail > 2, tail
    assert throughput < 2, throughput
