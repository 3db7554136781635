"""Student-t months: fat tails that strike all series at once, mean and variance kept."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from ._table import FloatArray, frozen
from .assumptions import Assumptions
from .history import asset_history
from .market import Market
from .mixture import Law, cell_probabilities, doubts, draw_law, law_of, one_state, table_probabilities
from .paths import Draw, Model

LEAST, MOST = 2.5, 100.0  # degrees of freedom
LARGEST_SCALE = 10.0  # the worst month has ten times the usual deviation
_STEPS = 200


@dataclass(frozen=True, slots=True)
class StudentT(Model):
    """Monthly log growth is independent and multivariate Student-t with the covariance of the assumptions.

    A month is m + F w z: z standard normal, w^2 = (v - 2) / chi-squared(v) one scale for all series and steps of
    the month. E w^2 = 1 keeps the variance, m keeps the expected growth of the assumptions; so against the
    lognormal model only the tails move. w is cut at 10: a Student-t of log growth has no mean otherwise.

    Use it to see what fat tails cost. Do not use it for turbulence: fat months come singly.

    Attributes
    ----------
    assumptions : Assumptions
    degrees : float
        v, 2.5 to 100.
    parameter_uncertainty : bool
        Draw each path's mean vector once, as `LognormalModel` does.
    covariance_uncertainty : bool
        Draw each path's covariance once, see `mixture.law_of`.

    References
    ----------
    Kotz, Nadarajah (2004), "Multivariate t Distributions and Their Applications", Cambridge, chapter 1.
    """

    assumptions: Assumptions
    degrees: float
    parameter_uncertainty: bool = True
    covariance_uncertainty: bool = True

    def __post_init__(self) -> None:
        if not LEAST <= self.degrees <= MOST:
            raise ValueError(f"degrees is {self.degrees}; allowed are {LEAST} to {MOST:g}.")

    @classmethod
    def fit(cls, market: Market, assumptions: Assumptions) -> StudentT:
        """Return the model with the most likely degrees of freedom of the assets' monthly log returns."""
        return cls(assumptions, _fitted_degrees(market, assumptions))

    @property
    def name(self) -> str:
        """Return the short name for the record."""
        doubt = doubts(means=self.parameter_uncertainty, covariance=self.covariance_uncertainty)
        return f"Student-t ({self.degrees:.3g} degrees of freedom){doubt}"

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
            one_state(len(self.asset_ids), scale_table(self.degrees)),
            doubt=self.parameter_uncertainty,
            covariance_doubt=self.covariance_uncertainty,
        )

    def draw(self, request: Draw) -> tuple[FloatArray, FloatArray]:
        """Return paths as `simulate` describes them."""
        return draw_law(self.law(), len(self.asset_ids), request)


@functools.lru_cache(maxsize=64)
def _fitted_degrees(market: Market, assumptions: Assumptions) -> float:
    _, logs = asset_history(market, assumptions, "the Student-t model")
    return min(max(LEAST, fit_degrees(logs)), MOST)


@functools.lru_cache(maxsize=16)
def scale_table(degrees: float) -> FloatArray:
    """Return the quantiles of w at `table_probabilities`, of the upper tail, scaled to mean square 1."""
    from scipy.special import gammaincinv

    chi2 = 2.0 * gammaincinv(0.5 * degrees, table_probabilities())
    w = np.minimum(np.sqrt((degrees - 2.0) / chi2), LARGEST_SCALE)
    w[-1] = 0.0
    square = cell_probabilities() @ (w[:-1] ** 2 + w[:-1] * w[1:] + w[1:] ** 2) / 3.0
    return frozen(w / np.sqrt(square))


def fit_degrees(returns: FloatArray) -> float:
    """Return the maximum-likelihood degrees of freedom of a multivariate t for `returns` (R, N).

    Location, scatter and degrees together, by the ECME steps of Liu and Rubin; infinity shows as 200.

    References
    ----------
    Liu, Rubin (1995), "ML estimation of the t distribution using EM and its extensions, ECM and ECME",
    Statistica Sinica 5.
    """
    from scipy.special import gammaln

    x = (returns - returns.mean(axis=0)) / returns.std(axis=0)
    R, N = x.shape
    candidates = np.geomspace(2.05, 200.0, 400)
    constants = gammaln(0.5 * (candidates + N)) - gammaln(0.5 * candidates) - 0.5 * N * np.log(candidates)
    location, scatter, degrees = np.zeros(N), np.cov(x.T, bias=True).reshape(N, N), 8.0
    for step in range(_STEPS):
        before = degrees
        off = x - location
        distance = np.sum(off * np.linalg.solve(scatter, off.T).T, axis=1)
        likelihood = R * constants - 0.5 * (candidates + N) * np.log1p(distance[:, None] / candidates).sum(
            axis=0
        )
        degrees = float(candidates[np.argmax(likelihood)])
        weight = (degrees + N) / (degrees + distance)
        location = weight @ x / weight.sum()
        off = x - location
        scatter = (off * weight[:, None]).T @ off / R
        if degrees == before and step > 20:
            break
    return degrees
