"""Response time against load: the p99 and the median of each model by the rate that was offered, with the knee."""

from collections.abc import Iterable
from typing import Any

import plotly.graph_objects as go

from . import theme
from .checked import figure_of
from .summary import Picture, Summary

HEIGHT = 420


@figure_of
def response_against_load(
    summary: Summary, workload: str | None = None, *, picture: Picture | None = None, models: Iterable[str] | None = None,
    host: str | int | None = None, dark: bool = False,
) -> go.Figure:  # fmt: skip
    """On a logarithmic axis. A band marks the rates between which the knee lies: where power, throughput over mean
    response time, is greatest (Kleinrock, 1979). A line breaks where a rate says nothing about the model."""
    picture = picture or summary.picture("curve", workload, host)
    cells = summary.cells_of(picture, models)
    wanted = {cell["id"] for cell in cells}
    curves = [curve for curve in summary["load_curves"] if any(point["cell"] in wanted for point in curve["points"])]
    caption = (
        "Solid: p99, with 95 % intervals between repetitions; faint: median. Hollow: the model was overloaded. Gaps: "
        "nothing is known. Bands: where the knee lies, the greatest power (throughput over mean response time)."
    )
    drawn = theme.figure(picture, dark, HEIGHT, caption)
    rates = [point["rate_per_s"] for curve in curves for point in curve["points"]]
    times: list[float] = []
    for at, curve in enumerate(curves):
        times += _percentile(drawn, curve, "p50_us", summary.looks[curve["label"]], dark, main=False)
        times += _percentile(drawn, curve, "p99_us", summary.looks[curve["label"]], dark, main=True)
        _knee(drawn, curve, at, summary.looks[curve["label"]].on(dark), lowest=min(rates))
    across = theme.log_axis if theme.spans_decades([max(_rates(curve)) for curve in curves]) else theme.linear_axis
    drawn.update_xaxes(across(rates, theme.number, "offered, tasks/s"))
    drawn.update_layout(yaxis=theme.log_axis(times, theme.time, "response time"))  # the bands have an axis of their own
    return drawn


def _rates(curve: dict[str, Any]) -> list[float]:
    return [point["rate_per_s"] for point in curve["points"]]


def _percentile(
    drawn: go.Figure, curve: dict[str, Any], field: str, look: theme.Look, dark: bool, main: bool
) -> list[float]:
    """Draws the line of a percentile; gives the times that the axis must hold."""
    colour = look.on(dark)
    known = [point[field] for point in curve["points"]]
    values = [one and one["value"] for one in known]
    symbols = [f"{look.marker}-open" if point["verdict"] == "overloaded" else look.marker for point in curve["points"]]
    drawn.add_scatter(
        x=_rates(curve), y=values, mode="lines+markers", connectgaps=False, name=curve["label"], showlegend=main,
        legendgroup=curve["label"], opacity=1 if main else 0.45, meta={"label": curve["label"], "percentile": field[:3]},
        line={"color": colour, "width": 2 if main else 1.5, "dash": look.dash},
        marker={"color": colour, "size": 9 if main else 5, "symbol": symbols if main else look.marker},
        error_y=theme.whiskers(map(_ends, known), colour) if main else None,
        hovertemplate=[_hover(curve, point) for point in curve["points"]],
    )  # fmt: skip
    return [value for value in values if value]


def _ends(known: dict[str, float] | None) -> tuple[float, float | None, float | None]:
    """The interval is that of the geometric mean of the repetitions, about the percentile of all of them together."""
    return (known["value"], known["low"], known["high"]) if known else (0, None, None)


def _knee(drawn: go.Figure, curve: dict[str, Any], at: int, colour: str, lowest: float) -> None:
    """A band over the rates between which the knee lies. Those of several models stand under each other's names."""
    knee = curve["knee"]
    if knee is None:
        return
    low = knee["low_per_s"] or lowest
    drawn.add_scatter(
        x=[low, knee["high_per_s"], knee["high_per_s"], low], y=[0, 0, 1, 1], yaxis="y2", fill="toself", mode="lines",
        line={"width": 0}, fillcolor=theme.faint(colour, 0.06), hoverinfo="skip", showlegend=False,
        legendgroup=curve["label"], meta={"label": curve["label"], "knee": [knee["low_per_s"], knee["high_per_s"]]},
    )  # fmt: skip
    height = 1 - 0.08 * (at + 0.4)
    drawn.add_scatter(
        x=[low, knee["at_per_s"], knee["high_per_s"]], y=[height] * 3, yaxis="y2", mode="lines+markers+text",
        line={"color": colour, "width": 2}, marker={"color": colour, "symbol": ["line-ns-open", "triangle-down", "line-ns-open"], "size": 9},
        text=["", "knee", ""], textposition="bottom center", textfont={"color": colour}, showlegend=False, hoverinfo="skip",
        legendgroup=curve["label"], meta={"label": curve["label"], "knee_mark": True},
    )  # fmt: skip
    drawn.update_layout(yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True})


def _hover(curve: dict[str, Any], point: dict[str, Any]) -> str:
    p99, p50 = point["p99_us"], point["p50_us"]
    said = "; ".join(f"{reason['status']}: {reason['reason']}" for reason in point["reasons"])
    return (
        f"<b>{curve['label']}</b>, {theme.number(point['rate_per_s'])}/s offered, {point['verdict']}<br>"
        f"p99 {theme.time(p99['value']) if p99 else 'unknown'}, median {theme.time(p50['value']) if p50 else 'unknown'}"
        + (f"<br>{theme.number(point['served_per_s']['value'])}/s served" if point["served_per_s"] else "")
        + (f"<br>{said[:120]}" if said else "")
        + "<extra></extra>"
    )
