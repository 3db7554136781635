"""Parts of a plan that not every plan has: what they must hold to be printed."""

from __future__ import annotations

from typing import Protocol

from ..engine.plan import Drawdown, Estimate, Lever, Plan


class CurvePoint(Protocol):
    """One value of a lever and the probability that the plan has with it."""

    @property
    def value(self) -> float:
        """Money."""

    @property
    def probability(self) -> Estimate:
        """Probability of the goal nearest to what was wanted."""


class ModelResult(Protocol):
    """The same plan judged under another return model."""

    @property
    def model(self) -> str:
        """Name of the model."""

    @property
    def probabilities(self) -> tuple[float, ...]:
        """Probability by goal."""

    @property
    def drawdown_high(self) -> float:
        """Maximum drawdown, 95th percentile."""

    @property
    def breach(self) -> float | None:
        """Share of paths that break the drawdown limit; None without one."""


def curve_of(lever: Lever) -> tuple[CurvePoint, ...]:
    """Points of a lever's curve, by rising value."""
    points: tuple[CurvePoint, ...] = getattr(lever, "curve", ())
    return points


def models_of(plan: Plan) -> tuple[ModelResult, ...]:
    """Results under other models, the plan's own first."""
    models: tuple[ModelResult, ...] = getattr(plan, "models", ())
    return models


def quantiles_of(fall: Drawdown) -> tuple[tuple[float, float], ...]:
    """Level and maximum drawdown, by rising level."""
    quantiles: tuple[tuple[float, float], ...] = getattr(fall, "quantiles", ())
    return quantiles
