"""Capital-market assumptions: what each asset and index is expected to do, and why."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np

from ._table import FloatArray, frozen
from .errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assumptions:
    """Expected returns, volatilities and correlations; equal and hashed by `digest`, arrays read-only.

    Attributes
    ----------
    name : str
    asset_ids : tuple of str
        N assets.
    mean : (N,) float64
        Expected arithmetic return, effective a year: E[growth over a year] - 1.
    volatility : (N,) float64
        Standard deviation of yearly log growth.
    index_ids : tuple of str
        J indices.
    index_mean, index_volatility : (J,) float64
        The same for the indices; the volatility is that of changes over a whole year.
    correlation : (N+J, N+J) float64
        Of log growth, assets first; positive definite.
    cash : float
        Long-run cash rate, effective a year.
    years : float
        Length of the history behind the means; their standard error is volatility / sqrt(years).
    max_weight : (N,) float64
        Largest weight of each asset that the means are meant for; 1 for no bound.
    source, rationale : str
    as_of : datetime.date
    digest : str
        SHA-256 of every other entry.
    """

    name: str
    asset_ids: tuple[str, ...]
    mean: FloatArray
    volatility: FloatArray
    index_ids: tuple[str, ...]
    index_mean: FloatArray
    index_volatility: FloatArray
    correlation: FloatArray
    cash: float
    years: float
    max_weight: FloatArray
    source: str
    as_of: datetime.date
    rationale: str
    digest: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256()
        for each in (each for each in fields(self) if each.init):
            value = getattr(self, each.name)
            if isinstance(value, np.ndarray):
                value = frozen(np.asarray(value, dtype=np.float64))
                object.__setattr__(self, each.name, value)
            content = value.tobytes().hex() if isinstance(value, np.ndarray) else repr(value)
            digest.update(f"{each.name}={content};".encode())
        object.__setattr__(self, "digest", digest.hexdigest())
        problems = self._wrong_shapes() or self._wrong_values()
        if problems:
            raise DataError([f"assumptions {self.name!r}: {problem}" for problem in problems])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Assumptions) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def geometric(self) -> FloatArray:
        """Return the expected geometric returns (N,): (1 + mean) exp(-volatility^2/2) - 1."""
        return frozen((1.0 + self.mean) * np.exp(-0.5 * self.volatility**2) - 1.0)

    def monthly_log_moments(self) -> tuple[FloatArray, FloatArray]:
        """Return mean (N+J,) and covariance (N+J, N+J) of monthly log growth, assets first.

        m = log(1 + mean)/12 - volatility^2/24 and cov = correlation x volatilities / 12, so that
        E[monthly growth]^12 = 1 + mean.
        """
        volatility = np.append(self.volatility, self.index_volatility)
        m = np.log1p(np.append(self.mean, self.index_mean)) / 12.0 - volatility**2 / 24.0
        return frozen(m), frozen(self.correlation * np.outer(volatility, volatility) / 12.0)

    def select(self, asset_ids: Sequence[str], index_ids: Sequence[str] | None = None) -> Assumptions:
        """Return the assumptions of the named assets and indices (all indices by default), in that order."""
        wanted = self.index_ids if index_ids is None else tuple(index_ids)
        unknown = [i for i in asset_ids if i not in self.asset_ids] + [
            i for i in wanted if i not in self.index_ids
        ]
        if unknown:
            raise DataError(
                f"assumptions {self.name!r}: nothing is assumed about {unknown}; known are "
                f"{list(self.asset_ids)} and the indices {list(self.index_ids)}."
            )
        a = np.array([self.asset_ids.index(i) for i in asset_ids], dtype=np.intp)
        j = np.array([self.index_ids.index(i) for i in wanted], dtype=np.intp)
        both = np.append(a, j + len(self.asset_ids))
        return replace(
            self,
            asset_ids=tuple(asset_ids),
            mean=self.mean[a],
            volatility=self.volatility[a],
            max_weight=self.max_weight[a],
            index_ids=wanted,
            index_mean=self.index_mean[j],
            index_volatility=self.index_volatility[j],
            correlation=self.correlation[np.ix_(both, both)],
        )

    def to_toml(self) -> str:
        """Return the TOML text of these assumptions; `load_assumptions` reads it back to the last digit."""
        from ._assumptions_text import text

        return text({each.name: getattr(self, each.name) for each in fields(self) if each.init})

    def _wrong_shapes(self) -> list[str]:
        N, J = len(self.asset_ids), len(self.index_ids)
        shapes = {"mean": (N,), "volatility": (N,), "max_weight": (N,), "index_mean": (J,),
                  "index_volatility": (J,), "correlation": (N + J, N + J)}  # fmt: skip
        problems = [
            f"{name} has shape {getattr(self, name).shape}, {shape} is needed for {N} assets and {J} indices."
            for name, shape in shapes.items()
            if getattr(self, name).shape != shape
        ]
        ids = self.asset_ids + self.index_ids
        if not self.asset_ids or len(set(ids)) < len(ids):
            problems.append(f"the ids {list(ids)} must be unique, with at least one asset.")
        return problems

    def _wrong_values(self) -> list[str]:
        problems = []
        limits = {"mean": (-0.5, 1.0), "volatility": (0.0, 2.0), "index_mean": (-0.5, 1.0),
                  "index_volatility": (0.0, 2.0), "max_weight": (0.0, 1.0)}  # fmt: skip
        for entry, (low, high) in limits.items():
            ids = self.index_ids if entry.startswith("index") else self.asset_ids
            for name, value in zip(ids, getattr(self, entry), strict=True):
                if not low <= value <= high:
                    problems.append(
                        f"{entry} of {name} is {value:g}; allowed are {low} to {high} (decimals)."
                    )
        if not -0.05 <= self.cash <= 0.5:
            problems.append(f"cash is {self.cash}; allowed are -0.05 to 0.5 (a decimal a year).")
        if not self.years > 0.0:
            problems.append(f"years is {self.years}; it is the length of a history, above 0.")
        C = self.correlation
        if not (np.isfinite(C).all() and np.array_equal(C, C.T) and (np.diag(C) == 1.0).all()):
            problems.append("correlation must be finite and symmetric with ones on the diagonal.")
        elif not _factorises(C):
            problems.append("correlation is not positive definite; lower the largest correlations a little.")
        return problems


def _factorises(matrix: FloatArray) -> bool:
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return True
