"""Results as a tidy DataFrame: a row a trial, whatever files they stand in. Numbers are those on record."""

import json
from pathlib import Path

import pandas as pd

KNOWN_SCHEMA = 1
FLAGS = ["baseline"]
TEXTS = [
    "status", "reason", "model", "settings", "workload", "parameters", "load", "arrivals", "digest",
    "digest_expected", "started_at", "steady_state", "warnings", "cbench_version", "cpu_model", "kernel", "governor", "clock",
    "compiler", "build_type", "allocator", "libraries",
]  # fmt: skip
HOST = ["cpu_model", "cpus_allowed", "cpu_quota", "kernel", "governor", "compiler", "build_type", "allocator"]
NOT_TIDY = {"spec", "host", "warnings", "series_per_s", "histogram_layout"}


class BadResults(ValueError):
    """A file that holds no results of cbench; the message says which, and what to do instead."""


def load(*files):
    """All trials of the files (CSV or JSON) in one DataFrame: the columns of docs/columns.md, `file` and `host`.

    What is not known is missing (NaN, NA), never 0. `host` is a short name, one for each set of host facts.
    """
    if not files:
        raise BadResults("no file was named: load('results.csv', ...)")
    frames = [_read_one(Path(file)) for file in files]
    # Of no use to concat, which would have to guess the type of a column without a value.
    columns = list(dict.fromkeys(column for frame in frames for column in frame.columns))
    trials = pd.concat([frame.dropna(axis="columns", how="all") for frame in frames], ignore_index=True)
    trials = trials.reindex(columns=columns)
    for column in trials.columns:
        if column in FLAGS:
            trials[column] = trials[column].astype("boolean")
        elif column in TEXTS or column == "file":
            trials[column] = trials[column].astype("string")
        else:
            trials[column] = pd.to_numeric(trials[column])
    trials["host"] = _host_names(trials)
    return trials


def _read_one(file):
    if not file.is_file():
        raise BadResults(f"{file}: there is no such file; cbench writes one with -o {file.name}")
    text = file.read_text(encoding="utf-8", errors="replace")
    if not text.strip():
        raise BadResults(f"{file}: the file is empty; cbench writes results with -o {file.name}")
    trials = _from_json(file, text) if text.lstrip().startswith("{") else _from_csv(file)
    versions = set(trials["schema_version"])
    if versions - {KNOWN_SCHEMA}:
        raise BadResults(f"{file}: schema version {max(versions)}; this package knows {KNOWN_SCHEMA}")
    trials.insert(0, "file", str(file))
    return trials


def _from_csv(file):
    try:
        # Digests and settings are text even where they look like numbers.
        trials = pd.read_csv(file, dtype=dict.fromkeys(TEXTS, "string"))
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise BadResults(f"{file}: this is not CSV: {error}") from error
    missing = [name for name in ("schema_version", "status", "model", "workload") if name not in trials.columns]
    if missing:
        raise BadResults(f"{file}: these are not results of cbench: there is no column {missing[0]}")
    if trials.empty:
        raise BadResults(f"{file}: there is a header and no trial in the file")
    return trials


def _from_json(file, text):
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadResults(f"{file}: line {error.lineno}: this is not JSON: {error.msg}") from error
    if not isinstance(document.get("trials"), list):
        raise BadResults(f"{file}: these are not results of cbench: there is no list of trials")
    if not document["trials"]:
        raise BadResults(f"{file}: there is no trial in the file")
    return pd.DataFrame([_flat(trial, document.get("host", {})) for trial in document["trials"]])


def _flat(trial, file_host):
    """A trial of JSON as the row that CSV has for it (docs/columns.md)."""
    spec = trial["spec"]
    host = trial.get("host") or file_host
    closed = spec["load"] != "fixed"
    is_open = spec["load"] == "open"
    row = {
        "schema_version": trial["schema_version"],
        "status": trial["status"],
        "reason": trial.get("reason"),
        **{name: spec[name] for name in ("model", "workload", "load", "workers", "concurrency", "repetition", "seed")},
        "settings": _map(spec["settings"]),
        "parameters": _map(spec["parameters"]),
        "baseline": spec["baseline"],
        "warmup_s": spec["warmup_ns"] / 1e9,
        "duration_s": spec["duration_ns"] / 1e9 if closed else None,
        "fixed_tasks": None if closed else spec["tasks"],
        "rate_per_s": spec["rate_per_s"] if is_open else None,
        "arrivals": ("poisson" if spec["poisson"] else "constant") if is_open else None,
        "warnings": " | ".join(warning.replace("|", r"\|") for warning in trial.get("warnings", [])) or None,
    }
    row |= {name: value for name, value in trial.items() if name not in NOT_TIDY and not name.endswith("_histogram")}
    facts = {("cbench_version" if name == "version" else name): value for name, value in host.items()}
    facts["libraries"] = _map(facts.get("libraries", {}))
    facts["cpu_quota"] = facts.get("cpu_quota") or None
    # A text that is not known is "" in JSON, and an empty field in CSV.
    return {name: None if isinstance(value, str) and not value else value for name, value in (row | facts).items()}


def _map(entries):
    escaped = (f"{name}={value}".replace("\\", "\\\\").replace(";", r"\;") for name, value in entries.items())
    return ";".join(escaped) or None


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
