"""Mixes that do not look at the market: fixed weights, equal weight, 60/40."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from .._types import FloatArray, Share
from ..past import Study, Targets
from ._rule import MarketRule, Proportions, Weights, failures, spread, vector

EQUITY = {"cn_equity_large": 1.0}
BONDS = {"cn_treasury": 1.0}


class FixedWeights(MarketRule):
    """The same weights at every rebalance; what is missing to 1 stays in cash.

    The share of an asset that is not eligible is spread over the others in proportion.
    """

    kind: Literal["fixed_weights"] = "fixed_weights"
    weights: Weights = Field(description="Weight by asset id; the sum is at most 1.")

    def universe(self, given: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 - it names its own
        """Ids of the assets in `weights`."""
        return tuple(self.weights)

    def targets(self, study: Study) -> Targets:
        """Return the weights at every decision."""
        weights = spread(vector(study, self.weights), study.eligible) * sum(self.weights.values())
        return Targets(weights, failures(weights, f"none of {', '.join(self.weights)} is eligible"))


class EqualWeight(MarketRule):
    """The same share, 1/n, in each of the n eligible assets."""

    kind: Literal["equal_weight"] = "equal_weight"

    def targets(self, study: Study) -> Targets:
        """Return 1/n at every decision."""
        weights = spread(np.ones(len(study.asset_ids)), study.eligible)
        return Targets(weights, failures(weights, "no asset is eligible"))


class SixtyForty(MarketRule):
    """A share of equities and the rest in bonds, 60/40 unless told otherwise."""

    kind: Literal["sixty_forty"] = "sixty_forty"
    equity: Proportions = Field(default=EQUITY, description="Equity side: proportion by asset id.")
    bonds: Proportions = Field(default=BONDS, description="Bond side: proportion by asset id.")
    share: Share = Field(default=0.6, description="Weight of the equity side.")

    def universe(self, given: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 - it names its own
        """Ids of both sides."""
        return tuple(dict.fromkeys((*self.equity, *self.bonds)))

    def targets(self, study: Study) -> Targets:
        """Return the same two-sided mix at every decision."""
        return two_sided(study, self.equity, self.bonds, np.full(len(study.dates), self.share))


def two_sided(study: Study, equity: dict[str, float], bonds: dict[str, float], share: FloatArray) -> Targets:
    """``share[k]`` in the equity side and the rest in bonds; fails if a side has no eligible asset."""
    sides = [spread(vector(study, side), study.eligible) for side in (equity, bonds)]
    weights = share[:, None] * sides[0] + (1.0 - share[:, None]) * sides[1]
    reason = f"no asset of one side is eligible ({', '.join(equity)}; {', '.join(bonds)})"
    return Targets(weights, failures(weights, reason))
