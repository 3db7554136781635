"""Levers and curves as they stand in a plan."""

import datetime as dt
from typing import Literal

from ...goals.edge import EdgeModel
from ..estimate import Estimate

LeverKind = Literal[
    "monthly_contribution",
    "contribution_growth",
    "lump_sum",
    "delay",
    "amount",
    "drop_goal",
    "risk_level_down",
    "risk_level_up",
]


class Lever(EdgeModel):
    """One change to the plan, everything else unchanged, re-judged.

    Attributes
    ----------
    kind
        ``monthly_contribution`` and ``lump_sum`` (today) in money; ``contribution_growth`` a decimal a year;
        ``delay`` in months; ``amount`` as a share of what was asked; ``drop_goal`` the amount of a wish that is
        given up; ``risk_level_down`` and ``risk_level_up`` the client's level, 1 to 5.
    goals
        Names of the goals that are delayed, changed or dropped.
    now, value
        What is planned, and what reaches every wanted probability: the least contribution, growth, sum or delay,
        the largest share of the amount, a multiple of `step`. None where nothing up to `searched_to` does. Dropping
        a wish and another risk level have one value.
    step
        Published grid of `value`; None where there is one value.
    probability
        Of the goal that is then nearest to what was wanted, on the judge paths.
    probabilities
        The same of every goal that is left, in the order of the request.
    reaches
        Whether the change brings every goal to its wanted probability.
    recommended
        False for a level above the client's own: it is shown, never advised.
    searched_to
        Last value looked at.

    """

    kind: LeverKind
    goals: tuple[str, ...] = ()
    now: float
    value: float | None = None
    step: float | None = None
    probability: Estimate | None = None
    probabilities: tuple[float, ...] = ()
    reaches: bool
    recommended: bool = True
    searched_to: float


class CurvePoint(EdgeModel):
    """A monthly contribution and the probability with it."""

    value: float
    probability: Estimate


class Curve(EdgeModel):
    """Probability of the plan's main goal by monthly contribution, at one date.

    Attributes
    ----------
    goal
        The goal that the plan's verdict speaks of.
    delay
        Months by which the goals `delayed` are later; 0 for the dates as asked.
    delayed
        The goals that miss their wanted probability, else the one nearest to missing.
    due
        Date of `goal` then.
    points
        By rising contribution.

    """

    goal: str
    delay: int
    delayed: tuple[str, ...]
    due: dt.date
    points: tuple[CurvePoint, ...]
