"""Results as a tidy DataFrame: a row a trial, whatever files they stand in. cbench reads the files and says what their
columns are; here is no second idea of either."""

import functools
import io
import os
import re
from pathlib import Path
from typing import Literal

import pandas as pd

from . import program

# What tells hosts apart in a short name; those that are columns of the results.
HOST = [
    "cpu_model", "cpus_allowed", "cpu_quota", "kernel", "governor", "idle", "compiler", "build_type", "allocator"
]

# Maps in one column of text, and what the columns of their own are called: parameter_delay, setting_stack.
MAPS = {"parameters": "parameter", "settings": "setting"}

# Type of a column by its kind, and of those that hold numbers above 2^63: the same for every file.
DTYPES: dict[str, Literal["float64", "Int64", "boolean"]] = {"number": "float64", "count": "Int64", "flag": "boolean"}
WIDE = {"seed": pd.UInt64Dtype()}


class BadResults(ValueError):
    """A file that holds no results of cbench; the message says which, and what to do instead."""


def load(*files: str | os.PathLike[str]) -> pd.DataFrame:
    """All trials of the files (CSV or JSON) in one DataFrame: the columns of docs/columns.md, `file` and `host`, then
    a column of text for each parameter of a workload and each setting of a model (`parameter_delay`, `setting_stack`).

    What is not known is missing (NaN, NA), never 0. `host` is a short name, one for each set of host facts. A column
    has the same type whatever the file. BadResults where a file holds no results.
    """
    if not files:
        raise BadResults("no file was named: load('results.csv', ...)")
    program.check_names("load", files)
    trials = pd.concat([_read_one(Path(file)) for file in files], ignore_index=True)
    trials["host"] = _host_names(trials)
    return with_maps(trials)


def with_maps(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows, and a column for each name in their maps (`parameters`, `settings`)."""
    added: dict[str, pd.Series] = {}
    for column, prefix in MAPS.items():
        maps = [_map(text) if isinstance(text, str) else {} for text in rows[column]]
        for name in dict.fromkeys(name for one in maps for name in one):
            added[f"{prefix}_{name}"] = pd.Series([one.get(name) for one in maps], index=rows.index, dtype="string")
    return pd.concat([rows, pd.DataFrame(added, index=rows.index)], axis="columns")


def _map(text: str) -> dict[str, str]:
    """`delay=20ms;bytes=64`; a backslash stands before a semicolon that is part of a value."""
    items = re.findall(r"(?:[^;\\]|\\.)+", text)
    pairs = (re.sub(r"\\(.)", r"\1", item).partition("=") for item in items)
    return {name: value for name, _, value in pairs}


@functools.cache
def _kinds() -> dict[str, str]:
    """Column to kind (text, count, number, flag, map, list), as the program has them."""
    columns = pd.read_csv(io.StringIO(program.run("convert", "--columns")), dtype="string")
    return dict(zip(columns["column"], columns["kind"]))


def _read_one(file: Path) -> pd.DataFrame:
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
        try:
            trials[column] = _typed(trials[column], kinds[column])
        except OverflowError as error:
            largest = max(trials[column].dropna(), key=int)
            raise BadResults(
                f"{file}: {column} holds {largest}, which is no count; take that trial out of the file, or measure again"
            ) from error
    trials.insert(0, "file", pd.Series([str(file)] * len(trials), dtype="string"))
    return trials


def _typed(column: pd.Series, kind: str) -> pd.Series:
    if kind == "number":
        return pd.to_numeric(column).astype("float64")
    if kind == "count":
        whole = column.map(int, na_action="ignore").astype("object")
        return whole.astype(WIDE.get(str(column.name), pd.Int64Dtype()))
    if kind == "flag":
        return column.map({"true": True, "false": False}).astype("boolean")
    return column


def _host_names(trials: pd.DataFrame) -> pd.Series:
    """A short name for each set of host facts; a number tells hosts apart that the short name would not."""
    known = [name for name in HOST if name in trials.columns]
    names: dict[tuple[str, ...], str] = {}
    taken: dict[str, int] = {}
    column = []
    for facts in trials[known].astype("string").fillna("").itertuples(index=False, name=None):
        if facts not in names:
            short = f"{facts[0] or 'unknown CPU'}, {facts[1] or '?'} CPUs" if len(facts) > 1 else "unknown host"
            taken[short] = taken.get(short, 0) + 1
            names[facts] = short if taken[short] == 1 else f"{short} ({taken[short]})"
        column.append(names[facts])
    return pd.Series(column, index=trials.index, dtype="string")
