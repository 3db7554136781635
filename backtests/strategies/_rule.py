"""What every strategy is: a frozen description, and one way to turn a study into target weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field

from .._types import BoolArray, EdgeModel, FloatArray
from ..past import Account, Study, Targets

Step = Callable[[int, Account], FloatArray]


def _whole(weights: dict[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    if not 0.0 < total <= 1.0 + 1e-9:
        raise ValueError(f"the weights sum to {total:g}; give a sum above 0 and at most 1 (the rest is cash)")
    return weights


def _positive(weights: dict[str, float]) -> dict[str, float]:
    if sum(weights.values()) <= 0.0:
        raise ValueError("all entries are 0; give at least one above 0")
    return weights


Weights = Annotated[dict[str, Annotated[float, Field(ge=0.0, le=1.0)]], AfterValidator(_whole)]
Proportions = Annotated[dict[str, Annotated[float, Field(ge=0.0)]], AfterValidator(_positive)]


class Rule(EdgeModel, ABC):
    """A strategy as the configuration describes it."""

    name: str | None = Field(default=None, description="Label in tables; the kind when absent.", min_length=1)

    @property
    def label(self) -> str:
        """Name to print."""
        return self.name or str(getattr(self, "kind"))  # noqa: B009 - every final rule declares its kind

    @property
    def estimates(self) -> bool:
        """Whether it estimates from history, so that an asset counts only after a window of returns."""
        return False

    def universe(self, given: tuple[str, ...]) -> tuple[str, ...]:
        """Ids of the assets it works with: those it names itself, or else those it is given."""
        return given


class MarketRule(Rule):
    """A strategy whose weights follow from the market alone; all decisions are made in one call."""

    @abstractmethod
    def targets(self, study: Study) -> Targets:
        """Target weights of every decision of the study."""


class AccountRule(Rule):
    """A strategy that looks at the account too; decisions are made one by one as the account unfolds."""

    @abstractmethod
    def stepper(self, study: Study) -> Step:
        """Return ``step(k, account) -> weights (N,)``; it may raise NoDecisionError."""


def spread(proportions: FloatArray, eligible: BoolArray) -> FloatArray:
    """Share out 1 among the eligible assets in the given proportions, (K, N); NaN where none is eligible."""
    weights = np.where(eligible, proportions, 0.0)
    total = weights.sum(axis=1, keepdims=True)
    out = np.full(weights.shape, np.nan)
    np.divide(weights, total, out=out, where=total > 0.0)
    return out


def vector(study: Study, named: dict[str, float]) -> FloatArray:
    """Named numbers as an array in the study's order, 0 for the assets not named."""
    return np.array([named.get(name, 0.0) for name in study.asset_ids])


def failures(weights: FloatArray, reason: str) -> dict[int, str]:
    """Return the same reason for every decision whose weights are NaN."""
    return dict.fromkeys(np.flatnonzero(np.isnan(weights).any(axis=1)).tolist(), reason)
