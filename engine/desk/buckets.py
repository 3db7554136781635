"""The four pots (四笔钱): one pool of money seen by when it is needed. A view, not accounts."""

from collections.abc import Sequence
from typing import Literal

from ...goals import Goal, Reserve, Schedule, build_schedule
from ...goals.edge import EdgeModel
from ..findings import Text
from ..request import PlanRequest

STEADY_MONTHS = 36
PotId = Literal["instant", "steady", "growth", "insurance"]

_NAMES: dict[PotId, tuple[str, str]] = {
    "instant": ("活钱", "Instant money"),
    "steady": ("稳钱", "Steady money"),
    "growth": ("长钱", "Long money"),
    "insurance": ("保险", "Insurance"),
}
_NOTES: dict[PotId, tuple[str, str]] = {
    "instant": (
        "应急储备，随时可用，不参与投资。",
        "The emergency reserve: at hand at any time, not invested.",
    ),
    "steady": (
        f"{STEADY_MONTHS} 个月内要用的钱。",
        f"Money needed within {STEADY_MONTHS} months.",
    ),
    "growth": (
        f"{STEADY_MONTHS} 个月以后才用的钱。",
        f"Money not needed before {STEADY_MONTHS} months.",
    ),
    "insurance": (
        "保险保障不在本计划之内，请另行安排。",
        "Insurance is outside this plan and to be arranged separately.",
    ),
}


class Pot(EdgeModel):
    """One pot.

    Attributes
    ----------
    goals
        Names of the goals that it serves, in order of their first payment.
    due
        Their payments at the amounts asked for (money of the start if indexed), summed.
    today
        Part of today's wealth that stands for it.
    """

    id: PotId
    name: Text
    note: Text
    goals: tuple[str, ...]
    due: float
    today: float


class Pots(EdgeModel):
    """The four pots; `today` of all sums to the client's wealth, invested as one pool."""

    pots: tuple[Pot, ...]
    note: Text


def pots_of(request: PlanRequest) -> Pots:
    """View a dated request's money by when it is needed; pensions to come are counted in money of the start."""
    assert request.start is not None, "date the request first: request.starting(...)"
    flat = {goal.index: 0.0 for goal in request.goals if goal.index is not None}
    schedule = build_schedule(
        request.goals, request.contributions, request.start, request.client.birth_year, index_growth=flat
    )
    return four_pots(request.goals, schedule, request.client.wealth)


def four_pots(goals: Sequence[Goal], schedule: Schedule, wealth: float) -> Pots:
    """Split today's wealth by when it is needed.

    Today's money goes to reserves first, then to what falls due within 36 months beyond what contributions pay in
    until then, and the rest is long money.

    Parameters
    ----------
    goals, schedule
        Of the dated request.
    wealth
        The client's, in money.
    """
    due: dict[PotId, float] = {"instant": 0.0, "steady": 0.0, "growth": 0.0, "insurance": 0.0}
    served: dict[PotId, list[str]] = {pot: [] for pot in due}
    needed = 0.0  # from today's money, at the worst month so far
    spent = 0.0
    for payment in schedule.payments:
        goal = goals[payment.goal]
        pot: PotId = "growth" if payment.month > STEADY_MONTHS else "steady"
        pot = "instant" if isinstance(goal, Reserve) else pot
        due[pot] += payment.amount
        if goal.name not in served[pot]:
            served[pot].append(goal.name)
        if pot == "steady":
            spent += payment.amount
            paid_in = float(schedule.inflows[: payment.month + 1].sum())
            needed = max(needed, spent - paid_in)
    instant = min(wealth, due["instant"])
    steady = min(wealth - instant, needed)
    today: dict[PotId, float] = {
        "instant": instant,
        "steady": steady,
        "growth": wealth - instant - steady,
        "insurance": 0.0,
    }
    return Pots(
        pots=tuple(
            Pot(
                id=pot,
                name=Text(zh=_NAMES[pot][0], en=_NAMES[pot][1]),
                note=Text(zh=_NOTES[pot][0], en=_NOTES[pot][1]),
                goals=tuple(served[pot]),
                due=due[pot],
                today=today[pot],
            )
            for pot in _NAMES
        ),
        note=Text(
            zh="四笔钱是同一笔资产按用钱时间的划分，不是四个账户；资产作为整体统一管理。",
            en="The four pots are one pool seen by when the money is needed, not four accounts; it is managed as one.",
        ),
    )
