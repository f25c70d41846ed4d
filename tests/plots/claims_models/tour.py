"""What it is about, how it was measured, the ideal, and the end."""

import os

from claims import Claims, between, kept_awake_as_asked, measured

claims = Claims(
    "A tour in five measurements, taken on the machine that runs this notebook.",
    "Every section first says what to expect and why, then measures.",
    "The sentences in the outputs are cbench's own verdicts.",
    "The outputs that are stored here are of one machine: execute all cells from the top for yours.",
    "A test holds every claim of the text against the run (`tests/plots/claims_models`); where your run contradicts "
    "one, believe your run and ask why.",
    "Three words are enough to read everything:",
    "A task is one unit of work, such as a request to a service.",
    "A model decides how tasks share the CPUs.",
    "Throughput is tasks finished in a second.",
    "Response time is what a user waits: the time that a task queues before the model starts it, plus the time that it "
    "is served.",
    "The first three measurements in one picture: how much of what physics allows each model reached.",
    "Read a row to know a model, a column to choose one.",
    "your work | take | because",
    "`scripts/report` makes a page of your numbers to pass on.",
)


@claims(
    "Every trial is repeated five times.",
    "It measures for half a second, in section 5 for two; set `CBENCH_WINDOW=5s` before you start Jupyter for longer ones, "
    "and close what else runs on the machine.",
)
def every_cell_has_five_repetitions_of_that_window(run):
    asked = {"500ms": 0.5, "250ms": 0.25}.get(os.environ["CBENCH_WINDOW"])
    for name in ("waiting", "computing", "serving", "larger", "amdahl", "blocked"):
        for one in getattr(run, name)["cells"]:
            between(5, one["repetitions"], 5, f"the repetitions of {one['label']}")
            if name == "blocked":
                between(2, one["duration_s"], 2, "the window, s,")
            elif asked:
                between(asked, one["duration_s"], asked, "the window, s,")


@claims(
    "The ideal is what physics allows: with n CPUs and C tasks in flight, no model finishes more than min(n / CPU time of "
    "a task, C / time that a task takes alone).",
    undisturbed=("waiting", "computing", "serving"),
)
def no_model_passes_the_ideal(run):
    for summary in (run.waiting, run.computing, run.serving):
        for one in measured(summary):
            if one["efficiency"] is not None and one["efficiency"]["low"] is not None:
                between(0, one["efficiency"]["low"], 1.05, f"the efficiency of {one['label']} on {one['workload']}")


@claims(
    "While the outputs that are stored here were measured, no CPU was allowed to halt (`CBENCH_KEEP_AWAKE=1`): a "
    "hypervisor gives away one that does, and whoever wakes on it waits.",
    "`idle` says whether that is so in your run.",
)
def idle_says_whether_cpus_were_kept_awake(run):
    for name in ("waiting", "computing", "serving"):
        kept_awake_as_asked(getattr(run, name))
