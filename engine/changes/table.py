"""The whole table of levers: growth of the contribution, delay, amount, each wish dropped, another risk level.

What is solved for is solved as in `levers`: the lattice searches, the validation paths correct it, with the same
random numbers for every trial, and the answer lies on a published step. While a value is searched the weights and the
multiplier of the plan are kept; the answer is planned anew in full, validated, and reported on the judge paths.
"""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..calibrate import Calibrated, calibrated_anew, validated_shares
from ..estimate import Estimate
from ..follow import Followed, judged, lattice_probability, quick_probability
from ..judge.run import Outcome
from ..levers import smallest_confirmed, smallest_sufficient
from ..results import goal_probabilities
from ..setting import Setting
from .changes import amount_asked, at_level, delayed, growing, latest_delay, scaled, share_bounds, without
from .types import Lever, LeverKind

FloatArray = NDArray[np.float64]

GROWTH_STEP, MOST_GROWTH = 0.001, 0.30
MOST_DELAY = 120  # months
SHARE_STEP, MOST_SHARE = 0.005, 2.0


def other_levers(setting: Setting, solved: Calibrated) -> tuple[Lever, ...]:
    """Every lever but the two contributions; those that have nothing to move are left out."""
    reached = validated_shares(setting, solved)
    search = _Search(setting, solved, reached)
    which = moved_goals(setting, reached)
    levers: list[Lever | None] = [
        search.growth(),
        search.amount(which),
        *(search.dropped(g) for g, goal in enumerate(setting.request.goals) if goal.priority == "wish"),
        search.level("risk_level_down", -1),
        search.level("risk_level_up", +1),
        search.delay(which),  # last: it draws longer paths
    ]
    order = ("contribution_growth", "delay", "amount", "drop_goal", "risk_level_down", "risk_level_up")
    return tuple(sorted((lever for lever in levers if lever), key=lambda lever: order.index(lever.kind)))


def moved_goals(setting: Setting, reached: FloatArray) -> tuple[int, ...]:
    """Goals that a delay or a smaller amount moves: all that miss, else the one nearest to missing."""
    margin = reached - setting.wanted
    missed = np.flatnonzero(margin < 0.0)
    return tuple(map(int, missed)) if len(missed) else (int(np.argmin(margin)),)


class _Search:
    """One plan's searches: the lattice's error on the validation paths is measured once and shared."""

    def __init__(self, setting: Setting, solved: Calibrated, reached: FloatArray) -> None:
        self.setting, self.solved = setting, solved
        self.error = reached - quick_probability(setting, solved.followed)

    def growth(self) -> Lever | None:
        terms = self.setting.request.contributions
        if self.setting.schedule.months <= 12 or terms.monthly <= 0.0:  # the first raise is at month 13
            return None
        return self._solved(
            "contribution_growth", (), terms.growth, lambda x: growing(self.setting, x), GROWTH_STEP, MOST_GROWTH,
            terms.growth,
        )  # fmt: skip

    def delay(self, which: Sequence[int]) -> Lever | None:
        movable = [g for g in which if self.setting.request.goals[g].due is not None]
        most = latest_delay(self.setting, movable, MOST_DELAY) if movable else 0
        if most == 0:
            return None
        return self._solved(
            "delay", movable, 0.0, lambda x: delayed(self.setting, movable, round(x)), 1.0, float(most), 0.0
        )  # fmt: skip

    def amount(self, which: Sequence[int]) -> Lever | None:
        """The largest share: what is solved for is how far below the largest one it lies."""
        low, high = share_bounds(self.setting, which, MOST_SHARE)
        steps = int(np.ceil((high - low) / SHARE_STEP)) - 1

        def share(x: float) -> float:
            return round(high - x * SHARE_STEP, 6)

        begin = (high - 1.0) / SHARE_STEP
        found = self._solved(
            "amount", which, 1.0, lambda x: scaled(self.setting, which, share(x)), 1.0, float(steps), begin
        )  # fmt: skip
        value = None if found.value is None else share(found.value)
        return found.model_copy(
            update={"value": value, "step": SHARE_STEP, "searched_to": share(found.searched_to)}
        )

    def dropped(self, goal: int) -> Lever | None:
        changed = without(self.setting, goal)
        if changed is None:
            return None
        return self._told("drop_goal", (goal,), amount_asked(self.setting, goal), 0.0, changed)

    def level(self, kind: LeverKind, step: int) -> Lever | None:
        changed = at_level(self.setting, step)
        if changed is None:
            return None
        now = int(self.setting.gate.level[1])
        return self._told(kind, (), now, now + step, changed)

    def _told(
        self, kind: LeverKind, which: Sequence[int], now: float, value: float, changed: Setting
    ) -> Lever:
        followed = calibrated_anew(changed, self.solved).followed
        outcome = judged(changed, followed.table, "judge")
        return self._lever(kind, which, now, value, None, value, changed, outcome)

    def _solved(
        self, kind: LeverKind, which: Sequence[int], now: float, change: Callable[[float], Setting], step: float,
        highest: float, begin: float,
    ) -> Lever:  # fmt: skip
        near, wanted = self.solved.followed, self.setting.wanted

        searched = near.tuned or self.setting.request.limits.max_drawdown is not None

        @cache
        def anew(x: float) -> Followed:
            return calibrated_anew(change(x), self.solved).followed

        @cache
        def lattice(x: float) -> FloatArray:
            if searched:
                return quick_probability(change(x), near) + self.error
            return lattice_probability(change(x), anew(x).policy.probability)

        @cache
        def validated(x: float) -> FloatArray:
            return goal_probabilities(judged(change(x), anew(x).table, "validation"))

        highest = round(highest / step) * step
        smallest = smallest_confirmed if searched else smallest_sufficient
        value = smallest(lattice, validated, wanted, highest, step, begin)
        if value is None:
            names = tuple(self.setting.request.goals[g].name for g in which)
            return Lever(kind=kind, goals=names, now=now, step=step, reaches=False, searched_to=highest)
        value = round(value, 6)
        outcome = judged(change(value), anew(value).table, "judge")
        return self._lever(kind, which, now, value, step, highest, change(value), outcome)

    def _lever(
        self, kind: LeverKind, which: Sequence[int], now: float, value: float, step: float | None,
        searched_to: float, changed: Setting, outcome: Outcome,
    ) -> Lever:  # fmt: skip
        reached = goal_probabilities(outcome)
        margin = reached - changed.wanted
        worst = float(reached[np.argmin(margin)])
        error = float(np.sqrt(worst * (1.0 - worst) / outcome.paths))
        return Lever(
            kind=kind,
            goals=tuple(self.setting.request.goals[g].name for g in which),
            now=now,
            value=value,
            step=step,
            probability=Estimate(value=worst, standard_error=error),
            probabilities=tuple(map(float, reached)),
            reaches=step is not None or float(margin.min()) >= 0.0,
            recommended=kind != "risk_level_up",
            searched_to=searched_to,
        )
