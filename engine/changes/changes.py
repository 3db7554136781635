"""Another request for the same client: each change makes the setting that it would be planned in."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...goals import Goal, HomePurchase, Retirement, add_months
from ...goals.dates import date_problems
from ...goals.months import MAX_MONTHS
from ..client import RiskLevel
from ..request import PlanRequest
from ..setting import NoPlan, Setting, prepare, schedule_of

_LEVELS: tuple[RiskLevel, ...] = ("C1", "C2", "C3", "C4", "C5")


def asking(setting: Setting, request: PlanRequest) -> Setting:
    """The setting of another request that leaves menu and model as they are."""
    return replace(setting, request=request, schedule=schedule_of(request, setting.index_growth))


def growing(setting: Setting, growth: float) -> Setting:
    """The monthly contribution rises by `growth` a year."""
    terms = setting.request.contributions.model_copy(update={"growth": growth})
    return asking(setting, setting.request.model_copy(update={"contributions": terms}))


def delayed(setting: Setting, which: Sequence[int], months: int) -> Setting:
    """The goals `which`, by position, fall due `months` later."""
    return asking(setting, _delayed(setting.request, which, months))


def _delayed(request: PlanRequest, which: Sequence[int], months: int) -> PlanRequest:
    def later(goal: Goal) -> Goal:
        return goal if goal.due is None else goal.model_copy(update={"due": add_months(goal.due, months)})

    goals = tuple(later(goal) if g in which else goal for g, goal in enumerate(request.goals))
    return request.model_copy(update={"goals": goals})


def latest_delay(setting: Setting, which: Sequence[int], most: int) -> int:
    """Largest delay in months, `most` at most, whose dates fit a plan."""
    request, low, high = setting.request, 0, min(most, MAX_MONTHS)
    assert request.start is not None
    while high > low:
        months = (low + high + 1) // 2
        goals = _delayed(request, which, months).goals
        if date_problems(goals, request.contributions, request.start, request.client.birth_year):
            high = months - 1
        else:
            low = months
    return low


def scaled(setting: Setting, which: Sequence[int], share: float) -> Setting:
    """The goals `which` cost `share` of what was asked."""

    def cut(goal: Goal) -> Goal:
        parts = {"amount": goal.amount * share}
        if isinstance(goal, HomePurchase) and goal.price is not None:
            parts |= {"price": goal.price * share, "costs": goal.costs * share}
        return goal.model_copy(update=parts)

    goals = tuple(cut(goal) if g in which else goal for g, goal in enumerate(setting.request.goals))
    return asking(setting, setting.request.model_copy(update={"goals": goals}))


def share_bounds(setting: Setting, which: Sequence[int], most: float) -> tuple[float, float]:
    """Smallest and largest share, `most` at most, that the goals `which` may be scaled to.

    A pension stays below the spending that it belongs to, and what is set aside on the first day below the money
    there is.
    """
    low, high = 0.0, most
    for g in which:
        goal = setting.request.goals[g]
        if isinstance(goal, Retirement):
            low = max(low, goal.pension / goal.amount)
        if goal.due is None:
            high = min(high, 1.0)
    return low, high


def without(setting: Setting, goal: int) -> Setting | None:
    """One goal is given up; None where nothing is left to plan for."""
    request = setting.request
    goals = request.goals[:goal] + request.goals[goal + 1 :]
    terms, start = request.contributions, request.start
    assert start is not None
    if not goals or date_problems(goals, terms, start, request.client.birth_year):
        return None
    kept = replace(setting, emphasis=setting.emphasis[:goal] + setting.emphasis[goal + 1 :])
    return asking(kept, request.model_copy(update={"goals": goals}))


def at_level(setting: Setting, step: int) -> Setting | None:
    """The client one risk level up (+1) or down (-1); None where there is none or no portfolio is open."""
    number = _LEVELS.index(setting.gate.level) + step
    if not 0 <= number < len(_LEVELS):
        return None
    client = setting.request.client.model_copy(
        update={"risk_level": _LEVELS[number], "questionnaire": None, "lowest_class": False}
    )
    request = setting.request.model_copy(update={"client": client})
    try:
        return prepare(request, setting.whole_market, setting.seed, setting.paths, setting.firm)
    except NoPlan:
        return None


def amount_asked(setting: Setting, goal: int) -> float:
    """All payments of a goal together, as asked."""
    return float(np.sum([p.amount for p in setting.schedule.payments if p.goal == goal]))
