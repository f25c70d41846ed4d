"""The sentences of scripts/models.ipynb: the claims with their checks, section by section, and those without any."""

import os

from claims import Claims, best, between, cell, measured, rate

SUSPENDING = ("fibers", "coroutines", "eventloop")

claims = Claims(
    "A tour in five measurements, taken on the machine that runs this notebook.",
    "Every section first says what to expect and why, then measures.",
    "The sentences in the outputs are cbench's own verdicts.",
    "The outputs that are stored here are of one machine: execute all cells from the top for yours.",
    "A test holds every claim of the text against the run (`tests/plots/claims_models.py`); where your run contradicts "
    "one, believe your run and ask why.",
    "Three words are enough to read everything:",
    "A task is one unit of work, such as a request to a service.",
    "A model decides how tasks share the CPUs.",
    "Throughput is tasks finished in a second.",
    "Response time is what a user waits: the time that a task queues before the model starts it, plus the time that it "
    "is served.",
    "Where did the time go?",
    "Hollow marks are the time that tasks queue before the model starts them, filled ones the time that they are served.",
    "The whole distribution, drawn as HdrHistogram draws it.",
    "To the right, each step is ten times rarer: at 99.9 % is the one task in a thousand that somebody complains about.",
    "What a line adds to them is time for which the model, or the machine, let tasks wait.",
    "Take away: for work that waits, hold no thread for a task in flight, or have as many threads as tasks.",
    "What counts is whether every CPU has work, and what the model costs a task.",
    "Speedup compares a model with itself on one worker.",
    "That flatters a slow runtime, so compare throughput first (above) and speedup second.",
    "Nobody tells cbench the 20 %: it sees throughput alone and fits the law to it.",
    "The second law in the picture, the Universal Scalability Law, adds a price for workers that must agree with each "
    "other (locks, caches).",
    "Beyond its peak, more workers make it slower.",
    "Take away: before you add cores, ask for the serial part.",
    "An event loop runs everything on its own thread, and whoever computes for long holds up all others there.",
    "Three models try:",
    "Compare the 99th percentile of the light tasks, which did nothing wrong.",
    "Whoever reports throughput alone misses it: look at the tail.",
    "The first three measurements in one picture: how much of what physics allows each model reached.",
    "Read a row to know a model, a column to choose one.",
    "your work | take | because",
    "`scripts/report` makes a page of your numbers to pass on.",
)

# ---- How it was measured, and the ideal


@claims(
    "Every trial is repeated five times.",
    "It measures for half a second, in section 5 for two; set `CBENCH_WINDOW=5s` before you start Jupyter for longer ones, "
    "and close what else runs on the machine.",
)
def every_cell_has_five_repetitions_of_that_window(run):
    asked = {"500ms": 0.5, "250ms": 0.25}.get(os.environ["CBENCH_WINDOW"])
    for name in ("waiting", "computing", "serving", "larger", "amdahl", "blocked"):
        for one in getattr(run, name)["cells"]:
            between(5, one["repetitions"], 5, f"the repetitions of {one['label']}")
            if name == "blocked":
                between(2, one["duration_s"], 2, "the window, s,")
            elif asked:
                between(asked, one["duration_s"], asked, "the window, s,")


@claims(
    "The ideal is what physics allows: with n CPUs and C tasks in flight, no model finishes more than min(n / CPU time of "
    "a task, C / time that a task takes alone).",
    undisturbed=("waiting", "computing", "serving"),
)
def no_model_passes_the_ideal(run):
    for summary in (run.waiting, run.computing, run.serving):
        for one in measured(summary):
            if one["efficiency"] is not None and one["efficiency"]["low"] is not None:
                between(0, one["efficiency"]["low"], 1.05, f"the efficiency of {one['label']} on {one['workload']}")


# ---- 1. Waiting


@claims("Each task sends a request over a real TCP connection, and the answer comes 20 ms later.")
def a_request_takes_20_ms(run):
    for one in measured(run.waiting):
        assert one["parameters"]["delay"] == "20ms", one["parameters"]
    between(19_500, cell(run.waiting, "sequential")["demand_us"]["wait"], 60_000, "the wait of a task, us,")


@claims("A thousand such tasks are in flight.")
def a_thousand_are_in_flight(run):
    for one in measured(run.waiting):
        between(1000, one["concurrency"], 1000, "the tasks in flight")


@claims("Almost no CPU time is needed, so one could believe that the model does not matter.")
def a_task_needs_less_than_a_fortieth_of_its_time(run):
    for one in measured(run.waiting):
        between(0, one["cpu_per_task_us"], 500, f"the CPU time of a task, us, of {one['label']}")


@claims("It does, because of one question: what does a task hold while it waits?")
def the_model_matters(run):
    worst = min(one["throughput_per_s"]["mean"] for one in measured(run.waiting))
    assert best(run.waiting) > 10 * worst, (best(run.waiting), worst)


@claims(
    "A fixed pool holds a thread for each waiting task.",
    "Pre-forked processes do the same with processes.",
    undisturbed=("waiting",),
)
def pool_and_processes_are_blocked(run):
    for label in ("pool", "processes"):
        assert cell(run.waiting, label)["limit"] == "blocked", (label, cell(run.waiting, label)["limit"])
        between(50, rate(run.waiting, label), 110, f"{label}, tasks/s,")


@claims("Two threads wait for two answers, the other 998 tasks queue: 2 / 20 ms = 100 tasks a second at most.")
def two_threads_reach_a_hundred_a_second(run):
    pool = cell(run.waiting, "pool")
    between(2, pool["workers"], 2, "the workers")
    between(2, pool["os_threads"], 4, "the threads of the pool and its trial")
    between(50, rate(run.waiting, "pool"), 110, "the pool, tasks/s,")  # a window has a task more or less at its ends


@claims("threads gives every task a thread of its own.")
def threads_has_a_thread_for_each_task(run):
    between(1000, cell(run.waiting, "threads")["os_threads"], 3000, "threads at once")


@claims("A thousand stacks and the kernel's wake-ups cost memory and CPU time.")
def threads_pays_for_its_threads(run):
    threads = cell(run.waiting, "threads")
    for label in SUSPENDING:
        other = cell(run.waiting, label)
        assert threads["peak_memory_bytes"] > 1.5 * other["peak_memory_bytes"], (label, other["peak_memory_bytes"])
        assert threads["cpu_per_task_us"] > 1.2 * other["cpu_per_task_us"], (label, other["cpu_per_task_us"])


@claims("fibers, coroutines and the event loop hold kilobytes for a task, and no thread.")
def what_suspends_holds_kilobytes(run):
    for label in SUSPENDING:
        one = cell(run.waiting, label)
        between(100, one["bytes_per_task"], 20_000, f"the bytes a task of {label}")
        between(1, one["os_threads"], 10, f"the threads of {label}")


@claims(
    "They wait for all thousand at once, and Little's law is the limit: 1,000 in flight / 20 ms = 50,000 tasks a second.",
    undisturbed=("waiting",),
)
def littles_law_is_the_limit(run):
    for label in SUSPENDING:
        between(850, cell(run.waiting, label)["littles_in_flight"], 1150, f"the tasks in flight of {label}")
        between(5_000, rate(run.waiting, label), 51_500, f"{label}, tasks/s,")


@claims("In every model that is drawn, a task is served for longer than it queues.")
def service_is_longer_than_queueing(run):
    for one in measured(run.waiting):
        if one["service_us"] is not None and one["service_us"]["p50"] is not None:
            assert one["service_us"]["p50"] > one["queueing_us"]["p50"], (one["label"], one["queueing_us"])


@claims(
    "The pool and the processes are missing: most of their tasks queue for longer than the window lasts, and the times of "
    "the few that finished would mislead."
)
def times_of_the_pool_do_not_hold(run):
    for label in ("pool", "processes"):
        one = cell(run.waiting, label)
        assert one["queueing_us"] is None and not one["times_hold"], label
        assert one["concurrency"] / rate(run.waiting, label) > one["duration_s"], label


@claims("No model answers half of its tasks sooner than in the 20 ms that a request takes.")
def nobody_answers_before_20_ms(run):
    for one in measured(run.waiting):
        if one["response_us"] is not None and one["response_us"]["p50"] is not None:
            between(19_500, one["response_us"]["p50"], 1e9, f"the median of {one['label']}, us,")


@claims(
    "Fibers, coroutines and the event loop finish more than a hundred times as many tasks as a pool of two threads.",
    "waits, a thousand in flight | fibers, coroutines or an event loop | a hundred times the throughput of a pool (section 1)",
)
def what_suspends_is_a_hundred_times_the_pool(run):
    for label in SUSPENDING:
        assert rate(run.waiting, label) > 100 * rate(run.waiting, "pool"), (label, rate(run.waiting, label))


# ---- 2. Computing


@claims("Now each task counts primes for about a millisecond and never waits.")
def a_task_computes_for_about_a_millisecond(run):
    demand = cell(run.computing, "sequential")["demand_us"]
    between(250, demand["cpu"], 4000, "the CPU time of a task, us,")
    between(0, demand["wait"], 0, "the wait of a task, us,")


@claims("The limit is the number of CPUs, and no model can do better.", undisturbed=("computing",))
def nobody_passes_the_cpus(run):
    for one in measured(run.computing):
        between(0, one["cpu_share"], one["workers"] * 1.05, f"the CPUs used by {one['label']}")
        between(0, one["efficiency"]["low"], 1.05, f"the efficiency of {one['label']}")


@claims("Three models, measured with one worker, too, are enough to see it.")
def three_models_have_a_speedup(run):
    for label in run.few:
        assert cell(run.scaling, label, workers=2)["speedup_over_one_worker"] is not None, label


@claims("The grey line is linear: twice the workers, twice the speed.")
def the_line_is_linear(run):
    line = next(trace for trace in run.cb.speedup(run.scaling, "cpu").data if trace.name == "linear")
    assert list(line.x) == list(line.y), (line.x, line.y)


@claims("Models also differ in what a task costs: CPU time, context switches, memory.")
def costs_differ(run):
    last = [one for one in measured(run.computing) if one["workers"] == 2]
    for name, cost, factor in (
        ("CPU time", lambda one: one["cpu_per_task_us"], 1.02),
        ("switches", _switches, 2),
        ("memory", lambda one: one["peak_memory_bytes"], 1.1),
    ):
        values = [cost(one) for one in last]
        assert max(values) > factor * min(values), (name, values)


@claims("A thread for each task is switched more often than the threads of a pool.", undisturbed=("computing",))
def threads_switch_more_often(run):
    assert _switches(cell(run.computing, "threads")) > 2 * _switches(cell(run.computing, "pool"))


def _switches(one):
    return sum(one["context_switches_per_task"].values())


@claims(
    "Take away: for pure computing, a plain pool with a thread for each CPU is within a tenth of the best.",
    "Suspending tasks buys nothing here.",
    "computes | a pool with a thread for each CPU | within a tenth of the best (section 2)",
    undisturbed=("computing",),
)
def the_pool_is_within_a_tenth(run):
    pool = cell(run.computing, "pool")["throughput_per_s"]
    # One repetition that somebody disturbed must not decide: what the interval does not rule out may be.
    assert (pool["high"] or pool["mean"]) >= 0.9 * best(run.computing), (pool, best(run.computing))


# ---- 3. Both


@claims("Ask another service (5 ms), compute a little, ask again (5 ms).")
def a_task_asks_twice(run):
    one = cell(run.serving, "sequential")
    assert one["parameters"]["delay"] == "5ms", one["parameters"]
    between(9_800, one["demand_us"]["wait"], 40_000, "the wait of a task, us,")
    between(1, one["demand_us"]["cpu"], 2000, "the computing of a task, us,")


@claims(
    "A task waits for most of its time, so section 1 decides; but it also needs a CPU for a moment, and models differ in "
    "who gets it."
)
def waiting_decides(run):
    demand = cell(run.serving, "sequential")["demand_us"]
    assert demand["wait"] > 5 * demand["cpu"], demand
    for label in SUSPENDING:
        assert rate(run.serving, label) > 5 * rate(run.serving, "pool"), label


@claims(
    "Take away: waiting for ten milliseconds is enough to sink a pool with one thread for each CPU.",
    undisturbed=("serving",),
)
def waiting_sinks_a_small_pool(run):
    assert cell(run.serving, "pool")["limit"] == "blocked"
    assert rate(run.serving, "pool") < 0.1 * best(run.serving), (rate(run.serving, "pool"), best(run.serving))


@claims(
    "With a hundred threads (`pool:threads=100`) it keeps up with fibers to within a factor of two, and pays with more "
    "memory than two threads take and with more context switches for a task than fibers.",
    undisturbed=("larger",),
)
def a_hundred_threads_keep_up_at_a_price(run):
    large, small, fibers = (cell(run.larger, label) for label in ("pool:threads=100", "pool", "fibers"))
    assert rate(run.larger, "pool:threads=100") > 0.5 * rate(run.larger, "fibers"), large["throughput_per_s"]
    assert large["peak_memory_bytes"] > small["peak_memory_bytes"], (large["peak_memory_bytes"], small["peak_memory_bytes"])
    assert _switches(large) > 2 * _switches(fibers), (_switches(large), _switches(fibers))


@claims(
    "waits, a hundred in flight | a thread for each task, or a large pool | at least half of the best, in plain code "
    "(section 3)",
    undisturbed=("serving", "larger"),
)
def threads_reach_half_of_the_best(run):
    between(100, cell(run.serving, "threads")["concurrency"], 100, "the tasks in flight")
    assert rate(run.serving, "threads") > 0.5 * best(run.serving), (rate(run.serving, "threads"), best(run.serving))
    assert rate(run.larger, "pool:threads=100") > 0.5 * best(run.larger)


# ---- 4. Amdahl's law


@claims(
    "One job, a fifth of which is serial: 20 % of it cannot be divided among workers, whatever their number.",
    "The job waits instead of computing, so that the law shows even with more workers than this machine has CPUs.",
)
def a_fifth_is_serial_and_waits(run):
    for one in measured(run.amdahl):
        assert one["parameters"]["serial"] == "0.2" and one["parameters"]["phase"] == "wait", one["parameters"]
    between(16, max(one["workers"] for one in measured(run.amdahl)), 16, "the most workers")


def _curve(run, label):
    return next(curve for curve in run.amdahl["curves"] if curve["label"] == label and curve["axis"] == "workers")


@claims("With n workers it takes 0.2 + 0.8 / n of the time, and with infinitely many still 0.2: the speedup ends at 5.")
def no_speedup_passes_5(run):
    for label in ("pool", "fibers"):
        for point in _curve(run, label)["points"]:
            if point["speedup"] is not None:
                between(0, point["speedup_low"] or point["speedup"], 5.2, f"the speedup of {label} at {point['n']}")


@claims("The sentence below the picture says which serial fraction it found, with its interval.", undisturbed=("amdahl",))
def the_serial_fraction_is_found(run):
    said = [text for text in run.amdahl.verdict("amdahl") if text.startswith("fibers:") and "serial fraction" in text]
    assert said, run.amdahl.verdict("amdahl")
    between(0.15, _curve(run, "fibers")["fit"]["amdahl"]["serial_fraction"], 0.26, "the serial fraction of fibers")


@claims("Fibers pay next to nothing of that kind here, and both laws give nearly the same curve.", undisturbed=("amdahl",))
def both_laws_give_nearly_the_same_curve(run):
    fit = _curve(run, "fibers")["fit"]
    between(0, fit["usl"]["beta"], 0.005, "the price")
    for one, other in zip(fit["amdahl"]["curve"], fit["usl"]["curve"], strict=True):
        between(0.9, one["throughput_per_s"] / other["throughput_per_s"], 1.1, f"Amdahl over USL at {one['n']}")


@claims("With a fifth of the work serial, sixteen workers are about four times as fast as one.", undisturbed=("amdahl",))
def sixteen_workers_are_four_times_as_fast(run):
    at = next(point for point in _curve(run, "fibers")["points"] if point["n"] == 16)
    between(3.3, at["speedup"], 4.7, "the speedup of fibers at 16")


# ---- 5. The blocked event loop


def _light(run, label):
    return next(kind for kind in cell(run.blocked, label)["classes_us"] if kind["name"] == "light")["p99"]


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
    shortest = min(_light(run, label) for label in ("threads", "eventloop-offload") if _light(run, label))
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
        assert _light(run, label) is not None, f"{label}: its 99th percentile is not known"
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
