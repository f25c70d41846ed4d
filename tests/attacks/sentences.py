"""Attacks on sentences: each rule where it must keep silent."""
from tests.attacks.program import cbench, file_of, repeated, summary, sweep
from tests.attacks.registry import attack


@attack(12, "sentences that intervals do not support",
        "\"the work itself is the limit\" of 91 % ± 49 %; \"±63 % only\" of ten models of which one is ±21 %; \"queue "
        "for 3.8 us\" of an offload whose queue takes 15 ms; \"bought with starvation\"")
def sentences():
    work = {"workload": "cpu", "parameters": "amount=20k", "demand_cpu_us": 1000, "demand_wait_us": 0, "concurrency": 16,
            "cpu_s": 0.19, "littles_in_flight": 16}
    base = repeated([1000, 1001, 999], model="sequential", is_baseline="true", **(work | {
        "workers": 1, "concurrency": 1, "littles_in_flight": 1}))
    wide = cbench("summary", file_of(base + repeated([1480, 1820, 2160], ideal_per_s=2000, **work))).words()
    sure = cbench("summary", file_of(base + repeated([1880, 1890, 1870], ideal_per_s=2000, **work))).words()
    yield "the work itself is the limit" not in wide and "the work itself is the limit" in sure, \
        "91 % of ideal ± 49 %: nothing on a limit; 94 % ± 1 %: \"the work itself is the limit\""
    models = ["threads", "tbb", "fibers", "csp", "eventloop", "coroutines", "actors", "processes", "cluster", "pool"]
    rows = []
    for index, model in enumerate(models):
        spread = 0.083 if index == 0 else 0.25
        rows += repeated([1000 * (1 - spread), 1000, 1000 * (1 + spread)], model=model)
    text = cbench("summary", file_of(rows)).words()
    yield "±21 %" in text and "±62 %" in text and "all models is known to within" not in text, \
        "ten models: their own intervals are said, " + text[text.find("The throughput of"):][:140]
    _, _, path = sweep("eventloop-offload", "cpu", "-c", "64", "--workers", "2", "-d", "500ms", "--warmup", "100ms", "-r",
                       "2", "--no-baseline", ending=".json")
    cell = summary(path)["cells"][0]
    queued, served = cell["queueing_us"]["p50"], cell["service_us"]["p50"]
    yield queued > 5 * served, f"eventloop-offload, 64 in flight on 2 workers: queued {queued / 1000:.1f} ms, served " \
                               f"{served / 1000:.2f} ms"
    starved = cbench("summary", file_of(repeated([3000, 3010, 2990], slot_spread=0) + repeated(
        [1000, 1010, 990], model="fibers"))).words()
    yield "bought" not in starved and "finished no task" in starved, \
        "a fast model with starved slots is called unfair, and nothing is said to be bought with it"
    fast = cbench("summary", file_of(repeated([1000]) + repeated([3000], model="fibers"))).words()
    yield "One repetition: there is no interval" in fast and "fastest" not in fast, "of one repetition nobody is fastest"
