"""Steps, and those inside of others: docs/protocol.md against a program written from it (parent.py)."""

from page import MS, closed, compute, critical, fan_out, fixed, request, script, wait
from parent import run_well, shortest, spec_of, total


def test_mixed_with_a_few_heavy_tasks(peer):
    light = script(request(64, 2), compute("mix", 100), request(64, 2), name="light")
    heavy = script(request(64, 2), compute("primes", 20_000), request(64, 2), name="heavy")
    # Fixed work: on a machine that is busy no heavy task may finish within a window.
    record = run_well(spec_of(fixed(4, 20), light, heavy, order=[0] * 9 + [1], peer=peer)).record
    assert {name: total(histogram) for name, histogram in record["classes"].items()} == {"light": 18, "heavy": 2}
    assert len(peer.frames) == 2 * 20


def test_amdahl_has_a_serial_and_a_parallel_phase():
    job = script(compute("mix", 500), fan_out(4, compute("mix", 50)), wait(1), fan_out(2, wait(5)))
    record = run_well(spec_of(closed(1), job)).record
    assert record["tasks"] > 0
    assert record.get("units", 7 * record["tasks_total"]) == 7 * record["tasks_total"]


def test_branches_have_connections_of_their_own_and_run_side_by_side(peer):
    job = script(request(8, 1), fan_out(3, request(100, 20), fan_out(2, request(50_000, 10))))
    record = run_well(spec_of(closed(2, duration=200), job, peer=peer)).record
    assert peer.connections == 2 * 6
    assert len(peer.frames) == 10 * record["tasks_total"]
    assert peer.most_under_way() > 6, "the branches waited for one another"
    assert shortest(record["service"]) >= 31 * MS * 0.999


def test_one_task_at_a_time_is_inside_a_lock(peer):
    # Fixed work: on a machine that is busy few tasks may finish within a window.
    run_well(spec_of(fixed(4, 12), script(critical(3, wait(1), request(10, 4))), peer=peer))
    assert peer.most_under_way() == 1


def test_other_locks_are_other_locks_and_nest(peer):
    scripts = [script(critical(lock, critical(9 + lock, request(10, 20)))) for lock in (0, 1)]
    run_well(spec_of(closed(2), *scripts, order=[0, 1], peer=peer))
    assert peer.most_under_way() == 2


def test_branches_exclude_one_another_inside_a_lock(peer):
    run_well(spec_of(fixed(1, 2), script(fan_out(3, critical(0, request(10, 5)))), peer=peer))
    assert peer.most_under_way() == 1
