"""What cannot be, what goes wrong, and the end of the input: docs/protocol.md against a program written from it
(parent.py)."""

import socket

import pytest
from page import closed, compute, critical, fan_out, fixed, request, script, wait
from parent import NEVER_IN_A_TEST, child, hears_no_window, run, spec_of
from peer import Peer


@pytest.mark.parametrize(("step", "named"), [
    ({"do": "hop", "stage": 1}, "hop"),
    (critical(0, wait(1)) | {"permits": 3}, "permits"),
    (fan_out(2, {"do": "hop", "stage": 1}), "hop"),
    (compute("sorting", 5), "sorting"),
])
def test_a_step_that_it_does_not_know_is_unsupported(step, named):
    assert named in hears_no_window(spec_of(closed(1), script(wait(1)), script(step)), "unsupported")


def test_an_open_load_is_unsupported():
    assert "open" in hears_no_window(spec_of(closed(1) | {"kind": "open"}, script(wait(1))), "unsupported")


def test_another_version_of_the_protocol_is_refused():
    assert "3" in hears_no_window(spec_of(closed(1), script(wait(1)), protocol=3), "unsupported")


def test_a_peer_that_is_not_there_fails_the_set_up():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # it does not listen
        nobody = {"address": "127.0.0.1", "port": silent.getsockname()[1]}
        assert hears_no_window(spec_of(closed(2), script(request(1, 1))) | {"peer": nobody}, "failed") != ""


def failure_with(peer, step):
    try:
        record = run(spec_of(closed(3), script(step), peer=peer)).record
    finally:
        peer.listener.close()
    assert record["status"] == "failed" and "\n" not in record["reason"]
    return record["reason"]


def test_a_reply_before_its_delay_fails_the_trial():
    assert "early" in failure_with(Peer(delay=lambda ns: ns // 2), request(16, 20))


def test_a_reply_to_another_frame_fails_the_trial():
    assert "asked for" in failure_with(Peer(served=lambda number: number), fan_out(2, request(16, 5)))


# ---- the end of the input --------------------------------------------------------------------------------------------


def ends_at_once(load, job, after):
    with child() as trial:
        trial.send(spec_of(load, job))
        assert trial.hear(after) is not None
        trial.end_of_input()
        assert trial.exit_status() is not None
        assert trial.hear("record") is None


def test_it_ends_when_its_input_ends_while_it_warms_up():
    ends_at_once(closed(2, warmup=30_000), script(wait(5)), after="ready")


def test_it_ends_when_its_input_ends_while_tasks_wait():
    ends_at_once(closed(2, most_warmup=40), script(wait(60_000)), after="window")


def test_it_ends_when_its_input_ends_while_a_task_computes():
    job = {"class": "", "digest": "0" * 16, "steps": [compute("mix", 10**9)]}
    ends_at_once(fixed(1, 1), job, after="window")


def test_it_ends_when_no_spec_comes():
    with child() as trial:
        trial.end_of_input()
        assert trial.exit_status(NEVER_IN_A_TEST) is not None  # it may have to start first
        assert trial.hear("record") is None
