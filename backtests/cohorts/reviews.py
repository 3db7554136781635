"""A plan made anew at each review: with what is held and known then, the peak and a broken limit carried."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from pydantic import ValidationError

from ...engine.client import Client, Holding
from ...engine.policy.table import PolicyTable
from ...engine.review.rest import request_of
from ...engine.setting import NoPlan, Setting, prepare
from ...goals.months import add_months
from ...scenarios.errors import DataError
from ...scenarios.market import Market
from .._types import FloatArray
from .config import CohortConfig, Planner
from .money import Course
from .planner import Lived, follow, plan, under
from .real import known_at, real_paths


@dataclass(frozen=True, slots=True, kw_only=True)
class _Segment:
    """What is followed since the review of month `begin` of the first plan."""

    lived: Lived
    setting: Setting
    begin: int


def reviewed(
    config: CohortConfig, market: Market, first: Setting, planner: Planner, table: PolicyTable
) -> tuple[Lived, str]:
    """Follow the first plan, and plan anew every `config.review_every` months; also what kept a review from a plan."""
    whole = follow(market, first, table)
    segment = _Segment(lived=whole, setting=first, begin=0)
    notes = []
    for month in range(config.review_every, first.schedule.months, config.review_every):
        start = add_months(first.schedule.start, month)
        try:
            request = request_of(
                first.request,
                _client(first, whole, segment, month, config.mark),
                first.schedule,
                month,
                ratios=_ratios(market, first, month),
                raised=True,
            )
            setting = under(prepare(request, known_at(market, start), config.seed, config.paths), planner)
        except (NoPlan, ValidationError, DataError) as error:
            notes.append(f"{start}: the plan before was followed on ({error})")
            continue
        table, _ = plan(setting, planner)
        segment = _Segment(lived=follow(market, setting, table), setting=setting, begin=month)
        whole = _joined(whole, segment, first)
    return whole, "; ".join(notes)


def _client(first: Setting, whole: Lived, segment: _Segment, month: int, mark: float) -> Client:
    """Return the client at a review: holdings as they drifted, this month's flows in cash, unit value and peak."""
    limits, schedule = first.request.limits, first.schedule
    due = [m for m, p in enumerate(schedule.payments) if p.month == month]
    spent = float(np.minimum(whole.paid[due] * whole.amounts[due], whole.money[due]).sum())
    inflow = float(schedule.inflows[month])
    left = max(float(whole.wealth[month]) - spent, 0.0)
    invested = min(float(whole.wealth[month]) - inflow, left)
    mix = segment.lived.mixes[month - 1 - segment.begin]
    held = tuple(
        Holding(asset=name, value=round(invested * float(w), 2))
        for name, w in zip(segment.setting.menu.asset_ids, mix, strict=True)
        if invested * w >= 0.01
    )
    peak, fall = whole.course.standing(month, limits.reset_every)
    unit = float(whole.course.units[month])
    since = month - month % limits.reset_every if limits.reset_every else 0
    changes = {
        "cash": round(left - invested, 2),
        "holdings": held,
        "unit_value": unit,
        "unit_peak": max(peak, unit),
        "reset_on": add_months(schedule.start, since),
        "limit_broken": limits.max_drawdown is not None and fall > mark,
    }
    return first.request.client.model_copy(update=changes)


def _ratios(market: Market, first: Setting, month: int) -> list[float]:
    """What each goal's amount has grown by since the start."""
    out = []
    for goal in first.request.goals:
        if goal.index is None:
            out.append(1.0)
            continue
        names = (goal.index,)
        path = real_paths(market, market.asset_ids[:1], names, {goal.index}, first.schedule.start, month)
        out.append(float(path.indices.prod()))
    return out


def _joined(whole: Lived, segment: _Segment, first: Setting) -> Lived:
    """Put what was lived since a review in the place of what the plan before would have made of it."""
    m, lived = segment.begin, segment.lived
    later = [k for k, p in enumerate(first.schedule.payments) if p.month > m]

    def tail(old: FloatArray, new: FloatArray, at: int) -> FloatArray:
        return np.concatenate([old[:at], new])

    paid, money = whole.paid.copy(), whole.money.copy()
    paid[later], money[later] = lived.paid, lived.money
    course = Course(
        units=tail(whole.course.units, whole.course.units[m] * lived.course.units, m),
        low=tail(whole.course.low, lived.course.low, m),
        deepest=tail(whole.course.deepest, lived.course.deepest, m),
        high=tail(whole.course.high, lived.course.high, m),
    )
    wealth = tail(whole.wealth, lived.wealth[1:], m + 1)
    return replace(whole, paid=paid, money=money, wealth=wealth, final=lived.final, course=course)
