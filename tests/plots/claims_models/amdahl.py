"""Section 4: a job with a serial part."""

from claims import Claims, between, measured

claims = Claims(
    "Nobody tells cbench the 20 %: it sees throughput alone and fits the law to it.",
    "The second law in the picture, the Universal Scalability Law, adds a price for workers that must agree with each "
    "other (locks, caches).",
    "Beyond its peak, more workers make it slower.",
    "Take away: before you add cores, ask for the serial part.",
)


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
