"""Results as a tidy DataFrame: a row a trial, whatever files they stand in. cbench reads the files and says what their
columns are; here is no second idea of either."""

import functools
import io
from pathlib import Path

import pandas as pd

from . import program

# What tells hosts apart in a short name; those that are columns of the results.
HOST = ["cpu_model", "cpus_allowed", "cpu_quota", "kernel", "governor", "compiler", "build_type", "allocator"]


class BadResults(ValueError):
    """A file that holds no results of cbench; the message says which, and what to do instead."""


def load(*files):
    """All trials of the files (CSV or JSON) in one DataFrame: the columns of docs/columns.md, `file` and `host`.

    What is not known is missing (NaN, NA), never 0. `host` is a short name, one for each set of host facts.
    """
    if not files:
        raise BadResults("no file was named: load('results.csv', ...)")
    trials = pd.concat([_read_one(Path(file)) for file in files], ignore_index=True)
    trials["host"] = _host_names(trials)
    return trials


@functools.cache
def _kinds():
    """Column to kind (text, count, number, flag, map, list), as the program has them."""
    columns = pd.read_csv(io.StringIO(program.run("convert", "--columns")), dtype="string")
    return dict(zip(columns["column"], columns["kind"]))


def _read_one(file):
    try:
        text = program.run("convert", file)
    except program.CbenchError as error:
        if error.exit_code != 2:
            raise
        raise BadResults(str(error).removeprefix("cbench: ")) from error
    kinds = _kinds()
    # Everything as text first: a digest may look like a number, and only an empty field is one that is not known.
    trials = pd.read_csv(io.StringIO(text), dtype="string", keep_default_na=False, na_values=[""])
    for column in trials.columns:
        trials[column] = _typed(trials[column], kinds[column])
    trials.insert(0, "file", pd.array([str(file)] * len(trials), dtype="string"))
    return trials


def _typed(column, kind):
    if kind == "number":
        return pd.to_numeric(column).astype("float64")
    if kind == "count":
        whole = column.map(int, na_action="ignore").astype("object")
        return whole.astype("UInt64" if (whole.dropna() >= 2**63).any() else "Int64")
    if kind == "flag":
        return column.map({"true": True, "false": False}).astype("boolean")
    return column


def _host_names(trials):
    """A short name for each set of host facts; a number tells hosts apart that the short name would not."""
    known = [name for name in HOST if name in trials.columns]
    names, taken = {}, {}
    column = []
    for facts in trials[known].astype("string").fillna("").itertuples(index=False, name=None):
        if facts not in names:
            short = f"{facts[0] or 'unknown CPU'}, {facts[1] or '?'} CPUs" if len(facts) > 1 else "unknown host"
            taken[short] = taken.get(short, 0) + 1
            names[facts] = short if taken[short] == 1 else f"{short} ({taken[short]})"
        column.append(names[facts])
    return pd.array(column, dtype="string")
