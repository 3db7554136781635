"""The loss of a portfolio over a year, in the worst years: what ``limits.cvar`` bounds, by cuts.

For a mix w rebalanced every month the log loss of a year, ``-sum_u log(1 + w'r_u)`` over its twelve months, is convex
in w, and so is its mean over the worst ``1 - confidence`` of the years (Rockafellar and Uryasev 2000); a subgradient
is the mean over those years of ``sum_u -r_u / (1 + w'r_u)``. The limit L is put on that: mean log loss at most
``-log(1 - L)``. As ``1 - exp(-x)`` is concave, the mean loss itself is then at most L, a little less.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...scenarios.paths import Model, simulate

FloatArray = NDArray[np.float64]

YEARS = 5_000
_MONTHS = 12
_KEPT = 8
_INSIDE = 1e-6  # cuts aim this far inside the limit, so that the last round ends strictly within it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class YearLoss:
    """Simulated years: `months` is (S, 12, N), simple returns net of product fees."""

    months: FloatArray
    confidence: float

    def mean_of_worst(self, weights: FloatArray) -> FloatArray:
        """(K,) mean loss of each row of `weights` over its worst years, simple: 0.1 is a tenth lost."""
        return np.array([self._worst(1.0 - np.exp(-self._log_loss(mix)))[0] for mix in weights])

    def excess(self, weights: FloatArray, bound: float) -> FloatArray:
        """(K,) mean log loss over the worst years less that of the bound."""
        return np.array([self._worst(self._log_loss(mix))[0] + np.log1p(-bound) for mix in weights])

    def cut(self, bound: float, weights: FloatArray) -> tuple[FloatArray, float]:
        """Linear cut ``slope @ w <= end`` that every mix within the bound meets and `weights` beyond it does not."""
        mean, share = self._worst(self._log_loss(weights))
        chosen = share > 0.0
        months = self.months[chosen]
        slope: FloatArray = -np.einsum(
            "s,smn->n", share[chosen], months / (1.0 + months @ weights)[:, :, None]
        )
        return slope, -float(np.log1p(-bound)) * (1.0 - _INSIDE) - mean + float(slope @ weights)

    def _log_loss(self, weights: FloatArray) -> FloatArray:
        return np.asarray(-np.log1p(self.months @ weights).sum(axis=1))

    def _worst(self, loss: FloatArray) -> tuple[float, FloatArray]:
        """Mean of the worst ``1 - confidence`` of the losses, and the share of each in it."""
        tail = (1.0 - self.confidence) * len(loss)
        order = np.argsort(-loss, kind="stable")
        share = np.zeros(len(loss))
        share[order] = np.clip(tail - np.arange(len(loss)), 0.0, 1.0) / tail
        return float(share @ loss), share


@lru_cache(maxsize=_KEPT)
def year_loss(model: Model, fee: tuple[float, ...], confidence: float) -> YearLoss:
    """Years of the design stream of seed 0, whatever the plan's seed: clients with the same limits share a menu."""
    paths = simulate(model, _MONTHS, YEARS, 0, "design")
    months = paths.assets[:, :, : len(fee)] * (1.0 - np.array(fee) / 12.0) - 1.0
    months.flags.writeable = False
    return YearLoss(months=months, confidence=confidence)
