"""Parts of a plan that not every plan has: what they must hold to be printed."""

from __future__ import annotations

from typing import Protocol

from ..engine.plan import Estimate, Lever


class CurvePoint(Protocol):
    """One value of a lever and the probability that the plan has with it."""

    @property
    def value(self) -> float:
        """Money."""

    @property
    def probability(self) -> Estimate:
        """Probability of the goal nearest to what was wanted."""


def curve_of(lever: Lever) -> tuple[CurvePoint, ...]:
    """Points of a lever's curve, by rising value."""
    points: tuple[CurvePoint, ...] = getattr(lever, "curve", ())
    return points
