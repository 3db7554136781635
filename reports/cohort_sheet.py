"""The tear sheet of goal cohorts: what was promised and what came, a page for each; the same bytes each time."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..backtests.cohorts import CohortResult, CohortRow

_SIZE = (8.27, 11.69)  # A4, inches
_DARK, _RED, _GREY = "#1f3b63", "#a33b3b", "#8a8f98"


def cohort_sheet_pdf(found: CohortResult) -> bytes:
    """Return a PDF with a page for each planner and strategy.

    Success and needed contribution by start, reliability, the promised fan against what came.

    Parameters
    ----------
    found : CohortResult
        The same one gives the same bytes.
    """
    from matplotlib.backends.backend_pdf import PdfPages

    out = io.BytesIO()
    # No date inside: the same result gives the same bytes.
    with PdfPages(out, metadata={"Title": "goalplan cohorts", "CreationDate": None}) as pages:
        for name in found.names:
            if found.of(name):
                pages.savefig(_page(found, name))
    return out.getvalue()


def _page(found: CohortResult, name: str) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE)
    figure.subplots_adjust(left=0.1, right=0.95, top=0.9, bottom=0.05, hspace=0.45)
    rows = found.of(name)
    some = [each for each in found.figures() if each.name == name and each.starts]
    figures = min(
        some, key=lambda each: abs(each.difficulty - 1.0)
    )  # the goal as it was asked, if it is there
    figure.suptitle(
        f"{name}   {figures.starts} starts from {rows[0].start:%Y-%m} to {rows[-1].start:%Y-%m}, "
        f"{found.months} months each, {figures.windows:.1f} side by side\n"
        f"goals at {figures.difficulty:.0%}: met {figures.met.value:.0%} "
        f"({figures.met.low:.0%} to {figures.met.high:.0%})   "
        f"limit of {found.config.mark:.0%} broken {figures.broken.value:.0%} "
        f"({figures.broken.low:.0%} to {figures.broken.high:.0%})\n"
        "A backtest is no promise: past performance is no indication of the future.",
        fontsize=9,
    )
    success, needed, diagram, fan = figure.subplots(4, 1, height_ratios=[2, 2, 3, 3])
    one = tuple(row for row in rows if row.difficulty == figures.difficulty)
    _success(success, one)
    _needed(needed, found, one)
    _reliability(diagram, found, name)
    _fan(fan, one)
    for axes in figure.axes:
        axes.tick_params(labelsize=6.5)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    return figure


def _starts(rows: tuple[CohortRow, ...]) -> list[np.datetime64]:
    return [np.datetime64(row.start) for row in rows]


def _success(axes: Axes, rows: tuple[CohortRow, ...]) -> None:
    if rows[0].promised:
        said = [100.0 * row.promised[0] for row in rows]
        axes.plot(_starts(rows), said, color=_DARK, linewidth=1.0, label="promised, first goal")
    for met, colour, label in ((True, _DARK, "met"), (False, _RED, "missed")):
        some = tuple(row for row in rows if row.met == met)
        axes.scatter(_starts(some), [100.0 * met] * len(some), s=5, color=colour, label=label)
    axes.set_ylim(-5.0, 105.0)
    axes.set_title("All goals met, by start, %", fontsize=9)
    axes.legend(fontsize=6.5, frameon=False, loc="center left")


def _needed(axes: Axes, found: CohortResult, rows: tuple[CohortRow, ...]) -> None:
    some = [(np.datetime64(row.start), row.needed) for row in rows if row.needed is not None]
    axes.plot(
        [start for start, _ in some], [money for _, money in some], color=_DARK, linewidth=1.0, label="needed"
    )
    axes.axhline(found.config.request.contributions.monthly, color=_GREY, linewidth=0.8, label="paid in")
    axes.set_title("Monthly contribution that would have met every goal, by start", fontsize=9)
    axes.legend(fontsize=6.5, frameon=False)


def _reliability(axes: Axes, found: CohortResult, name: str) -> None:
    score = found.reliability(name)
    axes.set_title("Promised against realised, %", fontsize=9)
    if score is None:
        axes.axis("off")
        axes.text(0.5, 0.5, "A strategy promises nothing.", ha="center", fontsize=8)
        return
    axes.plot([0.0, 100.0], [0.0, 100.0], color=_GREY, linewidth=0.8)
    for b in score.bins:
        x = 100.0 * b.promised
        axes.plot([x, x], [100.0 * b.came.low, 100.0 * b.came.high], color=_DARK, linewidth=1.0)
        axes.scatter([x], [100.0 * b.came.value], s=14, color=_DARK)
        axes.annotate(str(b.count), (x, 100.0 * b.came.value), (4, 4), textcoords="offset points", fontsize=6)
    axes.set_xlim(0.0, 100.0)
    axes.set_ylim(-2.0, 102.0)
    axes.set_xlabel(
        f"promised; at each dot the number of promises, bars 90 %.   Brier {score.brier.value:.3f} "
        f"({score.brier.low:.3f} to {score.brier.high:.3f}); always saying the base rate {score.uncertainty:.3f}",
        fontsize=6.5,
    )


def _fan(axes: Axes, rows: tuple[CohortRow, ...]) -> None:
    middle = rows[len(rows) // 2]
    months = np.arange(len(middle.wealth))
    if middle.fan:
        for low, high, alpha in ((0, 4, 0.15), (1, 3, 0.3)):
            axes.fill_between(
                months, middle.fan[low], middle.fan[high], color=_DARK, alpha=alpha, linewidth=0.0
            )
        axes.plot(months, middle.fan[2], color=_DARK, linewidth=0.8, linestyle="--", label="promised median")
    for row in rows:
        axes.plot(np.arange(len(row.wealth)), row.wealth, color=_GREY, linewidth=0.3, alpha=0.4)
    axes.plot(months, middle.wealth, color=_RED, linewidth=1.2, label=f"came, start {middle.start:%Y-%m}")
    said = "its promised 5, 25, 75 and 95 %, and " if middle.fan else ""
    axes.set_title(f"Wealth by month: the middle start in red, {said}every other start in grey", fontsize=9)
    axes.legend(fontsize=6.5, frameon=False, loc="upper left")
