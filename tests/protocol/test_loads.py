"""Loads, and the arithmetic of digests and times: docs/protocol.md against a program written from it (parent.py)."""

from collections import Counter

import pytest

from page import MS, closed, expected, fixed, request, script, wait
from parent import MODEL, mean, run, run_well, shortest, spec_of, total


def replies_within(peer, window):
    return sum(window["begin_ns"] <= frame.replied < window["end_ns"] for frame in peer.frames)


def longest_task(peer, outcome):
    """The most time from one frame of a connection to the next, or from its last to the end of the trial."""
    begins = [[frame.arrived for frame in peer.frames if frame.connection == connection] + [outcome.ended_ns]
              for connection in range(1, peer.connections + 1)]
    return max(after - before for of_one in begins for before, after in zip(of_one, of_one[1:]))


def test_the_pages_own_digest_is_that_of_its_example():
    assert expected([request(64, 20)]) == 0x8FD0705E935309C6


def test_a_digest_that_is_not_the_expected_one_shows_as_the_difference():
    wrong = script(wait(1))
    wrong["digest"] = f"{expected(wrong['steps']) - 3:016x}"
    assert run(spec_of(fixed(2, 5), wrong)).record["digest"] == f"{5 * 3:016x}"


def test_io_in_a_closed_loop(peer):
    outcome = run_well(spec_of(closed(8), script(request(64, 5)), peer=peer))
    record, window = outcome.record, outcome.window
    assert record["settled"] is True and record["slots"]["fewest"] > 0
    assert shortest(record["service"]) >= 5 * MS * 0.999  # what an index holds is known to a thousandth
    assert peer.connections == 8
    assert len(peer.frames) == record["tasks_total"]
    assert abs(replies_within(peer, window) - record["tasks"]) <= 8
    # Little's law: the response times of a slot follow one another, so that in all they are as long as the window, but for
    # the task that it was at when the window began and that when it ended. A machine in use may hold up such a task.
    length = window["end_ns"] - window["begin_ns"]
    in_flight = record["tasks"] / length * mean(record["response"])
    assert abs(in_flight / 8 - 1) < 0.2 + longest_task(peer, outcome) / length


@pytest.mark.skipif(MODEL != "go", reason="of a scheduler that prefers what was started last")
def test_empty_tasks_of_thousands_of_slots_take_turns():
    record = run(spec_of(closed(3000, most_warmup=5000), script())).record
    assert (record["status"], record["reason"]) == ("ok", "")
    assert record["settled"] is True
    # Where the tasks of one slot follow one another until the scheduler ends that, they are 100,000 and more.
    assert record["tasks_total"] < 3000 * 20_000


def test_a_slot_takes_the_scripts_in_their_order_and_begins_at_its_own_number(peer):
    scripts = [script(request(size, 2), name=f"of {size}") for size in (1, 2, 3)]
    run_well(spec_of(closed(3), *scripts, order=[0, 1, 2, 1], peer=peer))
    in_order = {1: [1, 2, 3, 2], 2: [2, 3, 2, 1], 3: [3, 2, 1, 2]}  # by the first of the slots 0, 1 and 2
    begins = []
    for connection in (1, 2, 3):
        sizes = [frame.bytes for frame in peer.frames if frame.connection == connection]
        assert len(sizes) > 8
        assert sizes == (in_order[sizes[0]] * len(sizes))[:len(sizes)]
        begins.append(sizes[0])
    assert sorted(begins) == [1, 2, 3]


def test_fixed_work_takes_the_order_once(peer):
    scripts = [script(request(size, 2), name=f"of {size}") for size in (10, 20, 30)]
    record = run_well(spec_of(fixed(3, 10), *scripts, peer=peer)).record
    assert Counter(frame.bytes for frame in peer.frames) == {10: 4, 20: 3, 30: 3}
    assert {name: total(histogram) for name, histogram in record["classes"].items()} == {
        "of 10": 4, "of 20": 3, "of 30": 3}
    assert record["finish_ns"] >= max(frame.replied for frame in peer.frames)


def test_fixed_work_of_fewer_tasks_than_slots():
    record = run_well(spec_of(fixed(5, 3), script(wait(2)))).record
    assert record["slots"] == {"fewest": 0, "most": 1}


def test_times_add_up_to_the_time_that_the_tasks_took():
    outcome = run_well(spec_of(fixed(1, 10), script(wait(5))))
    took = outcome.record["finish_ns"] - outcome.window["begin_ns"]
    assert 10 * 5 * MS * 0.999 <= 10 * mean(outcome.record["service"]) <= 10 * mean(outcome.record["response"]) <= took


def test_the_window_waits_until_every_slot_has_finished_a_task():
    long, short = script(wait(120), name="long"), script(wait(5), name="short")
    outcome = run_well(spec_of(closed(2, warmup=10), long, short, order=[0] + [1] * 999))
    assert outcome.record["settled"] is True
    assert outcome.window["begin_ns"] >= outcome.sent_ns + 120 * MS


def test_the_window_does_not_wait_for_ever():
    outcome = run_well(spec_of(closed(2, warmup=10, most_warmup=40, duration=50), script(wait(600))))
    assert outcome.record["settled"] is False
    assert (outcome.record["tasks"], outcome.record["tasks_total"]) == (0, 2)
