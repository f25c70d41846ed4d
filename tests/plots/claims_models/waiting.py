"""Section 1: tasks that wait for an answer, a thousand at once."""

from claims import Claims, best, between, cell, measured, rate

SUSPENDING = ("fibers", "coroutines", "eventloop")

claims = Claims(
    "Where did the time go?",
    "Hollow marks are the time that tasks queue before the model starts them, filled ones the time that they are served.",
    "The whole distribution, drawn as HdrHistogram draws it.",
    "To the right, each step is ten times rarer: at 99.9 % is the one task in a thousand that somebody complains about.",
    "What a line adds to them is time for which the model, or the machine, let tasks wait.",
    "Take away: for work that waits, hold no thread for a task in flight, or have as many threads as tasks.",
)


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
