"""Why a probability changed: returns, contributions and assumptions put in one after the other, on the same paths."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..judge.run import Outcome
from ..judge.statistics import goal_statistics
from ..setting import Setting
from .course import Standing
from .rest import Rest, followed_on
from .texts import texts
from .types import Reason, ReasonCode

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step from then to now.

    Attributes
    ----------
    code
        What is put in last.
    setting, rest
        Of the stored policy.
    wealth, invested
        Money, and (N,) the shares of it that are invested.
    standing
        Carries peak and flag.
    """

    code: ReasonCode
    setting: Setting
    rest: Rest
    wealth: float
    invested: FloatArray
    standing: Standing


def judged(stage: Stage, *, daily: bool) -> Outcome:
    """Follow the stored policy from where a stage stands."""
    return followed_on(
        stage.setting,
        stage.rest,
        wealth=stage.wealth,
        invested=stage.invested,
        unit_peak=stage.standing.peak / stage.standing.unit,
        broken=stage.standing.broken,
        daily=daily,
    )


def probabilities(outcome: Outcome) -> FloatArray:
    """(n_goals,) of the goals to come."""
    return np.array([goal.probability.value for goal in goal_statistics(outcome)])


def reasons(then: float, codes: Sequence[ReasonCode], values: Sequence[float]) -> tuple[Reason, ...]:
    """Differences of one goal's probability from stage to stage, beginning at what the plan said."""
    told = texts().reasons
    steps = np.diff(np.array([then, *values]))
    return tuple(
        Reason(code=code, change=float(step), text=told[code])
        for code, step in zip(codes, steps, strict=True)
    )
