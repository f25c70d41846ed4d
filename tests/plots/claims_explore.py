"""The sentences of scripts/explore.ipynb: the claims with their checks, and those without any."""

from claims import Claims, kept_awake_as_asked

claims = Claims(
    "Load results of cbench, look at single trials, compare models, and draw.",
    "Name your files in the next cell; where there are none, a small sweep is measured.",
    "The outputs that are stored here are of one machine.",
    "No row is good news.",
    "Anything that pandas can select, plotly can draw.",
    "Whether two models differ is for the verdict below to say.",
    "Means, intervals, percentiles, laws and verdicts are computed by `cbench summary`, in one place for tables, pictures "
    "and reports.",
    "In cells that you executed, hover for numbers; a click on the legend hides a model, a double click leaves it alone.",
    "`models=` picks models, `time=` another percentile or another of the three times, `dark=True` the other template.",
    "How does the 90th percentile grow with the load?",
    "Were two runs really different, or was it noise?",
    "`cbench compare base.json new.json` answers with a test that knows how noisy this machine is; a picture cannot.",
)


@claims("A row is a trial, a column a quantity with its unit in the name (columns).")
def a_row_is_a_trial(run):
    assert len(run.trials) == sum(file["trials"] for file in run.summary["files"])
    assert run.trials["trial_id"].is_unique


@claims("Parameters of workloads are columns of their own, and `host` tells machines apart.")
def parameters_are_columns(run):
    waiting = run.trials[run.trials["workload"] == "io"]
    assert (waiting["parameter_delay"] == "20ms").all(), waiting["parameter_delay"]
    assert run.trials["host"].nunique() == len(run.summary["hosts"])


@claims(
    "While the outputs that are stored here were measured, no CPU was allowed to halt (`CBENCH_KEEP_AWAKE=1`): a hypervisor "
    "gives away one that does, and whoever wakes on it waits.",
    "`idle` says whether that is so in your results.",
)
def idle_says_whether_cpus_were_kept_awake(run):
    kept_awake_as_asked(run.summary)


@claims("What is not known is missing, never 0.")
def what_is_not_known_is_missing(run):
    assert run.trials.loc[run.trials["load"] == "closed", ["rate_per_s", "offered_per_s"]].isna().all(axis=None)
    assert run.trials.loc[run.trials["workload"] == "cpu", "parameter_delay"].isna().all()


@claims("Trials that failed stay among the others, with the reason.")
def failures_have_reasons(run):
    failed = run.trials[run.trials["status"] != "ok"]
    assert len(failed) == len(run.summary["failures"])
    assert failed["reason"].notna().all()


@claims("Here every repetition is a point.")
def every_repetition_is_a_point(run):
    assert sum(len(trace.x) for trace in run.repetitions.data) == len(run.ok)


@claims("First the verdict, in its own words:")
def there_is_a_verdict(run):
    assert run.summary.verdict()


@claims("The numbers behind it, a row for each model under one load:")
def a_row_is_a_model_under_a_load(run):
    assert not run.cells.duplicated(["label", "workload", "workers", "concurrency", "baseline"]).any()
    assert set(run.cells["label"]) == set(run.trials["model"])


@claims("Then every picture of which there are enough results.")
def every_kind_of_picture_that_two_loads_allow_is_drawn(run):
    kinds = {picture["kind"] for picture in run.summary.pictures if picture["main"]}
    assert {"throughput", "latency", "split", "load", "cost", "efficiency"} <= kinds, kinds
