"""What became of a plan between two days: its unit value, the peak of it, and what is left unexplained.

Valuations are rare; the peak between them matters. So the mix that the policy held is followed on the market's own
levels, day by day, with the flows of the plan, and one constant drift a day makes the money end at what is really
held: costs, fees and everything that was done otherwise are in that drift.
"""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...goals.months import add_months
from ...scenarios.market import Market
from ..policy.table import PolicyTable

FloatArray = NDArray[np.float64]
_FASTEST = 8.0  # log growth a year that a drift may have; beyond it the money is not explained at all
_HALVINGS = 60
_YEAR = 365.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a plan stood at the close of a day.

    Attributes
    ----------
    closed
        That day; the plan's start is the close of the day before.
    month
        Plan month whose flows are in.
    wealth
        Money.
    unit, peak, deepest, broken, since
        As in `Unit`.
    mix
        (N,) weights held.
    """

    closed: dt.date
    month: int
    wealth: float
    unit: float
    peak: float
    deepest: float
    broken: bool
    since: dt.date
    mix: FloatArray

    @property
    def drawdown(self) -> float:
        """Fraction below the peak."""
        return 1.0 - self.unit / self.peak


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Levels:
    """Total-return levels of N assets at the close of D days."""

    days: NDArray[np.datetime64]
    values: FloatArray

    def growth(self, after: dt.date, until: dt.date) -> tuple[NDArray[np.datetime64], FloatArray]:
        """Days in (after, until] and gross returns (d, N) to each from the one before; 1 where there is no level."""
        first, last = (
            int(np.searchsorted(self.days, np.datetime64(day), side="right")) for day in (after, until)
        )
        first = max(first, 1)
        with np.errstate(invalid="ignore"):
            gross = self.values[first:last] / self.values[first - 1 : last - 1]
        return self.days[first:last], np.where(np.isfinite(gross), gross, 1.0)


def levels_of(market: Market, assets: Sequence[str]) -> Levels:
    """Levels by day, or by month where the market has no days, the last known one held on."""
    columns = [market.asset_ids.index(a) for a in assets]
    if market.days.size:
        days, values = market.days, market.daily[:, columns]
    else:
        days = np.array((market.months + 1).astype("datetime64[D]") - 1, dtype="datetime64[D]")
        values = market.monthly[:, columns]
    filled = values.copy()
    for row in range(1, len(filled)):
        gaps = np.isnan(filled[row])
        filled[row, gaps] = filled[row - 1, gaps]
    return Levels(days=days, values=filled)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """A plan followed to a day.

    Attributes
    ----------
    now
        Where it stands.
    unexplained
        Money held beyond what mix, market and flows would have left, negative where some is missing.
    """

    now: Standing
    unexplained: float


def follow(
    begin: Standing,
    until: dt.date,
    held: float,
    *,
    start: dt.date,
    flows: Mapping[int, float],
    table: PolicyTable,
    weights: FloatArray,
    levels: Levels,
) -> Course:
    """Follow a plan from where it stood to what is held on a day.

    Parameters
    ----------
    begin
        The plan's start, or its last review.
    until, held
        The day, and the money in the plan at its close.
    start
        First day of the plan, from which months are counted.
    flows
        Net money in by plan month.
    table, weights
        The policy and its (K, N) portfolios.
    levels
        Of the same N assets.
    """

    def ended(drift: float) -> Standing:
        return _walk(begin, until, drift, start, flows, table, weights, levels)

    low, high = -_FASTEST, _FASTEST
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if ended(middle).wealth > held:
            high = middle
        else:
            low = middle
    now = replace(ended(0.5 * (low + high)), wealth=held)
    return Course(now=now, unexplained=held - ended(0.0).wealth)


def _walk(
    begin: Standing,
    until: dt.date,
    drift: float,
    start: dt.date,
    flows: Mapping[int, float],
    table: PolicyTable,
    weights: FloatArray,
    levels: Levels,
) -> Standing:
    here = begin
    month = begin.month
    while (turn := add_months(start, month + 1)) <= until:
        here = _grown(here, turn - dt.timedelta(days=1), drift, levels, table.limit)
        month += 1
        here = _turned(here, month, turn, flows.get(month, 0.0), table, weights)
    return _grown(here, until, drift, levels, table.limit)


def _grown(here: Standing, until: dt.date, drift: float, levels: Levels, limit: float) -> Standing:
    """Hold the mix to the close of `until`; the drift runs by calendar days."""
    days, gross = levels.growth(here.closed, until)
    if until <= here.closed:
        return here
    closes = (
        np.append(days, np.datetime64(until)) if not days.size or days[-1] < np.datetime64(until) else days
    )
    growth = np.ones((len(closes), len(here.mix)))
    growth[: len(gross)] = gross
    gone = (closes - np.datetime64(here.closed)).astype(np.float64) / _YEAR
    grown = np.cumprod(growth, axis=0)
    values = grown @ here.mix * np.exp(drift * gone)
    units = here.unit * values
    peaks = np.maximum.accumulate(np.append(here.peak, units))[1:]
    deepest = max(here.deepest, float((1.0 - units / peaks).max()))
    return replace(
        here,
        closed=until,
        wealth=here.wealth * float(values[-1]),
        unit=float(units[-1]),
        peak=float(peaks[-1]),
        deepest=deepest,
        broken=here.broken or -math.log1p(-deepest) > limit,
        mix=grown[-1] * here.mix / float(grown[-1] @ here.mix),
    )


def _turned(
    here: Standing, month: int, day: dt.date, flow: float, table: PolicyTable, weights: FloatArray
) -> Standing:
    """A new plan month: a reset if one falls on it, money in and out, and the policy's mix."""
    if table.reset_every and (month + table.age) % table.reset_every == 0:
        here = replace(here, peak=here.unit, deepest=0.0, broken=False, since=day)
    wealth = max(here.wealth + flow, 0.0)
    mix = here.mix
    if month < table.months:
        mix = weights[table.holding(month, wealth, here.drawdown, here.broken)]
    return replace(here, month=month, wealth=wealth, mix=mix)
