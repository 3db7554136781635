"""The falls of a backtest: its worst drawdowns, and what it did in the crises of the stress library."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...scenarios.stress import Episodes, load_episodes
from .._types import FloatArray

if TYPE_CHECKING:
    from ..result import BacktestResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawdown:
    """One fall of the unit value.

    Attributes
    ----------
    depth : float
        Positive fraction of the peak.
    peak, trough : date
        Close from which it fell, and the lowest close after it.
    recovery : date or None
        First close back at the peak; None while it has not come back.
    """

    depth: float
    peak: dt.date
    trough: dt.date
    recovery: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrisisWindow:
    """What the account did in a named episode.

    Attributes
    ----------
    id, name_zh, name_en : str
    start, end : date
        Closes between which it is measured: the last on or before the episode's start, the first on or after
        its end.
    total_return : float
    max_drawdown : float
        Positive fraction, within the window.
    benchmark_return : float or None
    """

    id: str
    name_zh: str
    name_en: str
    start: dt.date
    end: dt.date
    total_return: float
    max_drawdown: float
    benchmark_return: float | None


def worst_drawdowns(result: BacktestResult, count: int = 5) -> tuple[Drawdown, ...]:
    """Return the deepest falls of the unit value, deepest first; falls do not overlap.

    Parameters
    ----------
    result : BacktestResult
    count : int
        Most falls; fewer where there were fewer.
    """
    value = compounded(result.returns)
    peaks = np.maximum.accumulate(value)
    below = np.concatenate([[False], value < peaks, [False]])
    first, after = np.flatnonzero(np.diff(below.astype(np.int8)).astype(bool)).reshape(-1, 2).T
    falls = []
    for a, b in zip(first.tolist(), after.tolist(), strict=True):
        low = a + int(np.argmin(value[a:b]))
        back = _day(result, b) if b < len(value) else None
        depth = float(1.0 - value[low] / peaks[low])
        falls.append(Drawdown(depth=depth, peak=_day(result, a - 1), trough=_day(result, low), recovery=back))
    return tuple(sorted(falls, key=lambda fall: -fall.depth)[:count])


def crisis_windows(result: BacktestResult, episodes: Episodes | None = None) -> tuple[CrisisWindow, ...]:
    """Return what the account did in every episode that lies within the backtest.

    Parameters
    ----------
    result : BacktestResult
    episodes : Episodes, optional
        The stress library's (docs/stress.md) when absent.
    """
    library = load_episodes() if episodes is None else episodes
    value = compounded(result.returns)
    other = None if result.benchmark is None else compounded(result.benchmark)
    windows = []
    for episode in library.episodes:
        a = int(np.searchsorted(result.dates, np.datetime64(episode.start, "D"), side="right")) - 1
        b = int(np.searchsorted(result.dates, np.datetime64(episode.end, "D")))
        if a < 0 or b >= len(value) or b <= a:
            continue
        stretch = value[a : b + 1]
        windows.append(
            CrisisWindow(
                id=episode.id,
                name_zh=episode.name_zh,
                name_en=episode.name_en,
                start=_day(result, a),
                end=_day(result, b),
                total_return=float(stretch[-1] / stretch[0] - 1.0),
                max_drawdown=float((1.0 - stretch / np.maximum.accumulate(stretch)).max()),
                benchmark_return=None if other is None else float(other[b] / other[a] - 1.0),
            )
        )
    return tuple(windows)


def compounded(returns: FloatArray) -> FloatArray:
    """Value of 1 compounded at `returns`, (n + 1,), the start included."""
    return np.cumprod(np.concatenate([[1.0], 1.0 + returns]))


def _day(result: BacktestResult, row: int) -> dt.date:
    return dt.date.fromisoformat(str(result.dates[row]))
