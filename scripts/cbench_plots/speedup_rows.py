"""Speedup with a row for each model, the one that gains most first: for many models on few numbers of workers, whose
lines would lie over each other."""

from typing import Any

import plotly.graph_objects as go

from . import theme
from .efficiency import tiers_by_cell
from .summary import Picture, Summary

LINE = 22  # px, for each number of workers
GAP = 10


def speedup_in_rows(summary: Summary, picture: Picture, curves: list[dict[str, Any]], dark: bool) -> go.Figure:
    """One row a model, a line in it for each number of workers: the speedup, its interval and the repetitions."""
    order = {part["label"]: at for at, part in enumerate(picture["parts"])}
    curves = sorted(curves, key=lambda curve: order.get(curve["label"], len(order)))
    tiers = tiers_by_cell(summary)
    counts = sorted({point["n"] for curve in curves for point in curve["points"] if point["n"] > 1 and point["speedup"]})
    height = LINE * len(counts) + GAP
    caption = (
        "Over one worker of the same model, with 95 % intervals; small points: repetitions. Upright strokes: as many times as "
        "there are workers. Beside a name: the model's tier by throughput."
    )
    drawn = theme.figure(picture, dark, 58 + height * max(len(curves), 2), caption)
    reach: list[float] = []
    rows: list[dict[str, str]] = []
    for at, curve in enumerate(curves):
        look = summary.looks[curve["label"]]
        colour = look.on(dark)
        tier = next((tiers[point["cell"]] for point in curve["points"] if point["cell"] in tiers), None)
        rows.append({"label": curve["label"], "text": curve["label"] + (f" · tier {tier}" if tier else "")})
        of = {"name": curve["label"], "showlegend": False}
        for line, count in enumerate(counts):
            point = next((one for one in curve["points"] if one["n"] == count and one["speedup"]), None)
            if point is None:
                continue
            y = at + (line - (len(counts) - 1) / 2) * LINE / height
            ends = (point["speedup"], point["speedup_low"], point["speedup_high"])
            reach += [count, *(end for end in ends if end is not None), *point["speedup_values"]]
            drawn.add_scatter(
                x=[count], y=[y], mode="markers", hoverinfo="skip", **of, meta={"label": curve["label"], "ideal": True},
                marker={"symbol": "line-ns", "size": 14, "line": {"width": 2, "color": theme.NEUTRAL}},
            )  # fmt: skip
            drawn.add_scatter(
                x=[point["speedup"]], y=[y - 0.06], mode="markers+text", cliponaxis=False,
                text=[f"{count:g} workers" if len(counts) > 1 else ""], textposition="top center", textfont={"size": 10},
                marker={
                    "color": colour, "symbol": f"{look.marker}-open" if point["beyond_cpus"] else look.marker, "size": 9,
                    "line": {"color": colour, "width": 2},
                },
                error_x=theme.whiskers([ends], colour, bold=True),
                hovertemplate=(
                    f"<b>{curve['label']}</b>, {count:g} workers{' (more than CPUs)' if point['beyond_cpus'] else ''}<br>"
                    f"{theme.times(point['speedup'])}, 95 % interval: "
                    f"{theme.interval(point['speedup_low'], point['speedup_high'], theme.times)}<br>"
                    f"{theme.number(point['throughput_per_s'])} tasks/s<extra></extra>"
                ),
                meta={"label": curve["label"]}, **of,
            )  # fmt: skip
            drawn.add_scatter(
                x=point["speedup_values"], y=[y + 6 / height] * len(point["speedup_values"]), mode="markers", **of,
                marker={"color": colour, "symbol": "circle", "size": 4}, meta={"label": curve["label"], "raw": True},
                hovertemplate=f"<b>{curve['label']}</b>, a repetition: %{{x:.3g}}×<extra></extra>",
            )  # fmt: skip
    drawn.update_xaxes(theme.linear_axis(reach, theme.times, "speedup over one worker"))
    drawn.update_yaxes(
        tickmode="array", tickvals=list(range(len(rows))), ticktext=[row["text"] for row in rows],
        range=[len(rows) - 0.5, -0.5], showgrid=False, ticks="", ticklabelstandoff=6,
    )  # fmt: skip
    drawn.update_layout(showlegend=False, meta=drawn.layout.meta | {"rows": rows, "row_height": height})
    return drawn
