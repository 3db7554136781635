"""Menus as the policy sees them: for each portfolio the law of one step's log return, as a lattice stencil.

A stencil gives, for a lattice of spacing ``h``, weights ``w_d`` with ``E[V(x + R)] = sum_d w_d V(x + d h)``.
Two rules are used. Where the standard deviation ``s`` is at least ``0.9 h`` the trapezoid rule on the density
(its aliasing error is ``exp(-2 pi^2 (s/h)^2)``, below 1e-6); narrower laws integrate the four-point cubic
interpolant of V, which is exact for cubics and needs no width at all.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_TRAPEZOID_WIDTH = 0.9
_TAIL = 5.5
_HERMITE_NODES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Stencils:
    """Lattice weights of every portfolio for one step.

    ``weights[k, l]`` belongs to the offset ``first[k] + l`` for ``l < count[k]``; the rest is zero.
    """

    first: NDArray[np.int64]
    count: NDArray[np.int64]
    weights: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class LognormalMenu:
    """Portfolios with lognormal returns: gross return ``exp((mu - sigma^2 / 2) h + sigma sqrt(h) Z)``.

    Parameters
    ----------
    drift
        (K,) mu, continuously compounded arithmetic drift per year.
    volatility
        (K,) sigma per year, not negative; 0 is a riskless asset.

    """

    drift: FloatArray
    volatility: FloatArray

    def __post_init__(self) -> None:
        drift = np.array(self.drift, dtype=np.float64)
        volatility = np.array(self.volatility, dtype=np.float64)
        if drift.ndim != 1 or drift.size == 0 or drift.shape != volatility.shape:
            raise ValueError(
                f"menu: drift has shape {drift.shape} and volatility {volatility.shape}; "
                "give two vectors of the same length, one entry a portfolio"
            )
        if not np.all(np.isfinite(drift)) or not np.all(np.isfinite(volatility)) or np.any(volatility < 0):
            raise ValueError("menu: drift must be finite and volatility finite and not negative")
        drift.flags.writeable = volatility.flags.writeable = False
        object.__setattr__(self, "drift", drift)
        object.__setattr__(self, "volatility", volatility)

    @property
    def size(self) -> int:
        """Number of portfolios K."""
        return len(self.drift)

    def log_moments(self, step_years: float) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation, each (K,), of one step's log return."""
        mean = (self.drift - 0.5 * self.volatility**2) * step_years
        return mean, self.volatility * np.sqrt(step_years)

    def stencils(self, step_years: float, spacing: float) -> Stencils:
        """Lattice weights for one step of `step_years` on a lattice of `spacing`."""
        mean, sd = self.log_moments(step_years)
        rows = [_normal_stencil(a / spacing, s / spacing) for a, s in zip(mean, sd, strict=True)]
        return _pack(rows)

    def tail(self, step_years: float, at: FloatArray) -> FloatArray:
        """Probability that the log return over one step is at least `at` (..., K, L), for each portfolio."""
        from scipy.special import ndtr

        mean, sd = self.log_moments(step_years)
        width = np.where(sd > 0.0, sd, 1e-13)[:, None]
        tie = np.where(sd > 0.0, 0.0, 1e-12)[:, None]  # riskless: a step, its tie counted as reached
        return np.asarray(ndtr((mean[:, None] + tie - at) / width))


@dataclass(frozen=True, slots=True, kw_only=True)
class EmpiricalMenu:
    """Portfolios given by equally likely (or weighted) log returns of one step, such as simulated ones.

    Parameters
    ----------
    log_returns
        (K, S) log gross return of each portfolio in each scenario, for one step.
    probabilities
        (S,) scenario probabilities; equal by default.

    """

    log_returns: FloatArray
    probabilities: FloatArray | None = None

    def __post_init__(self) -> None:
        returns = np.array(self.log_returns, dtype=np.float64)
        if returns.ndim != 2 or returns.size == 0 or not np.all(np.isfinite(returns)):
            raise ValueError(
                f"menu: log_returns has shape {returns.shape}; give finite numbers (portfolio, scenario)"
            )
        if self.probabilities is None:
            p = np.full(returns.shape[1], 1.0 / returns.shape[1])
        else:
            p = np.array(self.probabilities, dtype=np.float64)
        if p.shape != returns.shape[1:] or np.any(p < 0) or abs(p.sum() - 1.0) > 1e-9:
            raise ValueError("menu: probabilities must be one per scenario, not negative, and sum to 1")
        returns.flags.writeable = p.flags.writeable = False
        object.__setattr__(self, "log_returns", returns)
        object.__setattr__(self, "probabilities", p)

    @property
    def size(self) -> int:
        """Number of portfolios K."""
        return len(self.log_returns)

    @property
    def _weights(self) -> FloatArray:
        assert self.probabilities is not None
        return self.probabilities

    def log_moments(self, step_years: float) -> tuple[FloatArray, FloatArray]:  # noqa: ARG002 - one law a step
        """Mean and standard deviation, each (K,), of one step's log return."""
        mean = self.log_returns @ self._weights
        variance = ((self.log_returns - mean[:, None]) ** 2) @ self._weights
        return mean, np.sqrt(variance)

    def stencils(self, step_years: float, spacing: float) -> Stencils:  # noqa: ARG002 - one law a step
        """Lattice weights: each scenario spreads over four nodes by cubic interpolation."""
        return _pack([_cardinal_stencil(row / spacing, self._weights) for row in self.log_returns])

    def tail(self, step_years: float, at: FloatArray) -> FloatArray:  # noqa: ARG002 - one law a step
        """Probability that the log return is at least `at` (..., K, L), for each portfolio."""
        out = np.empty_like(at)
        for k, row in enumerate(self.log_returns):
            order = np.argsort(row)
            below = np.concatenate([[0.0], np.cumsum(self._weights[order])])
            out[..., k, :] = 1.0 - below[np.searchsorted(row[order], at[..., k, :] - 1e-12)]
        return out


Menu = LognormalMenu | EmpiricalMenu


def _normal_stencil(mean: float, sd: float) -> tuple[int, FloatArray]:
    """First offset and weights of a normal law given in lattice steps."""
    if sd >= _TRAPEZOID_WIDTH:
        first, last = int(np.floor(mean - _TAIL * sd)), int(np.ceil(mean + _TAIL * sd))
        weights = np.exp(-0.5 * ((np.arange(first, last + 1) - mean) / sd) ** 2)
        return first, weights / weights.sum()
    if sd == 0.0:
        return _cardinal_stencil(np.array([mean]), np.ones(1))
    nodes, weights = _hermite()
    return _cardinal_stencil(mean + sd * nodes, weights)


@cache
def _hermite() -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(_HERMITE_NODES)
    return nodes, weights / weights.sum()


def _cardinal_stencil(points: FloatArray, weights: FloatArray) -> tuple[int, FloatArray]:
    """First offset and weights of the expected cubic Lagrange interpolant at `points` (in lattice steps)."""
    base = np.floor(points).astype(np.int64)
    u = points - base
    taps = np.stack(
        [
            -u * (u - 1.0) * (u - 2.0) / 6.0,
            (u + 1.0) * (u - 1.0) * (u - 2.0) / 2.0,
            -(u + 1.0) * u * (u - 2.0) / 2.0,
            (u + 1.0) * u * (u - 1.0) / 6.0,
        ]
    )
    first = int(base.min()) - 1
    out = np.zeros(int(base.max()) + 3 - first)
    for shift, tap in zip((-1, 0, 1, 2), taps, strict=True):
        np.add.at(out, base + shift - first, weights * tap)
    keep = np.flatnonzero(np.abs(out) > 1e-16)
    return first + int(keep[0]), out[keep[0] : keep[-1] + 1]


def _pack(rows: list[tuple[int, FloatArray]]) -> Stencils:
    count = np.array([len(w) for _, w in rows], dtype=np.int64)
    weights = np.zeros((len(rows), int(count.max())))
    for k, (_, w) in enumerate(rows):
        weights[k, : len(w)] = w
    return Stencils(first=np.array([f for f, _ in rows], dtype=np.int64), count=count, weights=weights)
