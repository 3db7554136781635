"""Charts as numbers and labels; the template draws them as vectors.

Three forms serve every chart of a document: lines and areas over an axis, horizontal bars and points by row,
and stacked shares over time. `alt` says in words what the chart shows, for readers who do not see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Style = Literal["main", "good", "bad", "quiet", "limit"]
Shade = Literal["light", "mid"]
Shape = Literal["diamond", "dot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A linear axis from `low` to `high`, with labelled ticks."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """The area between two lines."""

    label: str
    x: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    shade: Shade


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line through points, not labelled where `label` is empty."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    style: Style


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A point with a label beside it."""

    x: float
    y: float
    label: str
    shape: Shape = "diamond"


@dataclass(frozen=True, slots=True, kw_only=True)
class Date:
    """A vertical line at `x` with a short label above the plot; `row` keeps neighbours apart."""

    x: float
    label: str
    row: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChart:
    """Lines, areas, marks and dates over two axes."""

    title: str
    alt: str
    x: Axis
    y: Axis
    areas: tuple[Area, ...] = ()
    lines: tuple[Line, ...] = ()
    marks: tuple[Mark, ...] = ()
    dates: tuple[Date, ...] = ()
    legend: tuple[tuple[str, str], ...] = ()
    note: str = ""
    height: float = 6.0
    kind: Literal["lines"] = "lines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What stands in one row of one panel: bar from 0, point with its whisker, tick; and the text beside.

    All values of a panel have as many texts.
    """

    texts: tuple[str, ...]
    bar: float | None = None
    dot: float | None = None
    low: float | None = None
    high: float | None = None
    tick: float | None = None
    style: Style = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One column of a bar chart with an axis of its own; `heads` stand above the texts of its values."""

    title: str
    axis: Axis
    values: tuple[Value, ...]
    heads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BarChart:
    """Rows of bars or points, in one or more panels that share the row labels."""

    title: str
    alt: str
    rows: tuple[str, ...]
    panels: tuple[Panel, ...]
    legend: tuple[tuple[str, str], ...] = ()
    note: str = ""
    kind: Literal["bars"] = "bars"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One share of a stack; `fill` names its look."""

    label: str
    fill: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Shares by layer (rows) and time (columns), which sum to 1 at every time."""

    title: str
    shares: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackChart:
    """Stacked shares over time, side by side for several cases; ``x[j]`` is where column j begins."""

    title: str
    alt: str
    x: tuple[float, ...]
    axis: Axis
    layers: tuple[Layer, ...]
    stacks: tuple[Stack, ...]
    note: str = ""
    kind: Literal["stacks"] = "stacks"


def ticks(low: float, high: float, most: int = 6) -> tuple[float, ...]:
    """Round numbers (1, 2, 2.5 or 5 times a power of ten apart) that cover `low` to `high`.

    The first is at or below `low`, the last at or above `high`, and there are at most ``most + 1``.
    """
    span = high - low if high > low else max(abs(high), 1.0)
    exponent = -12
    while True:
        for factor in (1.0, 2.0, 2.5, 5.0):
            step = factor * 10.0**exponent
            first = _floor(low / step)
            last = -_floor(-(low + span) / step)
            if last - first <= most:
                return tuple(k * step for k in range(first, last + 1))
        exponent += 1


def _floor(value: float) -> int:
    rounded = round(value)
    return rounded if abs(value - rounded) < 1e-9 else int(value // 1)
