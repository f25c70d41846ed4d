"""Pictures of cbench's results, for notebooks and for scripts/report.

    import cbench_plots as cb
    trials = cb.load("results.csv", "more.json")   # a tidy DataFrame, a row a trial
    summary = cb.summary("results.json")           # what `cbench summary --json` computed
    cb.throughput(summary, "io")                   # a plotly figure; one function a picture

Everything that is drawn was computed by cbench; this package computes no statistic.
"""

from .curves import latency_against_throughput, latency_spectrum, speedup
from .efficiency import efficiency
from .history import history
from .measuring import measure
from .program import CbenchError
from .results import BadResults, load
from .rows import cost, queueing_and_service, throughput
from .summary import NoPicture, Summary, summary
from .theme import register_templates

register_templates()

# The pictures by their kind in `cbench summary`, in the order in which a report shows them.
PICTURES = {
    "efficiency": efficiency,
    "throughput": throughput,
    "speedup": speedup,
    "latency": latency_spectrum,
    "split": queueing_and_service,
    "load": latency_against_throughput,
    "cost": cost,
    "history": history,
}

__all__ = [
    "PICTURES", "BadResults", "CbenchError", "NoPicture", "Summary", "cost", "efficiency", "history",
    "latency_against_throughput", "latency_spectrum", "load", "measure", "queueing_and_service", "speedup", "summary",
    "throughput",
]  # fmt: skip
