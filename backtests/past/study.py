"""What a strategy may see: nothing later than the close at which it decides.

The arrays of the whole market stay inside `Study`; a strategy reaches them only through windows that end at
its own decision, handed out as read-only copies, so that not even ``array.base`` leads to the future.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from ...scenarios.market import Market
from .._types import BoolArray, Dates, FloatArray, IntArray, read_only
from ._kernels import rolling_covariances
from .known import known_on
from .panel import Panel

REFRESH = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """The past of the eligible assets at one decision, every array read-only.

    Attributes
    ----------
    asset_ids : tuple of str
        The n assets that may be held now: complete over the window, and with a price at its end.
    dates : (L + 1,) datetime64[D]
        Ends at the close of the decision.
    levels : (L + 1, n)
        Total-return levels.
    returns : (L, n)
        Simple returns, ``levels[1:] / levels[:-1] - 1``.
    rows_per_year : int
        252 daily, 12 monthly.
    held : (n,)
        Weights held at this close, before any trade.
    wealth : float
        Money in the account.
    unit_values : (R',)
        Value of one unit (flows taken out, costs and fees in) from the start of the backtest to now.
    """

    asset_ids: tuple[str, ...]
    dates: Dates
    levels: FloatArray
    returns: FloatArray
    rows_per_year: int
    held: FloatArray
    wealth: float
    unit_values: FloatArray


class NoDecisionError(Exception):
    """The strategy cannot decide at this date; the fault lies in the data or the solver at that date.

    The backtest keeps the previous weights, records the message and goes on.
    """


class Account(NamedTuple):
    """The account at the close of a decision, before its trades: weights (N,), money, unit values so far."""

    held: FloatArray
    wealth: float
    unit_values: FloatArray


class Targets(NamedTuple):
    """Target weights (K, N), a row of NaN where the decision failed, and why it failed by decision number."""

    weights: FloatArray
    failures: dict[int, str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Study:
    """The K decisions of a run, each with the assets and the window it may use.

    Attributes
    ----------
    asset_ids : tuple of str
        N assets; weights are in this order.
    dates : (K,) datetime64[D]
        Closes at which the decisions fall.
    eligible : (K, N) bool
        Assets that may be held.
    rows_per_year : int
    """

    asset_ids: tuple[str, ...]
    dates: Dates
    eligible: BoolArray
    rows_per_year: int
    _market: Market
    _panel: Panel
    _begin: IntArray
    _end: IntArray
    _expanding: bool

    def decided(self, choose: Callable[[int], FloatArray]) -> Targets:
        """Return what ``choose(k)`` gives the n eligible assets of each decision; where it cannot, why."""
        weights = np.full(self.eligible.shape, np.nan)
        failures: dict[int, str] = {}
        for k, eligible in enumerate(self.eligible):
            try:
                if not eligible.any():
                    raise NoDecisionError("no asset is eligible")
                found = choose(k)
            except NoDecisionError as error:
                failures[k] = str(error)
                continue
            weights[k] = 0.0
            weights[k, eligible] = found
        return Targets(weights, failures)

    def covariances(self) -> FloatArray:
        """Return sample covariances (K, N, N); only the rows and columns of eligible assets mean anything."""
        # An expanding window only adds rows: nothing cancels, so one pass serves.
        refresh = len(self.dates) + 1 if self._expanding else REFRESH
        return rolling_covariances(self._panel.levels, self._begin, self._end, refresh)[1]

    def window(self, k: int) -> FloatArray:
        """Read-only returns (L, n) of the assets eligible at decision k, ending at its close."""
        levels = self._levels(k)
        return read_only(levels[1:] / levels[:-1] - 1.0)

    def history(self, k: int, account: Account) -> History:
        """Return all that a user's own strategy is shown at decision k."""
        chosen = self.eligible[k]
        levels = self._levels(k)
        return History(
            asset_ids=tuple(name for name, some in zip(self.asset_ids, chosen, strict=True) if some),
            dates=self._panel.dates[self._begin[k] - 1 : self._end[k] + 1].copy(),
            levels=read_only(levels),
            returns=read_only(levels[1:] / levels[:-1] - 1.0),
            rows_per_year=self.rows_per_year,
            held=read_only(account.held[chosen]),
            wealth=account.wealth,
            unit_values=read_only(account.unit_values.copy()),
        )

    def known(self, k: int) -> Market:
        """Return the market of the eligible assets as it was known at decision k; DataError if that is too little."""
        chosen = [name for name, some in zip(self.asset_ids, self.eligible[k], strict=True) if some]
        return known_on(self._market.select(chosen), self.dates[k].astype(dt.date))

    def spread(self, names: Sequence[str], weights: FloatArray) -> FloatArray:
        """Return the weights of some assets as (N,) in this study's order, 0 for the others."""
        out = np.zeros(len(self.asset_ids))
        out[[self.column(name) for name in names]] = weights
        return out

    def column(self, name: str) -> int:
        """Column of an asset."""
        return self.asset_ids.index(name)

    def without(self, name: str) -> Study:
        """Return the same study with one asset never eligible."""
        eligible = self.eligible.copy()
        eligible[:, self.column(name)] = False
        return replace(self, eligible=eligible)

    def _levels(self, k: int) -> FloatArray:
        rows = slice(self._begin[k] - 1, self._end[k] + 1)
        return np.ascontiguousarray(self._panel.levels[rows][:, self.eligible[k]])


def build_study(market: Market, panel: Panel, rows: IntArray, lookback: int, *, expanding: bool) -> Study:
    """Study of the decisions at `rows` (K,) of the panel that was cut out of `market`.

    A window holds the last `lookback` returns; an expanding one all returns since the youngest eligible
    asset began.
    """
    eligible = panel.eligible(rows, lookback)
    begin = rows - lookback + 1
    if expanding:
        youngest = np.where(eligible, panel.first, -1).max(axis=1)
        begin = np.where(eligible.any(axis=1), youngest + 1, begin)
    return Study(
        asset_ids=panel.asset_ids,
        dates=panel.dates[rows],
        eligible=eligible,
        rows_per_year=panel.rows_per_year,
        _market=market,
        _panel=panel,
        _begin=np.maximum(begin, 1),
        _end=rows,
        _expanding=expanding,
    )
