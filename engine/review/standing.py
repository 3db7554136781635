"""Where a plan under way stands: its money, its unit value, and the flows since it began."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...goals import Schedule, add_months
from ...scenarios.market import Market
from ..errors import RequestError
from ..findings import Text
from ..plan import Plan
from .course import Course, Levels, Standing, follow, levels_of
from .types import MarketReturn, Review, Unit, WealthSince

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """Money that moved since a plan began, or since its last review.

    Attributes
    ----------
    paid_in, planned_in, paid_out
        Nominal, in all.
    net
        By plan month.
    """

    paid_in: float
    planned_in: float
    paid_out: float
    net: dict[int, float]


def flows_of(
    schedule: Schedule,
    amounts: dict[int, float],
    after: int,
    month: int,
    paid_in: float | None,
    paid_out: float | None,
) -> Flows:
    """Money in and out of the plan months `after` + 1 .. `month`.

    Parameters
    ----------
    amounts
        Nominal money due by plan month.
    paid_in, paid_out
        What really moved, in all; as planned where left out. It is spread as the plan's own flows are.
    """
    months = range(after + 1, month + 1)
    planned = {t: float(schedule.inflows[t]) for t in months}
    due = {t: amounts.get(t, 0.0) for t in months}
    moved_in, moved_out = _spread(planned, paid_in, month), _spread(due, paid_out, month)
    return Flows(
        paid_in=sum(moved_in.values()),
        planned_in=sum(planned.values()),
        paid_out=sum(moved_out.values()),
        net={t: moved_in.get(t, 0.0) - moved_out.get(t, 0.0) for t in {*moved_in, *moved_out}},
    )


def _spread(planned: dict[int, float], total: float | None, month: int) -> dict[int, float]:
    if total is None:
        return planned
    whole = sum(planned.values())
    if whole > 0.0:
        return {t: amount * total / whole for t, amount in planned.items()}
    return {month: total} if total else {}


def start_of(plan: Plan, weights: FloatArray, first_payments: float) -> Standing:
    """Return where a plan stood on its first day, once that day's payments were made."""
    request, policy = plan.request, plan.policy
    assert request.start is not None
    assert policy is not None
    client = request.client
    value, peak = client.unit_value or 1.0, client.unit_peak or 1.0
    wealth = max(client.wealth - first_payments, 0.0)
    broken = client.limit_broken
    k = policy.table().holding(0, wealth, 1.0 - value / peak, broken)
    return Standing(
        closed=request.start - dt.timedelta(days=1),
        month=0,
        wealth=wealth,
        unit=value,
        peak=peak,
        deepest=1.0 - value / peak,
        broken=broken,
        since=client.reset_on or request.start,
        mix=weights[k],
    )


def resumed(previous: Review, assets: tuple[str, ...]) -> Standing:
    """Return where the last review left the plan, holding what it said to hold."""
    if previous.hold is None:
        raise RequestError("the earlier review holds no portfolio; review from the plan alone.")
    if other := [asset for asset in previous.hold.weights if asset not in assets]:
        raise RequestError(f"the earlier review holds {', '.join(other)}, which this plan never does; review the plan "
                           "that it was a review of, or made anew.")  # fmt: skip
    mix = np.array([previous.hold.weights.get(a, 0.0) for a in assets])
    return Standing(
        closed=previous.as_of,
        month=previous.month,
        wealth=previous.wealth.now,
        unit=previous.unit.value,
        peak=previous.unit.peak,
        deepest=previous.unit.deepest,
        broken=previous.unit.broken,
        since=previous.unit.since,
        mix=mix,
    )


def course_of(
    plan: Plan,
    begin: Standing,
    flows: Flows,
    as_of: dt.date,
    held: float,
    weights: FloatArray,
    market: Market,
) -> Course:
    """Follow the plan from `begin` to what is held."""
    assert plan.policy is not None
    assert plan.request.start is not None
    return follow(
        begin,
        as_of,
        held,
        start=plan.request.start,
        flows=flows.net,
        table=plan.policy.table(),
        weights=weights,
        levels=levels_of(market, plan.policy.assets),
    )


def wealth_since(plan: Plan, flows: Flows, previous: Review | None, month: int, held: float) -> WealthSince:
    """Money since the plan began, beside what the plan expected for this month."""
    assert plan.wealth is not None
    band = dict(zip(plan.wealth.nominal.levels, plan.wealth.nominal.values, strict=True))

    def at(level: float) -> float:
        return band[min(band, key=lambda each: abs(each - level))][month]

    start = plan.request.client.wealth
    before = previous.wealth if previous is not None else None
    paid_in = flows.paid_in + (before.paid_in if before else 0.0)
    paid_out = flows.paid_out + (before.paid_out if before else 0.0)
    return WealthSince(
        start=start,
        paid_in=paid_in,
        planned_in=flows.planned_in + (before.planned_in if before else 0.0),
        paid_out=paid_out,
        now=held,
        gain=held - start - paid_in + paid_out,
        expected=at(0.5),
        low=at(0.05),
        high=at(0.95),
    )


def unit_of(plan: Plan, now: Standing, levels_end: dt.date) -> Unit:
    """Unit value and peak, as a review states them."""
    policy, start = plan.policy, plan.request.start
    assert policy is not None
    assert start is not None
    every, age = policy.reset_every, policy.age
    coming = [t for t in range(now.month + 1, plan.months) if every and (t + age) % every == 0]
    return Unit(
        value=now.unit,
        peak=now.peak,
        drawdown=now.drawdown,
        deepest=now.deepest,
        broken=now.broken,
        since=now.since,
        next_reset=add_months(start, coming[0]) if coming else None,
        followed_market=levels_end >= start,
    )


def market_returns(
    plan: Plan, market: Market, as_of: dt.date, also: Collection[str]
) -> tuple[MarketReturn, ...]:
    """What each class of the plan's first mix, and of `also`, returned since it began; none before data reach there."""
    start = plan.request.start
    if plan.today is None or start is None or market.as_of < start:
        return ()
    held = [a for a in market.asset_ids if plan.today.weights.get(a, 0.0) > 0.0 or a in also]
    levels: Levels = levels_of(market, held)
    _, gross = levels.growth(start - dt.timedelta(days=1), as_of)
    assets = {asset.id: asset for asset in market.assets}
    return tuple(
        MarketReturn(
            asset=a,
            name=Text(zh=assets[a].name_zh, en=assets[a].name_en),
            total=float(np.prod(gross[:, n])) - 1.0,
            weight=plan.today.weights.get(a, 0.0),
        )
        for n, a in enumerate(held)
    )


def fresh(now: Standing) -> Standing:
    """The same standing at its peak: as if nothing had been lost."""
    return replace(now, peak=now.unit, deepest=0.0, broken=False)
