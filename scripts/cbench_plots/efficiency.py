"""The heat map of models and workloads: which model comes how close to the ideal of which work."""

from collections.abc import Iterable

import plotly.graph_objects as go

from . import theme
from .checked import figure_of
from .summary import Cell, Picture, Summary


@figure_of
def efficiency(
    summary: Summary, workload: str | None = None, *, picture: Picture | None = None, models: Iterable[str] | None = None,
    host: str | int | None = None, dark: bool = False,
) -> go.Figure:  # fmt: skip
    """Throughput over the limit that no model can pass, each model at its best."""
    picture = picture or summary.picture("efficiency", None, host)
    cells = [
        cell
        for cell in summary.cells_of(picture, models)
        if workload in (None, cell["workload"]) and cell["efficiency"] is not None
    ]
    columns = _columns(summary, cells)
    rows = list(dict.fromkeys(cell["label"] for cell in cells))
    at = {(cell["label"], cell["block"]): cell for cell in cells}
    grid: list[list[Cell | None]] = [[at.get((row, block)) for block in columns] for row in rows]
    caption = "Throughput as a share of the ideal. Empty: not measured, or every trial failed."
    drawn = theme.figure(picture, dark, 70 + 28 * max(len(rows), 2), caption)
    drawn.add_heatmap(
        x=list(columns.values()), y=rows, z=[[cell and cell["efficiency"]["value"] for cell in line] for line in grid],
        customdata=[[_hover(cell) for cell in line] for line in grid],
        hovertemplate="%{customdata}<extra></extra>", hoverongaps=False, colorscale="Cividis", zmin=0, zmax=1, showscale=False,
        xgap=3, ygap=3, meta={"rows": rows},
    )  # fmt: skip
    for row, line in zip(rows, grid, strict=True):
        shares = [None if cell is None else cell["efficiency"]["value"] for cell in line]
        drawn.add_scatter(
            x=list(columns.values()), y=[row] * len(columns), mode="text", hoverinfo="skip", showlegend=False,
            text=["" if share is None else theme.percent(share) for share in shares],
            # On the dark half of the scale and on the light half.
            textfont={"color": ["#ffffff" if (share or 0) < 0.6 else "#14181d" for share in shares]},
            name=row, meta={"label": row},
        )  # fmt: skip
    drawn.update_xaxes(type="category", showgrid=False, ticks="", showline=False)
    drawn.update_yaxes(
        type="category", categoryorder="array", categoryarray=rows, range=[len(rows) - 0.5, -0.5], showgrid=False, ticks="",
        showline=False, ticklabelstandoff=6,
    )  # fmt: skip
    named = [{"label": row, "text": row} for row in rows]
    drawn.update_layout(meta=drawn.layout.meta | {"rows": named, "row_height": 28})
    return drawn


def _columns(summary: Summary, cells: list[Cell]) -> dict[int, str]:
    """Blocks by id, named by their workload; by its parameters and load too where it was run in several ways."""
    blocks = [summary.blocks[id] for id in dict.fromkeys(cell["block"] for cell in cells)]
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


def _hover(cell: Cell | None) -> str:
    if cell is None:
        return ""
    share = cell["efficiency"]
    return (
        f"<b>{cell['label']}</b> on {cell['workload']}, {cell['workers']} worker{'s' if cell['workers'] != 1 else ''}, "
        f"{cell['load_text']}<br>{theme.percent(share['value'])} of the ideal, 95 % interval: "
        f"{theme.interval(share['low'], share['high'], theme.percent)}<br>"
        f"{theme.number(cell['throughput_per_s']['mean'])} of {theme.number(cell['ideal_per_s'])} tasks/s"
    )
