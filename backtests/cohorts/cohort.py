"""One cohort: the client who starts on one day, with every planner and strategy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
from pydantic import ValidationError

from ...engine.errors import SolverError
from ...engine.explain import explain
from ...engine.request import PlanRequest
from ...engine.setting import NoPlan, prepare, schedule_of
from ...goals import Contributions, Schedule
from ...scenarios.errors import DataError
from ...scenarios.market import Market
from ...scenarios.reference import reference_assumptions
from .._types import FloatArray
from ..asked import known_limits
from ..config import BacktestConfig, Costs, DatedFlow, Flows, Rebalance
from ..strategies import GoalplanMenu, GoalplanPolicy, Strategy
from ..walk_forward import walk_forward
from .config import CohortConfig, Planner
from .money import Course, needed_contribution, settle
from .planner import Lived, follow, plan, under
from .real import known_at, real_paths
from .result import CohortRow
from .reviews import reviewed


def cohort(config: CohortConfig, market: Market, start: dt.date) -> tuple[CohortRow, ...]:
    """Plan and live the client who starts on `start`, under every planner and strategy, at every difficulty.

    One that fails (no history yet, no plan, a solver) gives a row with the reason, and leaves the others alone.
    """
    try:
        known = known_at(market, start)
        whole = reference_assumptions(known)
    except DataError as error:
        return tuple(
            _failed(start, each.label, kind, factor, error)
            for factor in config.difficulty
            for kind, many in (("plan", config.planners), ("strategy", config.strategies))
            for each in many
        )
    growth = dict(zip(whole.index_ids, map(float, whole.index_mean), strict=True))
    rows: list[CohortRow] = []
    # By planner first: its paths are drawn once for all difficulties.
    for planner in config.planners:
        for factor in config.difficulty:
            rows.append(_planned(config, market, known, start, factor, planner))
    for rule in config.strategies:
        rows += _lived(config, market, growth, start, rule)
    place = {factor: k for k, factor in enumerate(config.difficulty)}
    return tuple(sorted(rows, key=lambda row: place[row.difficulty]))


def _planned(
    config: CohortConfig, market: Market, known: Market, start: dt.date, factor: float, planner: Planner
) -> CohortRow:
    """Make a planner's plan and follow it."""
    try:
        request = known_limits(config.request_at(start, factor), known)
        own = under(prepare(request, known, config.seed, config.paths), planner)
        table, promise = plan(own, planner)
        if config.follow == "review":
            lived, note = reviewed(config, market, own, planner, table)
        else:
            lived, note = follow(market, own, table), ""
    except (NoPlan, ValidationError, DataError, SolverError) as error:
        return _failed(start, planner.label, "plan", factor, error)
    short, amounts, paid = _by_goal(own.schedule, lived.amounts, lived.paid, lived.money, len(request.goals))
    falls = lived.course.falls(request.limits.reset_every)
    return CohortRow(
        start=start,
        name=planner.label,
        kind="plan",
        difficulty=factor,
        promised=promise.goals,
        promised_breach=promise.breach,
        kept=promise.kept,
        paid=paid,
        short=short,
        amounts=amounts,
        needed=_needed(request, own.schedule, own.index_growth, lived),
        drawdown=float(lived.course.falls().max()),
        broken=bool((falls > config.mark).any()),
        final=lived.final,
        wealth=_rounded(lived.wealth),
        fan=tuple(_rounded(line) for line in promise.fan),
        note=note,
    )


def _lived(
    config: CohortConfig, market: Market, growth: dict[str, float], start: dt.date, rule: Strategy
) -> Iterator[CohortRow]:
    """Run a strategy with the client's money in; its unit value pays the goals of every difficulty."""
    course, note = None, ""
    for factor in config.difficulty:
        try:
            request = config.request_at(start, factor)
            schedule = schedule_of(request, growth)
            ids = tuple(sorted({p.index for p in schedule.payments if p.index}))
            paths = real_paths(market, market.asset_ids[:1], ids, set(ids), start, schedule.months)
            amounts = _amounts(schedule, paths.indices[0], ids)
            # Difficulty changes what is due, not what comes in: one account serves all.
            if course is None:
                course, note = _account(config, market, rule, request, schedule, start)
        except (DataError, ValidationError) as error:
            yield _failed(start, rule.label, "strategy", factor, error)
            continue
        settled = settle(schedule, amounts, request.client.wealth, course.units)
        lived = Lived(
            amounts=amounts,
            paid=settled.paid,
            money=settled.money,
            wealth=settled.wealth,
            final=settled.final,
            course=course,
            mixes=np.empty((0, 0)),
        )
        short, due, paid = _by_goal(schedule, amounts, settled.paid, settled.money, len(request.goals))
        yield CohortRow(
            start=start,
            name=rule.label,
            kind="strategy",
            difficulty=factor,
            paid=paid,
            short=short,
            amounts=due,
            needed=_needed(request, schedule, growth, lived),
            drawdown=float(course.falls().max()),
            broken=bool((course.falls(request.limits.reset_every) > config.mark).any()),
            final=settled.final,
            wealth=_rounded(settled.wealth),
            note=note,
        )


def _account(
    config: CohortConfig,
    market: Market,
    rule: Strategy,
    request: PlanRequest,
    schedule: Schedule,
    start: dt.date,
) -> tuple[Course, str]:
    """Course of a strategy that decides and trades at each month's last close, as the planners do; what failed."""
    months = np.datetime64(start, "M") + np.arange(-1, schedule.months)
    if market.frequency == "daily":
        at = np.searchsorted(market.days.astype("datetime64[M]"), months, side="right") - 1
        closes = market.days[at]
    else:
        closes = (months + 1).astype("datetime64[D]") - 1
    days = [dt.date.fromisoformat(str(day)) for day in closes]
    paid_in = tuple(
        DatedFlow(date=days[t], amount=float(schedule.inflows[t]))
        for t in range(1, schedule.months)
        if schedule.inflows[t] > 0.0
    )
    # A menu of goalplan's has its own place for cash; any other rule of least risk would hold nothing else.
    all_assets = isinstance(rule, GoalplanMenu | GoalplanPolicy)
    universe = config.assets or tuple(a.id for a in market.assets if all_assets or a.asset_class != "cash")
    result = walk_forward(
        BacktestConfig(
            frequency="daily" if market.frequency == "daily" else "monthly",
            start=days[0],
            end=days[-1],
            initial=max(request.client.wealth, 1.0),
            assets=universe,
            strategy=rule,
            rebalance=Rebalance(every="monthly", on="last", delay=0),
            costs=Costs(advisory_fee=request.advisory_fee),
            flows=Flows(dated=paid_in),
            risk_free=0.0,
        ),
        market,
    )
    units = np.append(1.0, result.unit_values[1:])
    rows = np.searchsorted(result.dates, closes)
    low, high, deepest = (np.empty(schedule.months) for _ in range(3))
    for t in range(schedule.months):
        inside = units[rows[t] + 1 : rows[t + 1] + 1]
        low[t], high[t] = inside.min() / units[rows[t]], inside.max() / units[rows[t]]
        deepest[t] = (1.0 - inside / np.maximum.accumulate(inside)).max()
    failed = [event.text() for event in result.events if event.code == "decision_failed"]
    note = f"{len(failed)} of {len(result.targets)} decisions failed: {failed[0]}" if failed else ""
    return Course(units=units[rows], low=low, deepest=deepest, high=high), note


def _amounts(schedule: Schedule, growth: FloatArray, ids: tuple[str, ...]) -> FloatArray:
    level = np.vstack([np.ones(len(ids)), np.cumprod(growth, axis=0)])
    return np.array(
        [p.amount * (level[p.month, ids.index(p.index)] if p.index else 1.0) for p in schedule.payments]
    )


def _by_goal(
    schedule: Schedule, amounts: FloatArray, paid: FloatArray, money: FloatArray, goals: int
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[bool, ...]]:
    """Money short, cost, and whether all was paid, by goal; money that was there for an unpaid payment counts."""
    number = np.array([p.goal for p in schedule.payments])
    there = np.where(paid > 0.0, paid * amounts, np.minimum(money, amounts))
    lack = np.where(paid >= 1.0, 0.0, np.maximum(amounts - there, 0.0))
    return (
        tuple(round(float(lack[number == g].sum()), 2) for g in range(goals)),
        tuple(round(float(amounts[number == g].sum()), 2) for g in range(goals)),
        tuple(bool((paid[number == g] >= 1.0).all()) for g in range(goals)),
    )


def _needed(request: PlanRequest, schedule: Schedule, growth: dict[str, float], lived: Lived) -> float | None:
    terms = request.contributions
    bare = schedule_of(_paying(request, terms, 0.0), growth).inflows
    pattern = schedule_of(_paying(request, terms, 1.0), growth).inflows - bare
    wealth = request.client.wealth
    needed = needed_contribution(schedule, pattern, terms.monthly, lived.amounts, wealth, lived.course.units)
    return None if needed is None else round(needed, 2)


def _paying(request: PlanRequest, terms: Contributions, monthly: float) -> PlanRequest:
    return request.model_copy(update={"contributions": terms.model_copy(update={"monthly": monthly})})


def _failed(start: dt.date, name: str, kind: str, factor: float, error: Exception) -> CohortRow:
    said = explain(error, PlanRequest) if isinstance(error, ValidationError) else (str(error),)
    reason = " ".join(" ".join(said).split())
    return CohortRow.model_validate(
        {"start": start, "name": name, "kind": kind, "difficulty": factor, "reason": reason}
    )


def _rounded(values: FloatArray) -> tuple[float, ...]:
    return tuple(round(float(v), 2) for v in values)
