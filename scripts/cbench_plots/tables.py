"""The tables of a report: the numbers of each block, which a reader sorts, and the trials that failed, as HTML."""

from . import theme
from .sections import block_name, text


def _spread(estimate):
    return "–" if estimate["low"] is None else theme.interval(estimate["low"], estimate["high"], theme.number)


def _value(field, key):
    return lambda cell: (cell[field] or {}).get(key)


# Title, how a value is written, where it stands, which values a first click puts on top.
COLUMNS = (
    ("workers", str, lambda cell: cell["workers"], "ascending"),
    ("in flight", "{:,}".format, lambda cell: cell["concurrency"], "ascending"),
    ("tasks/s", theme.number, _value("throughput_per_s", "mean"), "descending"),
    ("95 % interval", None, _value("throughput_per_s", "low"), "descending"),
    ("of ideal", theme.percent, _value("efficiency", "value"), "descending"),
    ("over serial", theme.times, _value("speedup_over_sequential", "value"), "descending"),
    ("over n\u00a0=\u00a01", theme.times, _value("speedup_over_one_worker", "value"), "descending"),
    ("p50", theme.time, _value("response_us", "p50"), "ascending"),
    ("p99", theme.time, _value("response_us", "p99"), "ascending"),
    ("p99.9", theme.time, _value("response_us", "p999"), "ascending"),
    ("queued", theme.time, _value("queueing_us", "p50"), "ascending"),
    ("served", theme.time, _value("service_us", "p50"), "ascending"),
    ("CPU/task", theme.time, lambda cell: cell["cpu_per_task_us"], "ascending"),
    ("memory", theme.size, lambda cell: cell["peak_memory_bytes"], "ascending"),
    ("ok", str, lambda cell: cell["status"]["ok"], "descending"),
)


def tables(summary):
    return "".join(_table(summary, block) for block in summary["blocks"]) + (
        '<p class="quiet">p50, p99 and p99.9 are of response times: from when a task was due to its end. '
        "“queued” and “served” are medians of what it consists of. “over serial” is the speedup over sequential, “over n = 1” "
        "over the same model on one worker; “ok” counts repetitions. A heading is a button that sorts: the best first, once more the other way.</p>"
    )


def _table(summary, block):
    heads = _head("model", "text", "ascending") + "".join(_head(title, "number", first) for title, _, _, first in COLUMNS)
    rows = "".join(_row(summary.cells[id]) for id in block["cells"])
    return (
        f"<h3>{text(block['workload'])}</h3><p class=\"quiet\">{block_name(summary, block)}</p>"
        + _scroll(f"numbers of {block['heading']}", f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>")
    )


def _head(title, kind, first):
    return f'<th scope="col" data-sort="{kind}" data-first="{first}"><button type="button">{title}</button></th>'


def _scroll(label, table):
    """A table that may be wider than the page: who has no mouse scrolls it once it has the focus."""
    return f'<div class="scroll" role="region" aria-label="{text(label)}" tabindex="0">{table}</div>'


def _row(cell):
    first = f'<tr data-model="{text(cell["label"])}"><td data-value="{text(cell["label"])}">{text(cell["label"])}</td>'
    if cell["throughput_per_s"] is None:
        reasons = "; ".join(f"{reason['status']}: {reason['reason']} ({reason['times']}×)" for reason in cell["reasons"])
        known = "".join(f'<td data-value="{value_of(cell)}">{write(value_of(cell))}</td>' for _, write, value_of, _ in COLUMNS[:2])
        return f'{first}{known}<td class="reason" colspan="{len(COLUMNS) - 2}">{text(reasons)}</td></tr>'
    columns = []
    for title, write, value_of, _ in COLUMNS:
        value = value_of(cell)
        shown = _spread(cell["throughput_per_s"]) if write is None else "–" if value is None else write(value)
        if title == "ok" and value < cell["repetitions"]:
            shown = f'<span class="doubt">{value} of {cell["repetitions"]}</span>'
        columns.append(f'<td data-value="{"" if value is None else value}">{shown}</td>')
    return first + "".join(columns) + "</tr>"


# ---- Failures


def failures(summary):
    failed = summary["failures"]
    if not failed:
        return "<p>None: every trial is ok.</p>"
    rows = "".join(
        f'<tr data-model="{text(one["label"])}"><td>{text(one["label"])}</td><td class="text">{text(one["workload"])}</td>'
        f'<td class="text">{text(one["load_text"])}</td><td>{one["workers"]}</td><td>{one["repetition"]}</td>'
        f'<td class="text">{text(one["status"])}</td><td class="reason">{text(one["reason"])}</td></tr>'
        for one in failed
    )
    heads = "".join(
        f"<th{kind}>{title}</th>"
        for title, kind in (
            ("model", ""), ("workload", ' class="text"'), ("load", ' class="text"'), ("workers", ""), ("repetition", ""),
            ("status", ' class="text"'), ("reason", ' class="text"'),
        )
    )  # fmt: skip
    return _scroll("trials that failed", f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>")
