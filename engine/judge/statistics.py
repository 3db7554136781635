"""What the paths of an outcome say: probabilities, shortfalls, percentiles, drawdowns, returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...scenarios.paths import ReturnPaths
from .run import Outcome

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

LEVELS = (1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0)  # percentiles of wealth
_KEPT = 2  # price levels: of the paths of two plans
_ROUNDING = 1e-9  # relative; smaller differences of money are no loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Share of the paths with an event, and its binomial standard error sqrt(p (1 - p) / P)."""

    value: float
    standard_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalStatistics:
    """What one goal came to, over all its payments.

    Where a payment is not made for want of money, the money there was counts as funding it: a client with
    95 of the 100 that a home costs is 95 % funded, though nothing was bought. A payment that the policy
    declines or cuts by choice is funded as far as it was paid.

    Attributes
    ----------
    goal : int
        Position of the goal in the request.
    probability, minimum : Share
        Every payment in full; every payment at its `min_fraction` at least.
    completion : float
        Mean share of the amount that was paid (Blanchett 2015).
    funded_ratio : float
        Mean share of the amount that was funded.
    expected_shortfall, conditional_shortfall : float
        Nominal money not funded: mean over all paths, and over those where the goal was not paid in full; 0
        where it always was.
    expected_gap, conditional_gap : float
        The same as shares of the amount; ``expected_gap = 1 - funded_ratio``.
    """

    goal: int
    probability: Share
    minimum: Share
    completion: float
    funded_ratio: float
    expected_shortfall: float
    conditional_shortfall: float
    expected_gap: float
    conditional_gap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawdownStatistics:
    """Maximum drawdown of the unit value over the plan, at sub-steps or, with `_monthly`, at months.

    Attributes
    ----------
    quantiles, quantiles_monthly : (L,)
        Of the largest drawdown in any window, at the levels asked for.
    windows, windows_monthly : tuple of Share
        Paths that break the limit in each window between resets.
    breach, breach_monthly : Share
        In any window.
    all_time, all_time_monthly : Share
        Measured from the all-time peak.
    given_breach_mean, given_breach_high : float
        Mean and 95 % quantile of the largest drawdown where the limit was broken; 0 where it never was.
    """

    quantiles: FloatArray
    quantiles_monthly: FloatArray
    windows: tuple[Share, ...]
    windows_monthly: tuple[Share, ...]
    breach: Share
    breach_monthly: Share
    all_time: Share
    all_time_monthly: Share
    given_breach_mean: float
    given_breach_high: float


def share(happened: BoolArray) -> Share:
    """Share of paths (P,) on which something happened."""
    p = float(np.mean(happened))
    return Share(value=p, standard_error=float(np.sqrt(p * (1.0 - p) / len(happened))))


def funded(outcome: Outcome) -> FloatArray:
    """(P, M) share of each payment that was funded; see `GoalStatistics`."""
    there = np.divide(outcome.available, outcome.amounts)
    return np.where(there < 1.0 - 1e-12, np.maximum(outcome.paid, there), outcome.paid)


def goal_statistics(outcome: Outcome) -> tuple[GoalStatistics, ...]:
    """Statistics of every goal with a payment, by position in the request."""
    share_funded = funded(outcome)
    amounts = np.broadcast_to(outcome.amounts, outcome.paid.shape)
    least = np.array([payment.min_fraction for payment in outcome.payments])
    number = np.array([payment.goal for payment in outcome.payments])
    found = []
    for goal in np.unique(number):
        mine = number == goal
        due, paid = amounts[:, mine], outcome.paid[:, mine]
        total = due.sum(axis=1)
        missing = (due * (1.0 - share_funded[:, mine])).sum(axis=1)
        met = np.asarray((paid >= 1.0).all(axis=1))
        gap = missing / total
        found.append(
            GoalStatistics(
                goal=int(goal),
                probability=share(met),
                minimum=share(np.asarray((paid >= least[mine] - 1e-12).all(axis=1))),
                completion=float(np.mean((due * paid).sum(axis=1) / total)),
                funded_ratio=1.0 - float(gap.mean()),
                expected_shortfall=float(missing.mean()),
                conditional_shortfall=0.0 if met.all() else float(missing[~met].mean()),
                expected_gap=float(gap.mean()),
                conditional_gap=0.0 if met.all() else float(gap[~met].mean()),
            )
        )
    return tuple(found)


def after_payments(outcome: Outcome) -> FloatArray:
    """(P, T+1) wealth after each month's payments, before the cost of trading."""
    wealth = np.array(outcome.wealth)
    money = outcome.money_paid
    for m, payment in enumerate(outcome.payments):
        wealth[:, payment.month] -= money[:, m]
    return wealth


def percentiles(values: FloatArray, levels: Sequence[float] = LEVELS) -> FloatArray:
    """(L, ...) percentiles over the paths of `values` (P, ...), linear between order statistics."""
    ordered = np.sort(np.ascontiguousarray(np.moveaxis(values, 0, -1)), axis=-1)
    at = np.asarray(levels, dtype=np.float64) / 100.0 * (ordered.shape[-1] - 1)
    low = np.floor(at).astype(np.int64)
    high = np.minimum(low + 1, ordered.shape[-1] - 1)
    found = ordered[..., low] + (at - low) * (ordered[..., high] - ordered[..., low])
    return np.moveaxis(found, -1, 0) if at.ndim else np.asarray(found)


@lru_cache(maxsize=_KEPT)
def price_level(returns: ReturnPaths, index_ids: tuple[str, ...], index: str, months: int) -> FloatArray:
    """(P, T+1) level of an index, 1 at month 0: nominal money divided by it is money of the start."""
    growth = np.ascontiguousarray(returns.indices[:, :months, index_ids.index(index)].T)
    level = np.concatenate(
        [np.ones((1, growth.shape[1])), np.cumprod(growth, axis=0)]
    ).T  # as wealth is laid out
    level.flags.writeable = False
    return level


def drawdown_statistics(
    outcome: Outcome, limit: float | None = None, levels: Sequence[float] = (50.0, 75.0, 90.0, 95.0, 99.0)
) -> DrawdownStatistics:
    """Quantiles of the drawdown, and how often it exceeds `limit`, the table's where left out."""
    beyond = outcome.limit if limit is None else limit
    worst, worst_monthly = outcome.drawdown.max(axis=1), outcome.drawdown_monthly.max(axis=1)
    broken = worst > beyond
    beaten = worst[broken] if broken.any() else np.zeros(1)
    return DrawdownStatistics(
        quantiles=percentiles(worst, levels),
        quantiles_monthly=percentiles(worst_monthly, levels),
        windows=tuple(share(window > beyond) for window in outcome.drawdown.T),
        windows_monthly=tuple(share(window > beyond) for window in outcome.drawdown_monthly.T),
        breach=share(broken),
        breach_monthly=share(worst_monthly > beyond),
        all_time=share(outcome.peak_drawdown > beyond),
        all_time_monthly=share(outcome.peak_drawdown_monthly > beyond),
        given_breach_mean=float(beaten.mean()),
        given_breach_high=float(percentiles(beaten, (95.0,))[0]),
    )


def below_paid_in(outcome: Outcome) -> Share:
    """Paths on which payments and final wealth together are less than the money put in."""
    put_in = outcome.start + float(outcome.inflows.sum())
    return share(np.asarray(outcome.money_paid.sum(axis=1) + outcome.final < put_in * (1.0 - _ROUNDING)))


def money_weighted_returns(outcome: Outcome) -> FloatArray:
    """(P,) money-weighted return a year, net of costs and fees: the rate at which all flows are worth 0.

    Flows are the money put in, the payments made and the final wealth, at their months. Newton's method
    on the monthly log rate, started from the modified Dietz return and kept inside a bracket by
    bisection. Where several rates would do (a pension paid in after the last payment out) it is the one nearest to 0.
    -1 where nothing ever came back, NaN where nothing was put in.
    """
    T, paths = outcome.months, outcome.paths
    flows: list[FloatArray | float] = [-float(inflow) for inflow in outcome.inflows]
    flows[0] = flows[0] - outcome.start
    money = outcome.money_paid
    for m, payment in enumerate(outcome.payments):
        flows[payment.month] = flows[payment.month] + money[:, m]
    flows[T] = flows[T] + outcome.final
    put_in = outcome.start + float(outcome.inflows.sum())
    back = money.sum(axis=1) + outcome.final
    exposure = -sum(np.broadcast_to(flow, paths) * (T - t) for t, flow in enumerate(flows))
    low, high = _nearest_bracket(flows, back - put_in)
    rate = (back - put_in) / np.maximum(exposure, 1e-9 * put_in + 1e-300)
    rate = np.where((rate > low) & (rate < high), rate, 0.5 * (low + high))
    for _ in range(_ITERATIONS):
        x = np.exp(-rate)
        value, slope = np.zeros(paths), np.zeros(paths)  # of sum_t flow_t x^t, in x
        for flow in reversed(flows):
            slope *= x
            slope += value
            value *= x
            value += flow
        low, high = np.where(value > 0.0, rate, low), np.where(value > 0.0, high, rate)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = rate + value / (slope * x)
        inside = (step > low) & (step < high)
        moved = np.where(inside, step, 0.5 * (low + high))
        settled = np.abs(moved - rate) <= 1e-10  # the next step of Newton's would be 1e-20
        rate = moved
        if settled.all():
            break
    yearly = np.expm1(12.0 * rate)
    return np.where(put_in > 0.0, np.where(back > 0.0, yearly, -1.0), np.nan)


def _nearest_bracket(flows: Sequence[float | FloatArray], gain: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Bracket the rate nearest to 0 at which `flows` are worth 0; `gain` is what they are worth at rate 0.

    The far end doubles until the worth has changed its sign, or no rate is looked for any more.
    """
    sign = np.where(gain < 0.0, -1.0, 1.0)
    near, far, step = np.zeros(len(gain)), np.zeros(len(gain)), _FIRST_STEP
    wanting = np.ones(len(gain), dtype=np.bool_)
    last = min(_STEEPEST, _LARGEST_POWER / (len(flows) - 1))
    while wanting.any() and step < 2.0 * last:
        x, worth = np.exp(-sign * min(step, last)), np.zeros(len(gain))
        for flow in reversed(flows):
            worth *= x
            worth += flow
        near, far = np.where(wanting, far, near), np.where(wanting, sign * min(step, last), far)
        wanting &= worth * sign > 0.0
        step *= 2.0
    return np.minimum(near, far), np.maximum(near, far)


_FIRST_STEP = 0.004  # log return a month: 5 % a year
_LARGEST_POWER = 600.0  # e to it, times any money, is still a number
_STEEPEST = 3.0  # log return a month beyond which no rate is looked for
_ITERATIONS = 80
