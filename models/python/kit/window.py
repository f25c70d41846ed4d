"""When a trial's tasks are brought and its window is open, for all who drive a trial: threads that sleep, loops that
await. The functions yield the instants to sleep to."""

from time import monotonic_ns as now

from kit.arrivals import Schedule

NOTICE_NS = 2_000_000  # between the announcement of the window and its begin
OPEN_NOTICE_NS = 5 * NOTICE_NS  # and the epoch of arrivals: the announcement takes a part of it
LOOK_NS = 1_000_000  # between looks at what cannot be slept to
LOOK_AT_THE_END_NS = 10_000_000  # at whether the last task has ended


def whole(load, spec, submit, say, use, outcome):
    """From the first task to the last. `outcome` becomes what of the record is known here."""
    kinds = {"closed": closed, "fixed": fixed, "open": opened}
    outcome.update(settled=True, finish_ns=None)
    yield from kinds[load.kind](load, spec, submit, say, use, outcome)
    while load.in_flight:
        yield now() + LOOK_AT_THE_END_NS
    if load.kind == "fixed":
        outcome.update(finish_ns=load.finish_ns)


def closed(load, spec, submit, say, use, outcome):
    submitted = now()
    for task in load.first():
        submit(task)
    yield submitted + spec["warmup_ns"]
    most = submitted + spec["most_warmup_ns"]
    while load.unsettled and now() < most:
        yield now() + LOOK_NS
    outcome["settled"] = not load.unsettled
    begin = now() + NOTICE_NS
    end = begin + spec["duration_ns"]
    load.set_window(begin, end)
    say("window", begin_ns=begin, end_ns=end)
    yield begin
    before = use.look()
    yield end
    outcome.update(use.since(before))


def fixed(load, _spec, submit, say, use, outcome):
    load.set_window(0, 2**63 - 1)
    begin = now() + NOTICE_NS
    say("window", begin_ns=begin, end_ns=None)
    before = use.look()
    yield begin
    for task in load.first():
        submit(task)
    while load.in_flight:
        yield now() + LOOK_AT_THE_END_NS
    outcome.update(use.since(before))


def opened(load, spec, submit, say, use, outcome):
    schedule = Schedule(spec)
    epoch = now() + OPEN_NOTICE_NS
    begin, end = load.open(schedule, epoch)
    say("window", begin_ns=begin, end_ns=end)
    before, due = None, epoch
    while due is not None:
        if before is None and due >= begin:
            yield begin
            before = use.look()
        yield due
        due = load.bring(submit)
    yield end
    outcome.update(use.since(before) if before else {"switches": None})
    while load.waiting and now() < load.last:
        yield min(now() + LOOK_NS, load.last)
