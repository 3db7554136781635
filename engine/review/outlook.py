"""What a plan under way will reach: its stored policy followed on, or a plan made anew where facts changed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..desk.holdings import Book
from ..findings import Finding, finding
from ..plan import Allocation, Estimate, GoalResult, Plan, Status
from ..request import PlanRequest
from ..results import goal_results
from ..setting import NoPlan, Setting, prepare
from ..solve import goal_verdict, solve_plan
from ..suitability.firm import Firm
from .change import Stage, judged, probabilities, reasons
from .rest import following, stored_weights
from .standing import fresh
from .types import GoalReview, Reason, ReasonCode
from .under_way import UnderWay

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a review says of the time to come; `changed` are words of `texts.toml`."""

    status: Status
    reason: Finding
    goals: tuple[GoalReview, ...]
    hold: Allocation | None
    highest_volatility: float
    changed: tuple[str, ...] = ()
    new_plan: Plan | None = None


def kept_on(case: UnderWay, book: Book, setting: Setting, firm: Firm) -> Outlook | None:
    """Follow the stored policy on; None if it may hold what is closed to the client today."""
    weights = stored_weights(case.policy, setting)
    if weights is None:
        return None
    codes, values, results = _stages(case, book, setting, weights, firm)
    status, reason = goal_verdict(results)
    for asked, goal in zip(setting.request.goals, results, strict=True):
        if asked.required and goal.probability.value < asked.wanted_probability:
            reason = finding(
                "required_goal_missed",
                goal=goal.name,
                probability=goal.probability.value,
                wanted=asked.wanted_probability,
            )
            status = "infeasible"
            break
    if setting.gate.needs_review:
        status, reason = "needs_review", finding("needs_review", count=len(setting.gate.refused))
    now = case.course.now
    table = case.policy.table()
    k = table.holding(case.month, case.held, now.drawdown, now.broken)
    left = table.after(case.month)
    used = np.unique(np.concatenate([left.hold.ravel(), left.broken.ravel()]))
    return Outlook(
        status=status,
        reason=reason,
        goals=tuple(
            _goal(result, then, codes, [float(value[n]) for value in values])
            for n, (result, then) in enumerate(zip(results, _then(case, setting.request), strict=True))
        ),
        hold=Allocation(
            weights={
                a: w for a, w in zip(case.policy.assets, case.policy.weights[k], strict=True) if w > 0.0
            },
            expected_return=case.policy.expected_returns[k],
            volatility=case.policy.volatilities[k],
        ),
        highest_volatility=float(np.array(case.policy.volatilities)[used].max()),
    )


def _stages(
    case: UnderWay, book: Book, setting: Setting, weights: FloatArray, firm: Firm
) -> tuple[list[ReasonCode], list[FloatArray], tuple[GoalResult, ...]]:
    """Put time, returns, contributions and assumptions in, one after the other."""
    daily = setting.request.limits.max_drawdown is not None
    rest, now = case.rest(), case.course.now
    new = following(setting, rest, weights)
    old = _as_then(case, setting, firm) or new
    gap = case.wealth.paid_in - case.wealth.planned_in
    begun = case.plan.request.client.unit_value or 1.0
    without_gap = max(case.held - gap * float(np.sqrt(now.unit / begun)), 0.0)
    planned = {name: (1.0 + case.growth[name]) ** (case.month / 12.0) for name in case.prices}

    def stage(code: ReasonCode, where: Setting, wealth: float) -> Stage:
        first = code == "time"
        return Stage(
            code=code,
            setting=where,
            rest=case.rest(prices=planned) if first else rest,
            wealth=wealth,
            invested=_invested(book, where),
            standing=fresh(now) if first else now,
        )

    stages = [
        stage("time", old, case.wealth.expected),
        stage("returns", old, without_gap),
        stage("contributions", old, case.held),
        stage("assumptions", new, case.held),
    ]
    outcomes = [judged(each, daily=daily) for each in stages]
    return (
        [each.code for each in stages],
        [probabilities(o) for o in outcomes],
        goal_results(new, outcomes[-1]),
    )


def _as_then(case: UnderWay, setting: Setting, firm: Firm) -> Setting | None:
    """Return the setting under the assumptions of the plan's day, where those differ and its assets are known."""
    if case.market_then == case.market:
        return None
    try:
        then = prepare(case.asked, case.market_then, setting.seed, setting.paths, firm)
    except NoPlan:
        return None
    weights = stored_weights(case.policy, then)
    return None if weights is None else following(then, case.rest(), weights)


def _invested(book: Book, setting: Setting) -> FloatArray:
    total = book.cash + sum(holding.value for holding in book.holdings)
    shares = np.zeros(len(setting.menu.asset_ids))
    for holding in book.holdings:
        if holding.asset in setting.menu.asset_ids and total > 0.0:
            shares[setting.menu.asset_ids.index(holding.asset)] += holding.value / total
    return shares


def _then(case: UnderWay, request: PlanRequest) -> list[Estimate | None]:
    said = {goal.name: goal.probability for goal in case.plan.goals}
    return [said.get(goal.name) for goal in request.goals]


def _goal(
    result: GoalResult, then: Estimate | None, codes: Sequence[ReasonCode], values: Sequence[float]
) -> GoalReview:
    why: tuple[Reason, ...] = () if then is None else reasons(then.value, codes, values)
    return GoalReview(
        name=result.name,
        priority=result.priority,
        due=result.due,
        months=result.month,
        amount=result.expected_amount,
        wanted_probability=result.wanted_probability,
        then=then,
        now=result.probability,
        status=result.status,
        reasons=why,
        expected_shortfall=result.expected_shortfall,
        conditional_shortfall=result.conditional_shortfall,
    )


def made_anew(
    case: UnderWay, book: Book, asked: PlanRequest, changed: tuple[str, ...], firm: Firm
) -> Outlook:
    """Make the plan for what is asked now; the stored policy is followed as far as it goes, to tell why."""
    seed, paths = case.plan.provenance.seed, case.plan.provenance.paths
    plan = solve_plan(asked, case.market, seed=seed, paths=paths, firm=firm)
    codes, before = _before(case, book, seed, paths, firm)
    goals = []
    for result, then in zip(plan.goals, _then(case, asked), strict=bool(plan.goals)):
        known = before.get(result.name)
        if known is None:
            goals.append(_goal(result, then, ["facts"], [result.probability.value]))
        else:
            goals.append(_goal(result, then, [*codes, "facts"], [*known, result.probability.value]))
    volatilities = plan.policy.volatilities if plan.policy is not None else (0.0,)
    return Outlook(
        status=plan.status,
        reason=plan.reason,
        goals=tuple(goals),
        hold=plan.today,
        highest_volatility=max(volatilities),
        changed=changed,
        new_plan=plan,
    )


def _before(
    case: UnderWay, book: Book, seed: int, paths: int, firm: Firm
) -> tuple[list[ReasonCode], dict[str, list[float]]]:
    """Probabilities by goal and stage had nothing been told anew; none where the old policy cannot be followed."""
    try:
        setting = prepare(case.asked, case.market, seed, paths, firm)
    except NoPlan:
        return [], {}
    weights = stored_weights(case.policy, setting)
    if weights is None:
        return [], {}
    codes, values, results = _stages(case, book, setting, weights, firm)
    return codes, {result.name: [float(value[n]) for value in values] for n, result in enumerate(results)}
