"""Pictures with a line for each model: speedup with its laws, the latency spectrum, latency against throughput."""

from collections.abc import Iterable
from typing import Any

import plotly.graph_objects as go

from . import theme
from .checked import figure_of, one_of
from .speedup_rows import speedup_in_rows
from .summary import Cell, Picture, Summary

LAWS = {"amdahl": ("Amdahl's law", "solid"), "usl": ("USL", "dash")}
CAPPED = {"saturation": ("a hard limit", "dashdot"), "capped_amdahl": ("Amdahl's law up to a hard limit", "dashdot")}
HEIGHT = 400
FEW = 3  # models: with more of them, the law that was not chosen would only be in the way


@figure_of
def speedup(
    summary: Summary, workload: str | None = None, *, picture: Picture | None = None, models: Iterable[str] | None = None,
    host: str | int | None = None, dark: bool = False,
) -> go.Figure:  # fmt: skip
    """Speedup over one worker, with intervals, and the curves of Amdahl's law and of the USL with their bands.

    With more than three models, each has the law that fits it best; `models=[...]` picks few, to see both. More models to
    which no law was fitted have a row each.
    """
    picture = picture or summary.picture("speedup", workload, host)
    wanted = {cell["id"] for cell in summary.cells_of(picture, models)}
    curves = [
        curve
        for curve in summary["curves"]
        if curve["axis"] == "workers" and any(point["cell"] in wanted for point in curve["points"])
    ]
    fitted = any("curve" in (curve["fit"] or {}).get(law, {}) for curve in curves for law in LAWS)
    if not fitted and len(curves) > FEW:
        return speedup_in_rows(summary, picture, curves, dark)
    caption = "Points: measured, with 95 % intervals; small: repetitions. Grey: linear speedup."
    if fitted:
        caption += (
            " Solid: Amdahl's law; dashed: the USL; dash-dotted: up to a hard limit; bands: 95 %. Hollow points: more workers"
            " than CPUs, not fitted."
        )
    drawn = theme.figure(picture, dark, HEIGHT, caption)
    counts = sorted({point["n"] for curve in curves for point in curve["points"]})
    heights: list[float] = [0]

    for curve in curves:
        look = summary.looks[curve["label"]]
        group = {"legendgroup": curve["label"], "name": curve["label"]}
        for law in [*LAWS, *(law for law in CAPPED if (curve["fit"] or {}).get("chosen") == law)]:
            heights += _law(drawn, curve, law, look.on(dark), group, few=len(curves) <= FEW)
        points = [point for point in curve["points"] if point["speedup"] is not None]
        # Of work that waits, points beyond the CPUs are fitted like the others.
        used = {row["n"] for row in (curve["fit"] or {}).get("rows", []) if not row["beyond_cpus"]}
        heights += [point["speedup_high"] or point["speedup"] for point in points]
        drawn.add_scatter(
            x=[point["n"] for point in points], y=[point["speedup"] for point in points],
            mode="markers" if fitted else "lines+markers", line={"color": look.on(dark), "width": 1.5, "dash": look.dash},
            marker={
                "color": look.on(dark), "size": 9, "line": {"width": 2, "color": look.on(dark)},
                "symbol": [
                    f"{look.marker}-open" if point["beyond_cpus"] and point["n"] not in used else look.marker for point in points
                ],
            },
            error_y=theme.whiskers(
                ((point["speedup"], point["speedup_low"], point["speedup_high"]) for point in points), look.on(dark)
            ),
            hovertemplate=[_speedup_hover(curve, point) for point in points], meta={"label": curve["label"]}, **group,
        )  # fmt: skip
        repeated = [(point["n"], value) for point in points for value in point["speedup_values"] if point["n"] > 1]
        drawn.add_scatter(
            x=[n for n, _ in repeated], y=[value for _, value in repeated], mode="markers", hoverinfo="skip",
            marker={"color": look.on(dark), "symbol": "circle", "size": 4}, showlegend=False,
            meta={"label": curve["label"], "raw": True}, **group,
        )  # fmt: skip
        heights += [value for _, value in repeated]
    most = max(counts)
    drawn.add_scatter(
        x=[1, most], y=[1, most], mode="lines", line={"color": theme.NEUTRAL, "width": 1, "dash": "dot"}, name="linear",
        hoverinfo="skip", meta={"baseline": True},
    )  # fmt: skip
    wide = most >= 16
    drawn.update_xaxes(
        title={"text": "workers"}, type="log" if wide else "linear", tickmode="array", tickvals=counts,
        ticktext=[f"{count:g}" for count in counts],
    )  # fmt: skip
    drawn.update_yaxes(theme.linear_axis([*heights, most if most <= 4 else 0], theme.times, "speedup over one worker", pad=0.08))
    return drawn


def _law(
    drawn: go.Figure, curve: dict[str, Any], law: str, colour: str, group: dict[str, str], few: bool
) -> list[float]:
    """Draws a law that was fitted, with its band; gives the heights that the axis must hold."""
    fit = curve["fit"] or {}
    path = fit.get(law, {}).get("curve")
    if not path or path[0]["speedup"] is None:
        return []
    name, dash = (LAWS | CAPPED)[law]
    chosen = fit["chosen"] == law
    x = [point["n"] for point in path]
    seen: dict[str, Any] = {"visible": True if chosen or few else False, "showlegend": False, "hoverinfo": "skip"}
    meta = {"label": curve["label"], "law": law, "chosen": chosen}
    lows, highs = zip(*(point["speedup_band"] for point in path), strict=True)
    if None not in lows and None not in highs:
        drawn.add_scatter(
            x=x + x[::-1], y=[*highs, *lows[::-1]], fill="toself", fillcolor=theme.faint(colour, 0.12), mode="lines",
            line={"width": 1, "color": colour, "dash": "dot"}, meta=meta, **group, **seen,
        )  # fmt: skip
    seen["hoverinfo"] = None
    drawn.add_scatter(
        x=x, y=[point["speedup"] for point in path], mode="lines", line={"color": colour, "width": 2, "dash": dash},
        hovertemplate=f"<b>{curve['label']}</b>, {name}<br>%{{x:.3g}} workers: %{{y:.3g}}×<extra></extra>", meta=meta,
        **group, **seen,
    )  # fmt: skip
    return [point["speedup"] for point in path] if chosen or few else []


def _speedup_hover(curve: dict[str, Any], point: dict[str, Any]) -> str:
    return (
        f"<b>{curve['label']}</b>, {point['n']:g} workers{' (more than CPUs)' if point['beyond_cpus'] else ''}<br>"
        f"{theme.times(point['speedup'])}, 95 % interval: {theme.interval(point['speedup_low'], point['speedup_high'], theme.times)}"
        f"<br>{theme.number(point['throughput_per_s'])} tasks/s<extra></extra>"
    )


@figure_of
def latency_spectrum(
    summary: Summary, workload: str | None = None, *, picture: Picture | None = None, models: Iterable[str] | None = None,
    host: str | int | None = None, dark: bool = False, time: str = "response",
) -> go.Figure:  # fmt: skip
    """The whole distribution of a time (`response`, `queueing`, `service`), as HdrHistogram draws it: each step to the
    right is ten times rarer."""
    one_of("time", time, ("response", "queueing", "service"))
    picture = picture or summary.picture("latency", workload, host)
    if time != "response":  # which the finding is about
        picture = picture | {"title": f"{time.capitalize()} time at each percentile"}
    cells = summary.cells_of(picture, models)
    spectra = {(one["cell"], one["time"]): one for one in summary["spectra"]}
    caption = "At each percentile, so many of the tasks took at most this long."
    drawn = theme.figure(picture, dark, HEIGHT, caption)
    values, rarest = [], 10
    for cell in cells:
        spectrum = spectra.get((cell["id"], time))
        if spectrum is None:
            continue
        look = summary.looks[cell["label"]]
        points = [point for point in spectrum["points"] if point["inverse"] is not None and point["value_us"] > 0]
        values += [point["value_us"] for point in points]
        rarest = max([rarest, *(point["inverse"] for point in points)])
        drawn.add_scatter(
            x=[point["inverse"] for point in points], y=[point["value_us"] for point in points], mode="lines+markers",
            line={"color": look.on(dark), "width": 2, "dash": look.dash},
            marker={"color": look.on(dark), "symbol": look.marker, "size": 7, "maxdisplayed": 9},
            hovertemplate=[
                f"<b>{cell['label']}</b><br>{point['percentile']:.6g} % of {spectrum['tasks']:,} tasks: "
                f"at most {theme.time(point['value_us'])}<extra></extra>"
                for point in points
            ],
            name=cell["label"], meta={"label": cell["label"]},
        )  # fmt: skip
    ticks = {2: "50 %", 10: "90 %", 100: "99 %"}
    ticks |= {10**nines: f"99.{'9' * (nines - 2)} %" for nines in range(3, 10)}
    ticks = {at: text for at, text in ticks.items() if at <= rarest * 1.05}
    drawn.update_xaxes(
        type="log", title={"text": "percentile of tasks"}, tickmode="array", tickvals=list(ticks), ticktext=list(ticks.values()),
        tickangle=0,
    )
    up = theme.log_axis if theme.spans_decades(values) else theme.linear_axis
    drawn.update_yaxes(up(values, theme.time, f"{time} time"))
    return drawn


@figure_of
def latency_against_throughput(
    summary: Summary, workload: str | None = None, *, picture: Picture | None = None, models: Iterable[str] | None = None,
    host: str | int | None = None, dark: bool = False, time: str = "p99",
) -> go.Figure:  # fmt: skip
    """What the load costs in response time (`p50`, `p90`, `p99`, `p999`): along each line it grows."""
    one_of("time", time, ("p50", "p90", "p99", "p999", "mean", "max"))
    picture = picture or summary.picture("load", workload, host)
    wanted = {cell["id"]: cell for cell in summary.cells_of(picture, models)}
    named = {"p50": "median", "p999": "p99.9"}.get(time, time)
    if time != "p99":  # which the finding is about
        picture = picture | {"title": f"Response time, {named}, against throughput"}
    drawn = theme.figure(picture, dark, HEIGHT, "Along a line the load grows. Down and to the right is better.")
    xs: list[float] = []
    ys: list[float] = []
    for sweep in summary["sweeps"]:
        cells = [wanted[id] for id in sweep["cells"] if id in wanted and (wanted[id]["response_us"] or {}).get(time) is not None]
        if sweep["block"] != picture["block"] or not cells:
            continue
        look = summary.looks[sweep["label"]]
        x = [cell["throughput_per_s"]["mean"] for cell in cells]
        y = [cell["response_us"][time] for cell in cells]
        xs, ys = xs + x, ys + y
        drawn.add_scatter(
            x=x, y=y, mode="lines+markers", name=sweep["label"], meta={"label": sweep["label"]},
            line={"color": look.on(dark), "width": 2, "dash": look.dash},
            marker={"color": look.on(dark), "symbol": look.marker, "size": 9},
            hovertemplate=[_load_hover(cell, time, named) for cell in cells],
        )  # fmt: skip
    across = theme.log_axis if theme.spans_decades(xs) else theme.linear_axis
    up = theme.log_axis if theme.spans_decades(ys) else theme.linear_axis
    drawn.update_xaxes(across(xs, theme.number, "throughput, tasks/s"))
    drawn.update_yaxes(up(ys, theme.time, f"response time, {named}"))
    return drawn


def _load_hover(cell: Cell, time: str, named: str) -> str:
    return (
        f"<b>{cell['label']}</b>, {cell['load_text']}<br>{theme.number(cell['throughput_per_s']['mean'])} tasks/s<br>"
        f"{named} {theme.time(cell['response_us'][time])}, median {theme.time(cell['response_us']['p50'])}<extra></extra>"
    )
