"""The cells of a summary as a DataFrame: a row for each model under one load, a column for each number of it."""

from typing import Any

import pandas as pd

from .results import DTYPES
from .summary import Cell, Summary

# Column, kind as in `cbench convert --columns`, and where it stands in a cell (docs/summary.md).
_PLAIN = (
    ("id", "count"), ("label", "text"), ("model", "text"), ("workload", "text"), ("load", "text"), ("load_text", "text"),
    ("workers", "count"), ("concurrency", "count"), ("rate_per_s", "number"), ("arrivals", "text"), ("late", "text"),
    ("fixed_tasks", "count"), ("duration_s", "number"), ("baseline", "flag"), ("beyond_cpus", "flag"),
    ("repetitions", "count"),
)  # fmt: skip
_NUMBERS = (
    ("throughput_per_s", ("throughput_per_s", "mean")),
    ("throughput_low_per_s", ("throughput_per_s", "low")),
    ("throughput_high_per_s", ("throughput_per_s", "high")),
    ("ideal_per_s", ("ideal_per_s",)),
    *(
        (column if part == "value" else f"{column}_{part}", (column, part))
        for column in ("efficiency", "speedup_over_sequential", "speedup_over_one_worker")
        for part in ("value", "low", "high")
    ),
    *(
        (f"{time}_{part}_us", (f"{time}_us", part))
        for time in ("response", "queueing", "service")
        for part in ("mean", "p50", "p90", "p99", "p999", "max")
    ),
    *((f"demand_{part}_us", ("demand_us", part)) for part in ("cpu", "wait", "path")),
    *((name, (name,)) for name in ("littles_in_flight", "cpu_per_task_us", "cpu_share")),
    *(
        (f"context_switches_{part}_per_task", ("context_switches_per_task", part))
        for part in ("voluntary", "involuntary")
    ),
    *((name, (name,)) for name in ("bytes_per_task", "units_per_task", "slot_spread")),
)
_COUNTS = ("tasks", "peak_memory_bytes", "peak_rss_bytes", "peak_kernel_bytes", "peak_virtual_bytes", "os_threads")
_COLUMNS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    *((name, kind, (name,)) for name, kind in _PLAIN),
    ("ok", "count", ("status", "ok")),
    *((name, "number", path) for name, path in _NUMBERS),
    *((name, "count", (name,)) for name in _COUNTS),
    ("limit", "text", ("limit",)),
    ("settled", "flag", ("settled",)),
    ("times_hold", "flag", ("times_hold",)),
)


def cells(summary: Summary) -> pd.DataFrame:
    """A row for each cell, in the order of the summary, with what `cbench summary` computed of it.

    Units stand in the names of columns; `_low` and `_high` are 95 % intervals. What is not known is missing. Parameters
    of the workload and settings of the model follow, a column of text each (`parameter_delay`, `setting_stack`). A
    column has the same type whatever the results. TypeError where it is given no summary.
    """
    if not isinstance(summary, Summary):
        raise TypeError(f"cells() takes a Summary, as cb.summary('results.json') gives one, and got a {type(summary).__name__}")
    rows = list(summary.cells.values())
    made = {name: pd.Series([_at(row, path) for row in rows], dtype=DTYPES.get(kind, "string")) for name, kind, path in _COLUMNS}
    made["host"] = pd.Series([summary.hosts[row["host"]]["name"] for row in rows], dtype="string")
    for field, prefix in (("parameters", "parameter"), ("settings", "setting")):
        for name in dict.fromkeys(name for row in rows for name in row[field]):
            made[f"{prefix}_{name}"] = pd.Series([row[field].get(name) for row in rows], dtype="string")
    return pd.DataFrame(made)


def _at(cell: Cell, path: tuple[str, ...]) -> Any:
    value: Any = cell
    for name in path:
        value = None if value is None else value.get(name)
    return value
