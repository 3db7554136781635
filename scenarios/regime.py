"""Regime switching: calm and turbulent months that come in spells."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ._table import FloatArray, frozen
from .assumptions import Assumptions
from .errors import DataError
from .history import asset_history
from .market import Market
from .markov import fit_chain, stationary
from .mixture import Law, Mixture, doubts, draw_law, law_of
from .paths import Draw, Model, canonical

Start = Literal["stationary", "today"]
MIN_MONTHS = 120


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Regimes:
    """K Markov regimes of N assets, of monthly log growth; equal and hashed by content, arrays read-only.

    Only their shape counts: `RegimeSwitching` moves and scales them to the assumptions.

    Attributes
    ----------
    asset_ids : tuple of str
    transition : (K, K) float64
        Probability of the next regime, by row.
    mean : (K, N), covariance : (K, N, N) float64
        Within a regime; covariances positive definite.
    today : (K,) float64
        Probability of each regime in the last month of history.
    """

    asset_ids: tuple[str, ...]
    transition: FloatArray
    mean: FloatArray
    covariance: FloatArray
    today: FloatArray

    def __post_init__(self) -> None:
        for field in ("transition", "mean", "covariance", "today"):
            object.__setattr__(self, field, frozen(np.asarray(getattr(self, field), dtype=np.float64)))
        N, K = len(self.asset_ids), self.transition.shape[0]
        shapes = {"transition": (K, K), "mean": (K, N), "covariance": (K, N, N), "today": (K,)}
        problems = [
            f"regimes: {name} has shape {getattr(self, name).shape}, {shape} is needed for {K} regimes and {N} "
            "assets."
            for name, shape in shapes.items()
            if getattr(self, name).shape != shape
        ]
        if problems:
            raise DataError(problems)
        for name in ("transition", "today"):
            p = np.atleast_2d(getattr(self, name))
            if not ((p >= 0.0).all() and np.allclose(p.sum(axis=1), 1.0, atol=1e-9)):
                problems.append(f"regimes: {name} must hold probabilities that add up to 1 by row.")
        for k in range(K):
            try:
                np.linalg.cholesky(self.covariance[k])
            except np.linalg.LinAlgError:
                problems.append(f"regimes: covariance of regime {k + 1} is not positive definite.")
        if problems:
            raise DataError(problems)
        stationary(self.transition)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Regimes) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def digest(self) -> str:
        """SHA-256 of every entry."""
        arrays = (self.transition, self.mean, self.covariance, self.today)
        return hashlib.sha256(
            repr(self.asset_ids).encode() + b"".join(a.tobytes() for a in arrays)
        ).hexdigest()

    @property
    def stationary(self) -> FloatArray:
        """Return the long-run probabilities (K,)."""
        return stationary(self.transition)


@dataclass(frozen=True, slots=True)
class RegimeSwitching(Model):
    """Monthly log growth is normal within a hidden regime, and the regime follows a Markov chain.

    Means, covariances and spells are fitted to the assets' history, then moved and scaled so that over the chain's
    long-run law the expected growth and the covariance of a month are those of the assumptions. What is left is
    the shape: losses that cluster, correlations that rise in them, skewness and fat tails over a year.

    Use it where turbulence comes in spells of months. Do not use it on a history with one great change, or of
    less than ten years: regimes that were seen once cannot be told from luck.

    Attributes
    ----------
    assumptions : Assumptions
    regimes : Regimes
        Of the same assets, in any order.
    start : {"stationary", "today"}
        Whether the first month comes from the long-run law, or follows history's last month.
    parameter_uncertainty : bool
        Draw each path's mean vector once, as `LognormalModel` does.
    covariance_uncertainty : bool
        Draw each path's covariance once, see `mixture.law_of`.

    References
    ----------
    Ang, Bekaert (2002), "International asset allocation with regime shifts", Review of Financial Studies 15.
    """

    assumptions: Assumptions
    regimes: Regimes
    start: Start = "stationary"
    parameter_uncertainty: bool = True
    covariance_uncertainty: bool = True

    def __post_init__(self) -> None:
        if self.start not in ("stationary", "today"):
            raise ValueError(f"start is {self.start!r}; allowed are 'stationary' and 'today'.")
        if set(self.regimes.asset_ids) != set(self.assumptions.asset_ids):
            raise DataError(
                f"regimes: they are of {list(self.regimes.asset_ids)}, the assumptions of "
                f"{list(self.assumptions.asset_ids)}; fit them to the same assets."
            )

    @classmethod
    def fit(
        cls, market: Market, assumptions: Assumptions, *, states: int = 2, start: Start = "stationary"
    ) -> RegimeSwitching:
        """Return the model with `states` regimes, 2 or 3, fitted to the months that the assets share."""
        if states not in (2, 3):
            raise ValueError(f"states is {states}; allowed are 2 and 3.")
        return cls(assumptions, fit_regimes(market, assumptions, states), start)

    @property
    def name(self) -> str:
        """Return the short name for the record."""
        doubt = doubts(means=self.parameter_uncertainty, covariance=self.covariance_uncertainty)
        return f"{self.regimes.today.size} regimes from {self.start}{doubt}"

    @property
    def asset_ids(self) -> tuple[str, ...]:
        """Columns of the assets."""
        return self.assumptions.asset_ids

    @property
    def index_ids(self) -> tuple[str, ...]:
        """Columns of the indices."""
        return self.assumptions.index_ids

    def law(self) -> Law:
        """Return the law of a month as the kernels take it."""
        return law_of(
            self.assumptions,
            standard(self.regimes, self.start),
            doubt=self.parameter_uncertainty,
            covariance_doubt=self.covariance_uncertainty,
        )

    def draw(self, request: Draw) -> tuple[FloatArray, FloatArray]:
        """Return paths as `simulate` describes them."""
        return draw_law(self.law(), len(self.asset_ids), request)


@functools.lru_cache(maxsize=16)
def fit_regimes(market: Market, assumptions: Assumptions, states: int) -> Regimes:
    """Return the regimes of the assets of `assumptions` in `market`, calmest first, see `markov.fit_chain`."""
    _, logs = asset_history(market, assumptions, f"a model of {states} regimes", MIN_MONTHS)
    chain = fit_chain(logs, states, market.name)
    ids = tuple(assumptions.asset_ids[j] for j in canonical(assumptions.asset_ids))
    return Regimes(
        asset_ids=ids,
        transition=chain.transition,
        mean=chain.mean,
        covariance=chain.covariance,
        today=chain.today,
    )


@functools.lru_cache(maxsize=16)
def standard(regimes: Regimes, start: Start) -> Mixture:
    """Return the regimes whitened: long-run mean zero and covariance the identity, in canonical order."""
    from ._kernels import cholesky
    from ._mixture_kernels import whitened

    order = canonical(regimes.asset_ids)
    p = regimes.stationary
    mean = regimes.mean[:, order] - p @ regimes.mean[:, order]
    inside = regimes.covariance[:, order][:, :, order]
    total = np.ascontiguousarray(np.tensordot(p, inside, axes=1) + (mean.T * p) @ mean)
    N, K = order.size, p.size
    identity, factor, out = np.zeros((N, N)), np.zeros((K, N, N)), np.zeros((K, N, N))
    whitened(total, np.eye(N), identity)
    for k in range(K):
        cholesky(np.ascontiguousarray(inside[k]), factor[k])
        whitened(total, factor[k], out[k])
    return Mixture(
        mean=frozen(mean @ identity.T),
        factor=frozen(out),
        start=regimes.today @ regimes.transition if start == "today" else p,
        stationary=p,
        transition=regimes.transition,
        table=np.empty(0),
    )
