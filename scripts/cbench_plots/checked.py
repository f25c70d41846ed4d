"""What all pictures say about a wrong argument, before anything is drawn: what was given, and what to give instead."""

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

import plotly.graph_objects as go

from .summary import Summary

Asked = ParamSpec("Asked")


def figure_of(
    draw: Callable[Concatenate[Summary, Asked], go.Figure],
) -> Callable[Concatenate[Summary, Asked], go.Figure]:
    """Decorates a function that draws a summary. TypeError where it is given no summary."""

    @functools.wraps(draw)
    def checked(summary: Summary, /, *args: Asked.args, **kwargs: Asked.kwargs) -> go.Figure:
        if not isinstance(summary, Summary):
            raise TypeError(
                f"{draw.__name__}() draws a Summary, as cb.summary('results.json') gives one, and got {_what(summary)}"
            )
        return draw(summary, *args, **kwargs)

    return checked


def one_of(name: str, value: Any, known: tuple[str, ...]) -> None:
    """ValueError where the argument `name` is none of those known."""
    if value not in known:
        raise ValueError(f"{name}={value!r}: it is one of {', '.join(map(repr, known))}")


def _what(value: object) -> str:
    return f"a {type(value).__name__}" if value is not None else "None"
