"""A client's money at the returns that an account really earned: payments, what was short, what was needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...goals.schedule import Schedule
from .._types import FloatArray

_ROUNDING = 1e-9  # relative


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What became of an account, month by month.

    Attributes
    ----------
    units : (T+1,)
        Unit value at each month, 1 at the start: flows out, costs and fees in.
    low, deepest, high : (T,)
        Of the days of each month, relative to its start: lowest value, largest drawdown, highest value.
    """

    units: FloatArray
    low: FloatArray
    deepest: FloatArray
    high: FloatArray

    def falls(self, reset_every: int = 0) -> FloatArray:
        """Maximum drawdown in each window between resets; one window without resets."""
        T = len(self.low)
        length = reset_every or T
        return np.array([self._fall(a, min(a + length, T))[0] for a in range(0, T, length)])

    def standing(self, month: int, reset_every: int) -> tuple[float, float]:
        """Peak since the last reset, and the largest drawdown since, at `month`."""
        since = month - month % reset_every if reset_every else 0
        fall, peak = self._fall(since, month)
        return peak, fall

    def _fall(self, first: int, last: int) -> tuple[float, float]:
        peak, worst = float(self.units[first]), 0.0
        for t in range(first, last):
            u = float(self.units[t])
            worst = max(worst, 1.0 - u * float(self.low[t]) / peak, float(self.deepest[t]))
            peak = max(peak, u * float(self.high[t]), float(self.units[t + 1]))
            worst = max(worst, 1.0 - float(self.units[t + 1]) / peak)
        return worst, peak


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Payments made: `paid` (M,) share of each, `money` (M,) that was there for it, `wealth` (T+1,) before payments."""

    paid: FloatArray
    money: FloatArray
    wealth: FloatArray
    final: float


def settle(schedule: Schedule, amounts: FloatArray, wealth: float, units: FloatArray) -> Settled:
    """Pay every goal that can be paid, in the order of the schedule: in full, else its smallest share, else not."""
    paid, there, line = np.zeros(len(amounts)), np.zeros(len(amounts)), np.empty(schedule.months + 1)
    for t in range(schedule.months + 1):
        if t:
            wealth *= float(units[t] / units[t - 1])
        wealth += float(schedule.inflows[t])
        line[t] = wealth
        for m, payment in enumerate(schedule.payments):
            if payment.month == t:
                there[m] = wealth
                options = (1.0, payment.min_fraction)
                share = next((f for f in options if f * amounts[m] <= wealth * (1.0 + _ROUNDING)), 0.0)
                paid[m] = share
                wealth = max(wealth - share * float(amounts[m]), 0.0)
    return Settled(paid=paid, money=there, wealth=line, final=wealth)


def needed_contribution(
    schedule: Schedule,
    pattern: FloatArray,
    monthly: float,
    amounts: FloatArray,
    wealth: float,
    units: FloatArray,
) -> float | None:
    """Least monthly contribution with which every payment would have been met, at the returns really earned.

    Money is linear in it: c >= (payments - wealth - other money in) / pattern, all in units, at every payment.
    `pattern` (T+1,) is the money in of a contribution of 1, `monthly` the one in ``schedule.inflows``. None where no
    contribution comes before a payment that is short.
    """
    other = np.cumsum((schedule.inflows - monthly * pattern) / units)
    given = np.cumsum(pattern / units)
    due = np.zeros(schedule.months + 1)
    for payment, amount in zip(schedule.payments, amounts, strict=True):
        due[payment.month] += amount
    short = np.cumsum(due / units) - wealth / units[0] - other
    least = 0.0
    for t in np.flatnonzero(due > 0.0):
        if short[t] > 0.0:
            if given[t] <= 0.0:
                return None
            least = max(least, float(short[t] / given[t]))
    return least
