"""How pictures look: the look of a model, light and dark templates, numbers and axes as people read them."""

import math
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import plotly.graph_objects as go
import plotly.io as pio

DASHES = {"solid": "solid", "dashed": "dash", "dotted": "dot", "dashdot": "dashdot"}
MARKERS = {"triangle": "triangle-up", "cross": "x", "plus": "cross"}
NEUTRAL = "#808890"  # seen on white and on black alike
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif"


@dataclass(frozen=True)
class Look:
    """How a model is drawn, the same in every picture."""

    colour: str
    colour_on_dark: str
    dash: str
    marker: str

    @classmethod
    def of(cls, model: dict[str, Any]) -> Self:
        return cls(
            model["colour"].lower(),
            model["colour_on_dark"].lower(),
            DASHES.get(model["dash"], "solid"),
            MARKERS.get(model["marker"], model["marker"]),
        )

    def on(self, dark: bool) -> str:
        return self.colour_on_dark if dark else self.colour


def luminance(colour: str) -> float:
    """Relative luminance of an `#rrggbb`, by WCAG 2.2."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two `#rrggbb`, from 1 to 21, by WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


# From nothing to all, each end and what lies between seen on its page at 3:1 or more.
SCALES = {False: ("#8094a8", "#0a2a4f"), True: ("#5c7187", "#f3f0c4")}


def shade(share: float, dark: bool) -> str:
    """The colour of a share from 0 to 1 on the scale of the heat map; what is beyond is as its end."""
    start, end = SCALES[dark]
    share = min(max(share, 0), 1)
    mixed = (round(int(start[at : at + 2], 16) * (1 - share) + int(end[at : at + 2], 16) * share) for at in (1, 3, 5))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def ink_on(colour: str) -> str:
    """Black or white, whichever is read better on it."""
    return max("#000000", "#ffffff", key=lambda ink: contrast(ink, colour))


def faint(colour: str, opacity: float) -> str:
    """The colour as a veil, for bands."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def template(dark: bool) -> go.layout.Template:
    ink, quiet, grid, paper = (
        ("#e6e9ee", "#a9b1bc", "#2c333c", "#14181d") if dark else ("#1c2127", "#5b6470", "#e3e7ec", "#ffffff")
    )
    axis = {
        "gridcolor": grid, "linecolor": quiet, "zeroline": False, "ticks": "outside", "tickcolor": grid,
        "tickfont": {"color": quiet}, "title": {"font": {"color": quiet, "size": 13}, "standoff": 14},
        "automargin": True,
    }  # fmt: skip
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": ink},
            "title": {"font": {"size": 17, "color": ink}, "x": 0, "xref": "container", "xanchor": "left",
                      "pad": {"l": 12, "t": 12}, "y": 1, "yref": "container", "yanchor": "top",
                      "subtitle": {"font": {"size": 12.5, "color": quiet}}},
            "paper_bgcolor": paper,
            "plot_bgcolor": paper,
            "xaxis": axis | {"tickangle": 0},
            "yaxis": axis,
            "colorway": [NEUTRAL],
            "hoverlabel": {"font": {"family": FONT, "size": 13, "color": ink}, "align": "left",
                           "bgcolor": "#20262e" if dark else "#ffffff", "bordercolor": quiet},
            "legend": {"font": {"color": ink}, "bgcolor": "rgba(0,0,0,0)", "orientation": "v", "itemsizing": "constant"},
            "annotationdefaults": {"font": {"color": quiet, "size": 12}},
        }
    )  # fmt: skip


def register_templates() -> None:
    pio.templates["cbench_light"] = template(dark=False)
    pio.templates["cbench_dark"] = template(dark=True)


def figure(picture: dict[str, Any], dark: bool, height: float, caption: str = "", **layout: Any) -> go.Figure:
    """An empty figure of that height, with the picture's finding as its title and, under it, how to read it."""
    title = "<br>".join(textwrap.wrap(picture["title"], 84, break_on_hyphens=False))
    subtitle = "<br>".join(textwrap.wrap(caption, 120, break_on_hyphens=False))
    head = 28 + 25 * (title.count("<br>") + 1) + (17 * (subtitle.count("<br>") + 1) if caption else 0)
    drawn = go.Figure()
    drawn.update_layout(
        template="cbench_dark" if dark else "cbench_light",
        # plotly moves a title of several lines up, by half of what the others are high.
        title={"text": title, "subtitle": {"text": subtitle}, "pad": {"l": 12, "t": 12 + 11 * title.count("<br>")}},
        margin={"l": 10, "r": 16, "t": head, "b": 10},
        height=height + head,
        meta={"title": picture["title"], "caption": caption, "height": height},
        **layout,
    )
    return drawn


# ---- Numbers, as the tables of cbench write them


def _three_digits(value: float) -> str:
    if value == 0:
        return "0"
    value = float(f"{value:.3g}")  # 9.996 is 10.0, not 10.00
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{digits}f}"


def number(value: float | None) -> str:
    """49.7, 48.9k, 1.23M."""
    if value is None:
        return "unknown"
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit * 0.9995:
            return _three_digits(value / limit) + unit
    return _three_digits(value)


def time(microseconds: float | None) -> str:
    """971 ns, 20.1 ms."""
    if microseconds is None:
        return "unknown"
    for limit, unit in ((1e6, "s"), (1e3, "ms"), (1, "µs")):
        if abs(microseconds) >= limit * 0.9995:
            return f"{_three_digits(microseconds / limit)} {unit}"
    return f"{_three_digits(microseconds * 1e3)} ns"


def size(count: float | None) -> str:
    """8.60 MB, in powers of 1000."""
    if count is None:
        return "unknown"
    for limit, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= limit * 0.9995:
            return f"{_three_digits(count / limit)} {unit}"
    return f"{count:.0f} B"


def percent(fraction: float | None) -> str:
    """98 %, 0.2 %."""
    if fraction is None:
        return "unknown"
    return f"{round(fraction * 100)} %" if fraction >= 0.0995 else f"{fraction * 100:.2g} %"


def times(factor: float | None) -> str:
    """1.95×, 1.01k×."""
    return number(factor) + "×"


def interval(low: float | None, high: float | None, write: Callable[[float | None], str]) -> str:
    """For hovering; of few repetitions, or of some far apart, there is none."""
    return f"{write(low)} to {write(high)}" if low is not None and high is not None else "too few repetitions"


# ---- Intervals


def whiskers(
    points: Iterable[tuple[float, float | None, float | None]], colour: str, bold: bool = False
) -> dict[str, Any] | None:
    """error_x or error_y of a trace: for each point its value, and the low and high end of its interval, which may be
    unknown. None where no point has an interval. Bold: in rows, which have room for them."""
    ends = [
        (value, value, value) if low is None or high is None else (value, low, high) for value, low, high in points
    ]
    if all(low == high for _, low, high in ends):
        return None
    # An interval of repetitions need not hold the value of all their tasks together.
    return {
        "type": "data", "symmetric": False, "color": colour, "thickness": 2.5 if bold else 1.5, "width": 5 if bold else 4,
        "array": [max(0, high - value) for value, _, high in ends],
        "arrayminus": [max(0, value - low) for value, low, _ in ends],
    }  # fmt: skip


# ---- Axes


def spans_decades(values: Sequence[float | None]) -> bool:
    """Whether only a logarithmic axis would show them all."""
    known = [value for value in values if value is not None and value > 0]
    return bool(known) and max(known) / min(known) >= 12


def log_axis(
    values: Sequence[float | None], write: Callable[[float | None], str], title: str, pad: float = 0.06
) -> dict[str, Any]:
    """A logarithmic axis over the values: labels at decades, and between them where it is short."""
    known = [value for value in values if value is not None and value > 0] or [1, 10]
    low, high = math.log10(min(known)), math.log10(max(known))
    room = max((high - low) * pad, 0.08)
    low, high = low - room, high + room
    decades = high - low
    steps = (1, 1.5, 2, 3, 5, 7) if decades < 1.1 else (1, 2, 5) if decades < 2.6 else (1, 3) if decades < 4.2 else (1,)
    ticks = [step * 10.0**decade for decade in range(math.floor(low) - 1, math.ceil(high) + 1) for step in steps]
    ticks = [tick for tick in ticks if low <= math.log10(tick) <= high]
    return {
        "type": "log", "range": [low, high], "title": {"text": title},
        "tickmode": "array", "tickvals": ticks, "ticktext": [_tick(tick, write) for tick in ticks],
    }  # fmt: skip


def _tick(value: float, write: Callable[[float | None], str]) -> str:
    """20k and 5 ms instead of 20.0k and 5.00 ms: a tick is a round number."""
    digits, unit = write(value), ""
    while digits and not digits[-1].isdigit():
        digits, unit = digits[:-1], digits[-1] + unit
    return f"{float(digits):g}{unit}"


def linear_axis(
    values: Sequence[float | None], write: Callable[[float | None], str], title: str, pad: float = 0.06, low: float = 0.0
) -> dict[str, Any]:
    """From 0, with room for what is written beside the longest."""
    high = max([value for value in values if value is not None] or [1]) * (1 + pad)
    step = next(
        factor * 10.0**decade
        for decade in range(-6, 15)
        for factor in (1, 2, 5)
        if (high - low) / (factor * 10.0**decade) <= 6
    )
    ticks = [low + step * at for at in range(int((high - low) / step) + 1)]
    return {
        "type": "linear", "range": [low, high], "title": {"text": title},
        "tickmode": "array", "tickvals": ticks, "ticktext": [_tick(tick, write) if tick else "0" for tick in ticks],
    }  # fmt: skip
