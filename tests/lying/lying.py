"""The honest model of tests/protocol/by_the_page.py with one lie in it, which the argument names: a change of its text."""
import pathlib
import sys

SLEEP = "await asyncio.sleep(value / 1e9)"
APPEND = 'finished.append([slot, turn, due, start, finish := now(), f"{digest:016x}"])'
COMPUTE = "value = KERNELS[kernel](amount)"
WRITE = "connection[1].write(HEADER.pack(MAGIC, size, delay, number, 0) + bytes(size))"
READ = "reply = HEADER.unpack((await connection[0].readexactly(32 + size))[:32])"
GATHER = "value = sum(await asyncio.gather(*(walk(body, mix64(i + 1), idle) for i in range(width))))"
LOCK = "async with locks[lock]: digest = await walk(body, mix64(digest * 31 + lock), idle)"
WINDOW = 'say("window", begin_ns=begin, end_ns=end)'
ENDED = '    say("ended")\n'
RETURN = '    return {"status": "ok", "finished": finished}\n'
WARM = 'while not fixed and now() < begin + load["most_warmup_ns" if unsettled else "warmup_ns"]:'
EARLY = " or now() < number + delay"
WRONG = "if reply != (MAGIC, size, delay, number, number ^ MASK)" + EARLY + ":"
NOTICE = 'end = (begin := now() + NOTICE_NS) + load["duration_ns"]'
CHECK = 'if set(step) != FIELDS.get(step["do"])'
CLOCK = "now = open(3, \"w\"), defaultdict(asyncio.Lock), time.monotonic_ns"
DAEMON = 'import subprocess; subprocess.run(["setsid", "-f", "sleep", "20"], close_fds=True)'
IN_TURN = """
one, reading = [], asyncio.Lock()
def shared(idle):
    one.append(idle[0])
    return one[0]
async def in_turn(connection, size):
    async with reading: return await connection[0].readexactly(size)
"""
OTHERS = 'import subprocess; subprocess.Popen(["sleep", "20"])'

LIES = {
    "none": [],
    # Work that was not done.
    "skipped_waits": [(SLEEP, "await asyncio.sleep(value / 4e9)")],
    "replayed_replies": [(WRITE, "await asyncio.sleep(delay / 1e9)"),
                         (READ, "reply = (MAGIC, size, delay, number, number ^ MASK)")],
    "hurried_requests": [("size, delay, number, 0)", "size, delay // 2, number, 0)"), (WRONG, "if False:")],
    "digest_by_heart": [(COMPUTE, "value = 1"), ('f"{digest:016x}"',
                        'scripts[order[turn % len(order)]]["digest"]')],
    "results_remembered": [(COMPUTE, "value = known.get((kernel, amount)) or known.setdefault((kernel, amount), "
                            "KERNELS[kernel](amount))"), (CLOCK, "now = open(3, \"w\"), defaultdict(asyncio.Lock), "
                            "time.monotonic_ns\nknown = {}")],
    "light_for_heavy": [('walk(scripts[order[turn % len(order)]]["steps"]', 'walk(scripts[0]["steps"]')],
    "less_computed": [(COMPUTE, "value = KERNELS[kernel](amount // 8)")],
    # Tasks that were not, or were and are not told.
    "tasks_dropped": [(RETURN, '    return {"status": "ok", "finished": finished[::2]}\n')],
    "tasks_dropped_and_renumbered": [(RETURN, """
    kept, turns_of = [], defaultdict(int)
    for slot, turn, *rest in sorted(finished)[::2]:
        kept.append([slot, slot * len(order) // len(slots) + turns_of[slot], *rest])
        turns_of[slot] += 1
    return {"status": "ok", "finished": kept}
""")],
    "tasks_invented": [(RETURN, """
    told, turns_of = [], defaultdict(int)
    for slot, turn, *rest in sorted(finished):
        for _ in range(3):
            told.append([slot, slot * len(order) // len(slots) + turns_of[slot], *rest])
            turns_of[slot] += 1
    return {"status": "ok", "finished": told}
""")],
    "a_task_less_than_asked": [(RETURN, '    return {"status": "ok", "finished": sorted(finished, key=lambda t: t[1])[:-1]}\n')],
    "tasks_of_other_slots": [(APPEND, APPEND.replace("[slot,", "[slot // 2,"))],
    # Times that were not.
    "forged_finishes": [(APPEND, APPEND.replace("finish := now()", "(finish := now()) - 5_000_000"))],
    "forged_starts": [(APPEND, APPEND.replace("due, start,", "due, due - 1,"))],
    "times_of_the_fastest": [(RETURN, """
    least = min(task[4] - task[3] for task in finished)
    return {"status": "ok", "finished": [[slot, turn, finish - least, finish - least, finish, digest]
                                         for slot, turn, _, _, finish, digest in finished]}
""")],
    "a_fast_clock": [(CLOCK, CLOCK.replace("time.monotonic_ns", "lambda: 2 * time.monotonic_ns() - started\n"
                                           "started = time.monotonic_ns()"))],
    "a_clock_that_is_ahead": [(CLOCK, CLOCK.replace("time.monotonic_ns", "lambda: time.monotonic_ns() + 10**9"))],
    "coalesced_timers": [(SLEEP, "await asyncio.sleep(value / 1e9); "
                                 "await asyncio.sleep(0.025 - time.monotonic() % 0.025)")],
    "the_least_wait": [(SLEEP, 'await asyncio.sleep(0.001)')],
    "tasks_that_overlap": [(RETURN, """
    told, turns_of = [], defaultdict(int)
    for slot, turn, *rest in sorted(finished):
        told.append([slot // 2, slot // 2 * len(order) // len(slots) + turns_of[slot // 2], *rest])
        turns_of[slot // 2] += 1
    return {"status": "ok", "finished": told}
""")],
    "digests_that_add_up": [(RETURN, """
    for one, other in zip(finished[::2], finished[1::2]):
        one[5], other[5] = f"{int(one[5], 16) + 1:016x}", f"{int(other[5], 16) - 1:016x}"
    return {"status": "ok", "finished": finished}
""")],
    "a_finish_to_come": [(RETURN, """
    finished[-1][4] += 3600 * 10**9
    return {"status": "ok", "finished": finished}
""")],
    "listed_and_counted": [(RETURN, '    return {"status": "ok", "finished": finished, "tasks": 5}\n')],
    "a_makespan_forged": [(RETURN, """
    last = max(task[4] for task in finished)
    return {"status": "ok", "finished": [[slot, turn, *(begin + (at - begin) * 2 // 5 for at in times), digest]
                                         for slot, turn, *times, digest in finished]}
""")],
    # Windows that were not asked for.
    "two_windows": [(WINDOW, WINDOW + "; " + WINDOW)],
    "a_shorter_window": [(WINDOW, WINDOW.replace("end_ns=end", "end_ns=(begin + end) // 2"))],
    "a_window_told_late": [(WINDOW, "while now() < end: await asyncio.sleep(0.001)\n            " + WINDOW)],
    "a_window_in_hindsight": [
        (NOTICE, "end = (begin := now() - load[\"duration_ns\"]) + load[\"duration_ns\"]"),
        (WARM, WARM.replace("_ns\"]:", "_ns\"] + load[\"duration_ns\"]:"))],
    "a_window_without_end": [(WINDOW, WINDOW.replace("end_ns=end", "end_ns=None"))],
    "no_warm_up": [(WARM, "while False:")],
    "output_before_the_end": [(WINDOW, WINDOW + '; say("ended"); say("record", trial=spec["trial"], status="ok", '
                               "finished=[])")],
    # What goes on beside.
    "forked_helper": [(ENDED, "    " + OTHERS + "\n" + ENDED)],
    "open_as_closed": [('not in ("closed", "fixed")', 'not in ("closed", "fixed", "open")')],
    "forks_after_ready": [('say("ready", ', '    say("ready", processes=True, '.lstrip()), (ENDED, "    " + OTHERS + "\n" + ENDED)],
    "daemon_before_ready": [('    say("ready", ', "    " + DAEMON + "\n    say(\"ready\", ")],
    "many_on_one_connection": [("connection, number = idle.pop(), now()", "connection, number = shared(idle), now()"),
                               (READ, "reply = HEADER.unpack((await in_turn(connection, 32 + size))[:32])"),
                               ("idle.append(connection)", "pass"), (CLOCK, CLOCK + IN_TURN)],
    "helper_left_behind": [(ENDED, ENDED + "    " + OTHERS + "\n")],
    "lives_on": [("(sys.stdin.read(), os._exit(1))", "(sys.stdin.read(), time.sleep(3), os._exit(1))")],
    # Semantics that nobody sees in the figures of a run.
    "branches_in_turn": [(GATHER, "value = 0\n                for i in range(width): "
                          "value += await walk(body, mix64(i + 1), idle)")],
    "locks_ignored": [(LOCK, "digest = await walk(body, mix64(digest * 31 + lock), idle)")],
    "early_replies_taken": [(EARLY, "")],
    "other_replies_taken": [(WRONG, "if now() < number + delay:")],
    "unknown_steps_passed_over": [(CHECK, "if False"),
                                  ("        digest = mix64(digest * 31 + value)\n    return digest",
                                   "            case _: continue\n        digest = mix64(digest * 31 + value)\n"
                                   "    return digest")],
    "unknown_fields_passed_over": [(CHECK, 'if not set(step) >= FIELDS.get(step["do"], {"?"})')],
    "failures_hidden": [('"unsupported" if isinstance(error, NotImplementedError) else "failed", "reason": str(error)',
                         '"unsupported" if isinstance(error, NotImplementedError) else "ok", "reason": str(error), '
                         '"finished": []')],
}

text = (pathlib.Path(__file__).parent.parent / "protocol" / "by_the_page.py").read_text()
for honest, lie in LIES[sys.argv[1]]:
    assert text.count(honest) == 1, f"by_the_page.py has changed: {honest}"
    text = text.replace(honest, lie)
exec(compile(text, sys.argv[1], "exec"))  # noqa: S102
