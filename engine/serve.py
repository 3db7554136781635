"""Required goals are constraints: a policy that serves them first, where the plan's own objective misses one.

A plan weighs its goals by priority, part payments and shortfall. Where that leaves a required goal short, the policy
is made again for the required goals alone (the others count a thousandth, without shortfall aversion). With several
required goals the weights are moved towards those that are short; weights at which even the best policy has
``sum w_g (P_g - wanted_g) < 0`` prove that no policy meets them all, since every policy that does would have 0 or more.
Decided on the validation paths; the judge's paths only report.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .calibrate import Calibrated, calibrated, validated_shares
from .follow import Kind
from .request import PlanRequest
from .setting import Setting

FloatArray = NDArray[np.float64]

_OTHERS = 1e-3  # weight of the goals that are not required
_ROUNDS = 8
_PUSH = 10.0  # a goal short by a tenth counts e times as much in the next round


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The policy, the setting it was made for, and the required goals it misses by position, with their shares."""

    setting: Setting
    solved: Calibrated
    missed: dict[int, float]

    @property
    def feasible(self) -> bool:
        """Whether the limits are kept and every required goal is met."""
        return self.solved.kept and not self.missed


def serve(setting: Setting, kind: Kind) -> Served:
    """The plan's own policy if it meets the required goals, else one that is made for them."""
    own = calibrated(setting, kind)
    required = [g for g, goal in enumerate(setting.request.goals) if goal.required]
    if not own.kept or not required or not _short(setting, own, required):
        return Served(setting=setting, solved=own, missed={})
    return serve_required(setting, kind, own)


def serve_required(setting: Setting, kind: Kind, near: Calibrated | None = None) -> Served:
    """The policy for the required goals alone, of which there is one at least; `near` as in `calibrated`."""
    required = [g for g, goal in enumerate(setting.request.goals) if goal.required]
    wanted = setting.wanted[required]
    weights = np.ones(len(required))
    best, least = None, -np.inf
    for _ in range(_ROUNDS):
        tried = replace(setting, emphasis=emphasis(setting.request, weights))
        solved = calibrated(tried, kind, near)
        if not solved.kept:
            return Served(setting=tried, solved=solved, missed={})
        near = solved
        margin = validated_shares(tried, solved)[required] - wanted
        if float(margin.min()) > least:
            missed = {g: float(m + w) for g, m, w in zip(required, margin, wanted, strict=True) if m < 0.0}
            best, least = Served(setting=tried, solved=solved, missed=missed), float(margin.min())
        if least >= 0.0 or float(weights @ margin) < 0.0:
            break
        weights = weights * np.exp(-_PUSH * margin)
        weights /= weights.max()
    assert best is not None
    return best


def emphasis(request: PlanRequest, weights: Sequence[float] | FloatArray = ()) -> tuple[float, ...]:
    """Weight of every goal: that of `weights` for the required ones in turn (1 by default), little for the others."""
    given = iter(weights)
    return tuple(float(next(given, 1.0)) if goal.required else _OTHERS for goal in request.goals)


def _short(setting: Setting, solved: Calibrated, required: list[int]) -> bool:
    return bool((validated_shares(setting, solved)[required] < setting.wanted[required]).any())
