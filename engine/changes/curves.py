"""Probability by monthly contribution, today's dates and later ones: what charts draw.

Every point is one backward induction with the weights and the multiplier of the plan kept. The lattice is corrected by
what it was off on the validation paths at the plan itself, as a shift of the log odds, so that a chance stays one.
"""

import numpy as np
from numpy.typing import NDArray

from ...goals import add_months
from ...goals.goal import PRIORITIES
from ..calibrate import Calibrated, validated_shares
from ..estimate import Estimate
from ..follow import quick_probability
from ..setting import Setting
from .changes import delayed, latest_delay
from .table import moved_goals
from .types import Curve, CurvePoint, Lever

FloatArray = NDArray[np.float64]

DELAYS = (0, 12, 24)
_POINTS = 7
_SURE = 1e-4  # probabilities nearer to 0 or 1 than this are told apart no further
_STEP = 10.0  # contributions drawn are multiples of it


def curves(setting: Setting, solved: Calibrated, needed: Lever) -> tuple[Curve, ...]:
    """One curve a date; `needed` is the lever of the monthly contribution, which the curves reach beyond."""
    reached = validated_shares(setting, solved)
    shift = log_odds(reached) - log_odds(quick_probability(setting, solved.followed))
    which = [g for g in moved_goals(setting, reached) if setting.request.goals[g].due is not None]
    most = latest_delay(setting, which, DELAYS[-1]) if which else 0
    contributions, main = contribution_grid(setting, needed), main_goal(setting, reached)
    return tuple(
        _curve(setting, solved, which, delay, contributions, main, float(shift[main]))
        for delay in DELAYS
        if delay <= most
    )


def main_goal(setting: Setting, reached: FloatArray) -> int:
    """The goal that the plan's verdict speaks of: of the highest priority, the one with the least margin."""
    ranks = [PRIORITIES.index(goal.priority) for goal in setting.request.goals]
    margins = reached - setting.wanted
    return min(range(len(ranks)), key=lambda g: (ranks[g], margins[g]))


def contribution_grid(setting: Setting, needed: Lever) -> tuple[float, ...]:
    """Contributions from nothing to half as much again as the larger of today's and the needed one."""
    top = max(needed.now, needed.searched_to / 2.0 if needed.value is None else needed.value, _STEP)
    step = np.ceil(1.5 * top / ((_POINTS - 1) * _STEP)) * _STEP
    least = 0 if setting.request.client.wealth > 0.0 else 1  # without any money there is no plan
    return tuple(float(step * n) for n in range(least, _POINTS))


def _curve(
    setting: Setting, solved: Calibrated, which: list[int], delay: int, contributions: tuple[float, ...],
    main: int, shift: float,
) -> Curve:  # fmt: skip
    later = delayed(setting, which, delay) if delay else setting
    month = min(payment.month for payment in later.schedule.payments if payment.goal == main)

    def point(monthly: float) -> CurvePoint:
        lattice = quick_probability(later.paying(monthly=monthly), solved.followed)[main]
        p = float(1.0 / (1.0 + np.exp(-(log_odds(lattice) + shift))))
        error = float(np.sqrt(p * (1.0 - p) / setting.paths))
        return CurvePoint(value=monthly, probability=Estimate(value=p, standard_error=error))

    return Curve(
        goal=setting.request.goals[main].name,
        delay=delay,
        delayed=tuple(setting.request.goals[g].name for g in which),
        due=add_months(later.schedule.start, month),
        points=tuple(map(point, contributions)),
    )


def log_odds(p: FloatArray | float) -> FloatArray:
    """``log(p / (1 - p))``, with p kept off 0 and 1."""
    kept = np.clip(p, _SURE, 1.0 - _SURE)
    return np.asarray(np.log(kept / (1.0 - kept)))
