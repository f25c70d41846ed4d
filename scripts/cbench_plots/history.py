"""Throughput from run to run, where the results hold several runs of the same cells."""

from collections.abc import Iterable
from typing import Any

import plotly.graph_objects as go

from . import theme
from .checked import figure_of
from .summary import Picture, Summary

HEIGHT = 360  # px


@figure_of
def history(
    summary: Summary, workload: str | None = None, *, picture: Picture | None = None, models: Iterable[str] | None = None,
    host: str | int | None = None, dark: bool = False,
) -> go.Figure:  # fmt: skip
    """A point with its 95 % interval for each run, over the date on which it started, and the repetitions as small points."""
    picture = picture or summary.picture("history", workload, host)
    wanted = [cell["id"] for cell in summary.cells_of(picture, models)]
    histories = {one["cell"]: one for one in summary["histories"]}
    caption = (
        "Each point is a run: the mean of its repetitions, which are the small points, with the 95 % interval. Whether a "
        "change is more than noise, cbench compare says."
    )
    drawn = theme.figure(picture, dark, HEIGHT, caption)
    reach: list[float] = []
    for id in wanted:
        one = histories[id]
        look = summary.looks[one["label"]]
        colour, runs = look.on(dark), one["runs"]
        reach += [end for run in runs for end in (run["mean"], run["low"], run["high"], *run["values"]) if end is not None]
        drawn.add_scatter(
            x=[run["started_at"] for run in runs], y=[run["mean"] for run in runs], mode="lines+markers", name=one["label"],
            line={"color": colour, "width": 1.5, "dash": look.dash}, marker={"color": colour, "symbol": look.marker, "size": 9},
            error_y=theme.whiskers(((run["mean"], run["low"], run["high"]) for run in runs), colour),
            hovertemplate=[_hover(one, run) for run in runs], meta={"label": one["label"]},
        )  # fmt: skip
        drawn.add_scatter(
            x=[run["started_at"] for run in runs for _ in run["values"]], y=[value for run in runs for value in run["values"]],
            mode="markers", marker={"color": colour, "symbol": "circle", "size": 4}, name=one["label"],
            hovertemplate=f"<b>{one['label']}</b>, a repetition: %{{y:.4s}} tasks/s<extra></extra>",
            meta={"label": one["label"], "raw": True},
        )  # fmt: skip
    drawn.update_xaxes(type="date", title={"text": "start of the run, UTC"})
    if theme.spans_decades(reach):
        drawn.update_yaxes(theme.log_axis(reach, theme.number, "throughput, tasks/s"))
    else:
        drawn.update_yaxes(title={"text": "throughput, tasks/s"}, tickformat="~s", nticks=8)
    drawn.update_layout(showlegend=len(wanted) > 1)
    return drawn


def _hover(one: dict[str, Any], run: dict[str, Any]) -> str:
    doubt = f" ({run['doubt']})" if run["doubt"] else ""
    return (
        f"<b>{one['label']}</b>, {run['started_at'][:16].replace('T', ' ')}<br>{theme.number(run['mean'])} tasks/s, 95 % interval: "
        f"{theme.interval(run['low'], run['high'], theme.number)}{doubt}<extra></extra>"
    )
