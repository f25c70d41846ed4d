"""The heat map of models and workloads: which model comes how close to the ideal of which work."""

from collections.abc import Iterable

import plotly.graph_objects as go

from . import theme
from .checked import figure_of
from .summary import Cell, Picture, Summary

ROW = 40  # px
STACKED = 56


def tiers_by_cell(summary: Summary) -> dict[int, int]:
    """Cell to tier, by throughput among the models with their best numbers of workers under the cell's load."""
    return {
        model["cell"]: tier["tier"]
        for ranking in summary["rankings"]
        if ranking["workers"] is None and ranking["metric"] == "throughput_per_s"
        for tier in ranking["tiers"]
        for model in tier["models"]
    }


@figure_of
def efficiency(
    summary: Summary, workload: str | None = None, *, picture: Picture | None = None, models: Iterable[str] | None = None,
    host: str | int | None = None, dark: bool = False, stacked: bool = False,
) -> go.Figure:  # fmt: skip
    """Throughput over the limit that no model can pass, each model at its best. Stacked, for a narrow page, the interval and
    the tier have a line each."""
    row_height = STACKED if stacked else ROW
    picture = picture or summary.picture("efficiency", None, host)
    cells = [
        cell
        for cell in summary.cells_of(picture, models)
        if workload in (None, cell["workload"]) and cell["efficiency"] is not None
    ]
    columns = _columns(summary, cells)
    tiers = tiers_by_cell(summary)
    rows = list(dict.fromkeys(cell["label"] for cell in cells))
    at = {(cell["label"], cell["block"]): cell for cell in cells}
    grid: list[list[Cell | None]] = [[at.get((row, block)) for block in columns] for row in rows]
    caption = (
        "Throughput as a share of the ideal; below it the 95 % interval in % and the tier. Bold: the first tier. Empty: not "
        "measured, or every trial failed."
    )
    drawn = theme.figure(picture, dark, 70 + row_height * max(len(rows), 2), caption)
    scales = {on: [[0, theme.SCALES[on][0]], [1, theme.SCALES[on][1]]] for on in (False, True)}
    drawn.add_heatmap(
        x=list(columns.values()), y=rows, z=[[cell and cell["efficiency"]["value"] for cell in line] for line in grid],
        customdata=[[_hover(cell, tiers) for cell in line] for line in grid],
        hovertemplate="%{customdata}<extra></extra>", hoverongaps=False, colorscale=scales[dark], zmin=0, zmax=1,
        showscale=False, xgap=3, ygap=3, meta={"rows": rows, "dark": {"colorscale": scales[True]}},
    )  # fmt: skip
    for row, line in zip(rows, grid, strict=True):
        inks = {
            on: [theme.ink_on(theme.shade(cell["efficiency"]["value"] if cell else 0, on)) for cell in line]
            for on in (False, True)
        }
        drawn.add_scatter(
            x=list(columns.values()), y=[row] * len(columns), mode="text", hoverinfo="skip", showlegend=False,
            text=[_text(cell, tiers, stacked) for cell in line], textfont={"color": inks[dark]}, name=row,
            meta={"label": row, "dark": {"textfont": {"color": inks[True]}}},
        )  # fmt: skip
    drawn.update_xaxes(type="category", showgrid=False, ticks="", showline=False)
    drawn.update_yaxes(
        type="category", categoryorder="array", categoryarray=rows, range=[len(rows) - 0.5, -0.5], showgrid=False, ticks="",
        showline=False, ticklabelstandoff=6,
    )  # fmt: skip
    named = [{"label": row, "text": row} for row in rows]
    drawn.update_layout(meta=drawn.layout.meta | {"rows": named, "row_height": row_height})
    return drawn


def _text(cell: Cell | None, tiers: dict[int, int], stacked: bool) -> str:
    if cell is None:
        return ""
    share, tier = cell["efficiency"], tiers.get(cell["id"])
    value = theme.percent(share["value"])
    if tier == 1:
        value = f"<b>{value}</b>"
    ends = [theme.percent(share[end]).removesuffix(" %") for end in ("low", "high") if share[end] is not None]
    below = ("<br>" if stacked else " · ").join([*(["–".join(ends)] if ends else []), *([f"tier {tier}"] if tier else [])])
    return f"{value}<br><span style='font-size:11px'>{below}</span>"


def _columns(summary: Summary, cells: list[Cell]) -> dict[int, str]:
    """Blocks by id, named by their workload; by its parameters and load too where it was run in several ways."""
    blocks = [summary.blocks[id] for id in sorted({cell["block"] for cell in cells})]
    names = [block["workload"] for block in blocks]
    texts = {}
    for block in blocks:
        ways = [other for other in blocks if other["workload"] == block["workload"]]
        differing = [
            f"{name}={value}"
            for name, value in block["parameters"].items()
            if any(other["parameters"].get(name) != value for other in ways)
        ]
        if any(other["load"] != block["load"] for other in ways):
            differing.append(block["load"])
        once = names.count(block["workload"]) == 1
        texts[block["id"]] = block["workload"] if once else f"{block['workload']}<br>{', '.join(differing) or block['id']}"
    return texts


def _hover(cell: Cell | None, tiers: dict[int, int]) -> str:
    if cell is None:
        return ""
    share = cell["efficiency"]
    tier = tiers.get(cell["id"])
    return (
        f"<b>{cell['label']}</b> on {cell['workload']}, {cell['workers']} worker{'s' if cell['workers'] != 1 else ''}, "
        f"{cell['load_text']}<br>{theme.percent(share['value'])} of the ideal, 95 % interval: "
        f"{theme.interval(share['low'], share['high'], theme.percent)}<br>"
        f"{theme.number(cell['throughput_per_s']['mean'])} of {theme.number(cell['ideal_per_s'])} tasks/s"
        + (f", tier {tier}" if tier else "")
    )
