"""Menus as the policy sees them: for each portfolio the law of one step's log return."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .stencils import Stencils, empirical_stencils, normal_stencils

FloatArray = NDArray[np.float64]
Moments = tuple[FloatArray, FloatArray]  # means and standard deviations, each (K,), of one step's log return


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
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

    def log_moments(self, step_years: float) -> Moments:
        """Mean and standard deviation, each (K,), of one step's log return."""
        mean = (self.drift - 0.5 * self.volatility**2) * step_years
        return mean, self.volatility * np.sqrt(step_years)

    @property
    def sorted_law(self) -> tuple[FloatArray, FloatArray]:
        """Scenario returns and their probabilities: none, the law is normal."""
        return np.zeros((self.size, 0)), np.zeros((self.size, 1))

    def stencils(self, step_years: float, spacing: float) -> Stencils:
        """Lattice weights for one step of `step_years` on a lattice of `spacing`."""
        mean, sd = self.log_moments(step_years)
        return normal_stencils(mean / spacing, sd / spacing)

    def passing(self, step_years: float, at: FloatArray) -> tuple[FloatArray, FloatArray]:
        """``P(R >= at)`` and ``E max(R - at, 0)`` of the log return R, for `at` (K, L)."""
        from scipy.special import ndtr

        mean, sd = self.log_moments(step_years)
        width = np.where(sd > 0.0, sd, 1e-13)[:, None]
        tie = np.where(sd > 0.0, 0.0, 1e-12)[:, None]  # riskless: a step, its tie counted as reached
        z = (mean[:, None] + tie - at) / width
        chance = np.asarray(ndtr(z))
        return chance, width * (np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi) + z * chance)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EmpiricalMenu:
    """Portfolios given by equally likely (or weighted) log returns of one step, such as simulated ones.

    Parameters
    ----------
    log_returns
        (K, S) log gross return of each portfolio in each scenario, for one step.
    probabilities
        (S,) scenario probabilities; equal by default.

    Attributes
    ----------
    sorted_law
        (K, S) log returns, ascending, and (K, S + 1) probability of a smaller one.

    """

    log_returns: FloatArray
    probabilities: FloatArray | None = None
    moments: Moments = field(init=False, repr=False)
    sorted_law: tuple[FloatArray, FloatArray] = field(init=False, repr=False)

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
        mean = returns @ p
        sd = np.sqrt(((returns - mean[:, None]) ** 2) @ p)
        certain = np.ptp(returns, axis=1) == 0.0
        order = np.argsort(returns, axis=1, kind="stable")
        law = (
            np.take_along_axis(returns, order, axis=1),
            np.pad(np.cumsum(p[order], axis=1), ((0, 0), (1, 0))),
        )
        for array in (returns, p, *law):
            array.flags.writeable = False
        object.__setattr__(self, "log_returns", returns)
        object.__setattr__(self, "probabilities", p)
        object.__setattr__(
            self, "moments", (np.where(certain, returns[:, 0], mean), np.where(certain, 0.0, sd))
        )
        object.__setattr__(self, "sorted_law", law)

    @property
    def size(self) -> int:
        """Number of portfolios K."""
        return len(self.log_returns)

    @property
    def _weights(self) -> FloatArray:
        assert self.probabilities is not None
        return self.probabilities

    def log_moments(self, step_years: float) -> Moments:  # noqa: ARG002 - one law a step
        """Mean and standard deviation, each (K,), of one step's log return."""
        return self.moments

    def stencils(self, step_years: float, spacing: float) -> Stencils:  # noqa: ARG002 - one law a step
        """Lattice weights: each scenario spreads over six nodes by interpolation."""
        return empirical_stencils(self.log_returns / spacing, self._weights)

    def passing(self, step_years: float, at: FloatArray) -> tuple[FloatArray, FloatArray]:  # noqa: ARG002
        """``P(R >= at)`` and ``E max(R - at, 0)`` of the log return R, for `at` (K, L)."""
        chance, excess = np.empty_like(at), np.empty_like(at)
        for k, (row, cumulative) in enumerate(zip(*self.sorted_law, strict=True)):
            mass = np.diff(cumulative)
            first = np.concatenate([[0.0], np.cumsum(mass * row)])
            below = np.searchsorted(row, at[k] - 1e-12)
            chance[k] = 1.0 - cumulative[below]
            excess[k] = first[-1] - first[below] - at[k] * chance[k]
        return chance, excess


Menu = LognormalMenu | EmpiricalMenu
