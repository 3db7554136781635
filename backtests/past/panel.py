"""The price table a backtest walks through, and which asset may be held when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...scenarios.errors import DataError
from ...scenarios.market import Market
from .._types import BoolArray, Dates, FloatArray, IntArray
from ._kernels import spans

Frequency = Literal["daily", "monthly"]
Every = Literal["daily", "weekly", "monthly", "quarterly", "yearly", "never"]
ROWS_PER_YEAR: dict[Frequency, int] = {"daily": 252, "monthly": 12}
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """Levels of the chosen assets up to the last row of the backtest.

    Attributes
    ----------
    asset_ids : tuple of str
        N assets.
    dates : (D,) datetime64[D]
        Trading days, or the last calendar day of each month.
    levels : (D, N) float64
        Total-return levels, NaN before a series starts and after it ends.
    first, last : (N,) int64
        First and last row with a level; ``first = D`` and ``last = -1`` for an empty series.
    rows_per_year : int
        Convention for annualising: 252 daily, 12 monthly.
    """

    asset_ids: tuple[str, ...]
    dates: Dates
    levels: FloatArray
    first: IntArray
    last: IntArray
    rows_per_year: int

    def eligible(self, rows: IntArray, lookback: int) -> BoolArray:
        """Say which assets may be held at each row: a level now and `lookback` complete rows of returns."""
        return (rows[:, None] - self.first >= lookback) & (rows[:, None] <= self.last)


def build_panel(market: Market, ids: Sequence[str], frequency: Frequency, end: dt.date | None) -> Panel:
    """Cut the panel of the named assets out of `market`; DataError if it has no such assets or rows."""
    dates, table = price_table(market, frequency)
    known = {name: column for column, name in enumerate(market.asset_ids)}
    unknown = [name for name in ids if name not in known]
    if unknown:
        raise DataError(
            f"assets: the market {market.name!r} has no {', '.join(map(repr, unknown))}; "
            f"it has {', '.join(known)}."
        )
    rows = len(dates) if end is None else int(np.searchsorted(dates, np.datetime64(end, "D"), side="right"))
    columns = [known[name] for name in ids]
    levels = table[:rows]
    if columns != list(range(table.shape[1])):
        levels = np.ascontiguousarray(levels[:, columns])
    first, last = spans(levels)
    return Panel(
        asset_ids=tuple(ids),
        dates=dates[:rows],
        levels=levels,
        first=first,
        last=last,
        rows_per_year=ROWS_PER_YEAR[frequency],
    )


def price_table(market: Market, frequency: Frequency) -> tuple[Dates, FloatArray]:
    """Dates (D,) and levels (D, N) of the market at a frequency; a month is dated by its last day."""
    if frequency == "daily":
        if market.frequency != "daily":
            raise DataError(f"frequency: the market {market.name!r} has no daily prices; use 'monthly'.")
        return market.days.astype("datetime64[D]"), market.daily
    if market.frequency == "annual":
        raise DataError(
            f"frequency: the market {market.name!r} is annual; a backtest needs monthly or daily prices."
        )
    ends: Dates = (market.months + 1).astype("datetime64[D]") - 1
    return ends, market.monthly


def period_starts(dates: Dates, every: Every) -> IntArray:
    """Rows after the first at which a new calendar period begins; weeks begin on Monday."""
    if every == "never":
        return np.zeros(0, np.int64)
    if every == "daily":
        return np.arange(1, len(dates))
    if every == "weekly":
        monday = dates[0] - (dates[0].astype(np.int64) + 3) % 7  # day 0 was a Thursday
        starts = np.arange(monday, dates[-1] + 1, 7)
    else:
        months = {"monthly": 1, "quarterly": 3, "yearly": 12}[every]
        month = dates[0].astype("datetime64[M]")
        month = month - month.astype(np.int64) % months
        last = dates[-1].astype("datetime64[M]") + 1
        starts = np.arange(month, last, months).astype("datetime64[D]")
    rows = np.searchsorted(dates, starts)
    return rows[(rows > 0) & (np.diff(rows, append=len(dates)) > 0)]  # a period without rows has no start


def calendar_rows(dates: Dates, every: Every, on: Literal["first", "last"]) -> IntArray:
    """Rows at which a decision falls: row 0, then the first or last row of every period.

    The last row never counts: whether it closes its period is not known yet.
    """
    rows = period_starts(dates, every)
    rows = rows if on == "first" else rows - 1
    rows = rows[(rows > 0) & (rows < len(dates) - 1)]
    return np.concatenate([np.zeros(1, np.int64), rows])
