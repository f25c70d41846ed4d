"""Pictures of cbench's results, for notebooks and for scripts/report.

    import cbench_plots as cb
    trials = cb.load("results.csv", "more.json")   # a tidy DataFrame, a row a trial
    summary = cb.summary("results.json")           # what `cbench summary --json` computed
    cb.cells(summary)                              # its numbers as a DataFrame, a row for each model under one load
    cb.throughput(summary, "io")                   # a plotly figure; one function a picture

Everything that is drawn was computed by cbench; this package computes no statistic.
"""

from collections.abc import Callable

import plotly.graph_objects as go

from .cells import cells
from .curves import latency_against_throughput, latency_spectrum, speedup
from .efficiency import efficiency
from .history import history
from .load_curve import response_against_load
from .measuring import measure
from .program import CbenchError
from .results import BadResults, load
from .rows import cost, queueing_and_service, throughput
from .summary import NoPicture, Summary, summary
from .theme import register_templates

__version__ = "0.1.0"

register_templates()

# The pictures by their kind in `cbench summary`, in the order in which a report shows them.
PICTURES: dict[str, Callable[..., go.Figure]] = {
    "efficiency": efficiency,
    "throughput": throughput,
    "speedup": speedup,
    "latency": latency_spectrum,
    "split": queueing_and_service,
    "load": latency_against_throughput,
    "curve": response_against_load,
    "cost": cost,
    "history": history,
}

__all__ = [
    "PICTURES", "BadResults", "CbenchError", "NoPicture", "Summary", "__version__", "cells", "cost", "efficiency",
    "history", "latency_against_throughput", "latency_spectrum", "load", "measure", "queueing_and_service",
    "response_against_load", "speedup", "summary", "throughput",
]  # fmt: skip
