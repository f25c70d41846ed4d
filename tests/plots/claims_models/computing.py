"""Section 2: tasks that compute, and what they cost."""

from claims import Claims, best, between, cell, measured, switches

claims = Claims(
    "What counts is whether every CPU has work, and what the model costs a task.",
    "Speedup compares a model with itself on one worker.",
    "That flatters a slow runtime, so compare throughput first (above) and speedup second.",
)


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
        ("switches", switches, 2),
        ("memory", lambda one: one["peak_memory_bytes"], 1.1),
    ):
        values = [cost(one) for one in last]
        assert max(values) > factor * min(values), (name, values)


@claims("A thread for each task is switched more often than the threads of a pool.", undisturbed=("computing",))
def threads_switch_more_often(run):
    assert switches(cell(run.computing, "threads")) > 2 * switches(cell(run.computing, "pool"))


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
