"""Pictures with a row for each model: throughput, queueing against service, and what a task costs."""

from collections.abc import Callable, Iterable
from typing import Any

import plotly.graph_objects as go

from . import theme
from .checked import figure_of
from .summary import Cell, Picture, Summary

ROW = 30  # px
AXIS = 58


@figure_of
def throughput(
    summary: Summary, workload: str | None = None, *, picture: Picture | None = None, models: Iterable[str] | None = None,
    host: str | int | None = None, dark: bool = False,
) -> go.Figure:  # fmt: skip
    """Tasks a second with the 95 % interval over repetitions, each model with its best number of workers."""
    picture = picture or summary.picture("throughput", workload, host)
    cells = _measured(summary.cells_of(picture, models))
    values = [cell["throughput_per_s"] for cell in cells]
    reach = [end for value in values for end in (value["mean"], value["low"], value["high"], *value["values"]) if end]
    ideals = [cell["ideal_per_s"] for cell in cells if cell["ideal_per_s"]]
    logarithmic = theme.spans_decades([value["mean"] for value in values])
    drawn = theme.figure(
        picture, dark, _height(cells, rows=1.1),
        "Mean with its 95 % interval; small points: repetitions. Upright stroke: the ideal. After a name: workers.",
    )  # fmt: skip
    for at, (cell, value) in enumerate(zip(cells, values, strict=True)):
        if cell["ideal_per_s"]:
            drawn.add_scatter(
                x=[cell["ideal_per_s"]], y=[at], mode="markers",
                marker={"symbol": "line-ns", "size": 18, "line": {"width": 2, "color": theme.NEUTRAL}},
                hovertemplate=f"the ideal of {cell['label']}: {theme.number(cell['ideal_per_s'])} tasks/s<extra></extra>",
                **_of(cell),
            )  # fmt: skip
        colour = summary.looks[cell["label"]].on(dark)
        hover = (
            f"<b>{cell['label']}</b>, {_workers(cell)}<br>{theme.number(value['mean'])} tasks/s, "
            f"{cell['load_text']}<br>95 % interval: {theme.interval(value['low'], value['high'], theme.number)}<br>"
            f"{theme.percent((cell['efficiency'] or {}).get('value'))} of the ideal"
        )
        if not logarithmic:
            drawn.add_bar(
                x=[value["mean"]], y=[at - 0.1], orientation="h", width=0.5,
                marker={"color": theme.faint(colour, 0.16), "line": {"color": colour, "width": 1}},
                hoverinfo="skip", **_of(cell),
            )  # fmt: skip
        drawn.add_scatter(
            x=[value["mean"]], y=[at - 0.1], mode="markers",
            marker={"color": colour, "symbol": summary.looks[cell["label"]].marker, "size": 10},
            error_x=theme.whiskers([(value["mean"], value["low"], value["high"])], colour, bold=True),
            hovertemplate=hover + "<extra></extra>", **_of(cell),
        )  # fmt: skip
        drawn.add_scatter(
            x=value["values"], y=[at + 0.28] * len(value["values"]), mode="markers",
            marker={"color": colour, "symbol": "circle", "size": 4},
            hovertemplate=f"<b>{cell['label']}</b>, a repetition: %{{x:.4s}} tasks/s<extra></extra>", **_raw(cell),
        )  # fmt: skip
        drawn.add_annotation(
            text=theme.number(value["mean"]), x=1, xref="paper", xanchor="left", xshift=6, y=at, showarrow=False
        )
    axis = theme.log_axis if logarithmic else theme.linear_axis
    drawn.update_xaxes(axis(reach + ideals, theme.number, "throughput, tasks/s"))
    drawn.update_yaxes(_numbered_rows(cells))
    drawn.update_layout(margin={"r": 58}, showlegend=False, barmode="overlay")
    return _filterable(drawn, cells, ROW * 1.1)


@figure_of
def queueing_and_service(
    summary: Summary, workload: str | None = None, *, picture: Picture | None = None, models: Iterable[str] | None = None,
    host: str | int | None = None, dark: bool = False,
) -> go.Figure:  # fmt: skip
    """How long tasks queue before the model starts them, and how long they are served: median, and up to p99."""
    picture = picture or summary.picture("split", workload, host)
    cells = _measured(summary.cells_of(picture, models))
    drawn = theme.figure(
        picture, dark, _height(cells, rows=1.25),
        "Hollow: queued before it starts; filled: served. From median to p99. After a name: workers.",
    )  # fmt: skip
    reach: list[float] = []
    for cell in cells:
        look = summary.looks[cell["label"]]
        colour = look.on(dark)
        for name, field, shift in (("queued", "queueing_us", -0.19), ("served", "service_us", 0.19)):
            times = cell[field]
            if times is None or times["p50"] is None:
                continue
            # A logarithmic axis has no 0: what is below the recorder's 1 ns is drawn there.
            median, high = max(times["p50"], 1e-3), max(times["p99"] or times["p50"], 1e-3)
            reach += [median, high]
            filled = name == "served"
            drawn.add_scatter(
                x=[median, high], y=[cells.index(cell) + shift] * 2, mode="lines+markers",
                line={"color": colour, "width": 3 if filled else 1.5},
                marker={
                    "symbol": [look.marker if filled else f"{look.marker}-open", "line-ns"], "size": [10, 10],
                    "color": colour, "opacity": 1, "line": {"color": colour, "width": 2},
                },
                hovertemplate=(
                    f"<b>{cell['label']}</b>, {_workers(cell)}: {name}<br>p50 {theme.time(times['p50'])}, "
                    f"p99 {theme.time(times['p99'])}, p99.9 {theme.time(times['p999'])}, mean {theme.time(times['mean'])}"
                    "<extra></extra>"
                ),
                **_of(cell),
            )  # fmt: skip
    drawn.update_xaxes(theme.log_axis(reach, theme.time, "time"))
    drawn.update_yaxes(_numbered_rows(cells))
    drawn.update_layout(showlegend=False)
    return _filterable(drawn, cells, ROW * 1.25)


COSTS: tuple[tuple[str, Callable[[float | None], str], Callable[[Cell], float | None]], ...] = (
    ("CPU time a task", theme.time, lambda cell: cell["cpu_per_task_us"]),
    ("context switches a task", theme.number, lambda cell: _switches(cell["context_switches_per_task"])),
    ("peak memory", theme.size, lambda cell: cell["peak_memory_bytes"]),
)


@figure_of
def cost(
    summary: Summary, workload: str | None = None, *, picture: Picture | None = None, models: Iterable[str] | None = None,
    host: str | int | None = None, dark: bool = False, stacked: bool = False,
) -> go.Figure:  # fmt: skip
    """What a task costs: CPU time and context switches, and the memory that the model needs. Side by side, or stacked
    for a narrow page."""
    picture = picture or summary.picture("cost", workload, host)
    cells = _measured(summary.cells_of(picture, models))
    panel = _height(cells, rows=0.85)
    height = panel * 3 if stacked else panel + 10
    drawn = theme.figure(picture, dark, height, "Less is better. Scales differ. After a name: workers.")
    gap = AXIS / (height - AXIS)  # for the axis below each panel but the last, whose axis is beyond
    for at, (title, write, value_of) in enumerate(COSTS, start=1):
        name = "" if at == 1 else str(at)
        values = [value_of(cell) for cell in cells]
        logarithmic = theme.spans_decades(values)
        axis = _thinned((theme.log_axis if logarithmic else theme.linear_axis)(values, write, title, pad=0.3))
        for cell, value in zip(cells, values, strict=True):
            if value is None:
                continue
            look = summary.looks[cell["label"]]
            drawn.add_scatter(
                x=[value], y=[_row(cell)], mode="markers+text", text=["  " + write(value)], textposition="middle right",
                cliponaxis=False,
                marker={"color": look.on(dark), "symbol": look.marker, "size": 10}, xaxis=f"x{name}", yaxis=f"y{name}",
                hovertemplate=f"<b>{cell['label']}</b>, {_workers(cell)}<br>{title}: {write(value)}<extra></extra>",
                **_of(cell),
            )  # fmt: skip
        across = [0, 1] if stacked else [(at - 1) * 0.345, (at - 1) * 0.345 + 0.31]
        each = (1 - 2 * gap) / 3
        down = [(3 - at) * (each + gap), (3 - at) * (each + gap) + each] if stacked else [0, 1]
        drawn.update_layout({
            f"xaxis{name}": axis | {"domain": across, "anchor": f"y{name}"},
            f"yaxis{name}": _row_axis(cells) | {"domain": down, "anchor": f"x{name}", "showticklabels": stacked or at == 1},
        })  # fmt: skip
    drawn.update_layout(showlegend=False, margin={"r": 40}, meta=drawn.layout.meta | {"gap": AXIS if stacked else None})
    return _filterable(drawn, cells, ROW * 0.85 * (3 if stacked else 1))


def _thinned(axis: dict[str, Any]) -> dict[str, Any]:
    """The axis of a narrow panel: no more than four labels, so that they stand clear of each other."""
    step = -(-len(axis["tickvals"]) // 4)
    return axis | {"tickvals": axis["tickvals"][::step], "ticktext": axis["ticktext"][::step]}


def _switches(kinds: dict[str, float] | None) -> float | None:
    return None if kinds is None else kinds["voluntary"] + kinds["involuntary"]


def _measured(cells: list[Cell]) -> list[Cell]:
    return [cell for cell in cells if cell["throughput_per_s"] is not None]


def _workers(cell: Cell) -> str:
    return f"{cell['workers']} worker{'s' if cell['workers'] != 1 else ''}"


def _row(cell: Cell) -> str:
    return f"{cell['label']} · {cell['workers']}"


def _of(cell: Cell) -> dict[str, Any]:
    return {"name": cell["label"], "meta": {"label": cell["label"]}, "showlegend": False}


def _raw(cell: Cell) -> dict[str, Any]:
    """Of the points of single repetitions, which have no look of their own."""
    return {"name": cell["label"], "meta": {"label": cell["label"], "raw": True}, "showlegend": False}


def _height(cells: list[Cell], rows: float = 1.0) -> int:
    return AXIS + round(ROW * rows * max(len(cells), 2))


def _row_axis(cells: list[Cell]) -> dict[str, Any]:
    names = [_row(cell) for cell in cells]
    return {
        "type": "category", "categoryorder": "array", "categoryarray": names, "range": [len(names) - 0.5, -0.5],
        "showgrid": False, "ticks": "", "ticklabelstandoff": 6,
    }  # fmt: skip


def _numbered_rows(cells: list[Cell]) -> dict[str, Any]:
    """A row's middle is its place from 0 on: what stands above or below the middle has room in it."""
    return {
        "tickmode": "array", "tickvals": list(range(len(cells))), "ticktext": [_row(cell) for cell in cells],
        "range": [len(cells) - 0.5, -0.5], "showgrid": False, "ticks": "", "ticklabelstandoff": 6,
    }  # fmt: skip


def _filterable(drawn: go.Figure, cells: list[Cell], row_height: float) -> go.Figure:
    """Tells a page with a filter which row is whose, and how much height goes with it."""
    rows = [{"label": cell["label"], "text": _row(cell)} for cell in cells]
    drawn.update_layout(meta=drawn.layout.meta | {"rows": rows, "row_height": row_height})
    return drawn
