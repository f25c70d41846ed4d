"""Section 3: a service that waits and computes."""

from claims import Claims, best, between, cell, rate, switches

from .waiting import SUSPENDING

claims = Claims()


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
    assert switches(large) > 2 * switches(fibers), (switches(large), switches(fibers))


@claims(
    "waits, a hundred in flight | a thread for each task, or a large pool | at least half of the best, in plain code "
    "(section 3)",
    undisturbed=("serving", "larger"),
)
def threads_reach_half_of_the_best(run):
    between(100, cell(run.serving, "threads")["concurrency"], 100, "the tasks in flight")
    assert rate(run.serving, "threads") > 0.5 * best(run.serving), (rate(run.serving, "threads"), best(run.serving))
    assert rate(run.larger, "pool:threads=100") > 0.5 * best(run.larger)
