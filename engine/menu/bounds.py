"""The bounds that every portfolio of a menu obeys, as arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...scenarios.market import Asset
from ..request import Limits
from .attempts import Attempt

FloatArray = NDArray[np.float64]

CASH = "cash"  # the asset class that no cap on a single asset touches


class InfeasibleBounds(ValueError):  # noqa: N818 - an answer rather than a fault
    """No portfolio meets all bounds. Nothing is wrong with the data: loosen what the sentence names.

    `attempts` are the solvers that were tried; none where sums of bounds decide it.
    """

    def __init__(self, text: str, attempts: tuple[Attempt, ...] = ()) -> None:
        super().__init__(text)
        self.attempts = attempts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MenuBounds:
    """Bounds of long-only, fully invested weights; equal and hashed by content, arrays read-only.

    Weights w (N,) obey ``lower <= w <= upper``, ``rows w <= row_limits`` and ``stress w <= stress_limits``.

    Attributes
    ----------
    lower, upper : (N,)
    rows, row_limits : (R, N), (R,)
    stress, stress_limits : (E, N), (E,)
        Loss of each asset in each episode, positive fractions, and the largest loss allowed. Held to with a
        margin of 1e-9, so that no rounding breaks them.
    """

    lower: FloatArray
    upper: FloatArray
    rows: FloatArray
    row_limits: FloatArray
    stress: FloatArray
    stress_limits: FloatArray

    def __post_init__(self) -> None:
        count = len(self.lower)
        for field in fields(self):
            array = np.array(getattr(self, field.name), dtype=np.float64)
            if not np.isfinite(array).all():
                raise ValueError(f"{field.name}: it holds a value that is not finite; give numbers only.")
            array.flags.writeable = False
            object.__setattr__(self, field.name, array)
        for matrix, limits in ((self.rows, self.row_limits), (self.stress, self.stress_limits)):
            if matrix.shape != (len(limits), count):
                raise ValueError(
                    f"rows of shape {matrix.shape} with {len(limits)} limits; give one limit a row and one "
                    f"column for each of {count} assets."
                )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MenuBounds) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def digest(self) -> str:
        """SHA-256 of every array."""
        digest = hashlib.sha256()
        for field in fields(self):
            array = getattr(self, field.name)
            digest.update(f"{field.name}{array.shape}".encode() + array.tobytes())
        return digest.hexdigest()

    def linear(self) -> tuple[FloatArray, FloatArray]:
        """Rows and stress rows together, (R+E, N) and (R+E,), stress limits with their margin."""
        return (
            np.vstack([self.rows, self.stress]),
            np.concatenate([self.row_limits, self.stress_limits - 1e-9]),
        )

    def violation(self, weights: FloatArray) -> float:
        """Largest violation of any bound, of the budget or of a limit by the weights (..., N)."""
        worst = [
            np.abs(weights.sum(axis=-1) - 1.0).max(),
            (self.lower - weights).max(),
            (weights - self.upper).max(),
            (weights @ self.rows.T - self.row_limits).max(initial=-np.inf),
            (weights @ self.stress.T - self.stress_limits).max(initial=-np.inf),
        ]
        return float(max(worst))


def menu_bounds(
    assets: Sequence[Asset],
    limits: Limits,
    max_weight: FloatArray,
    *,
    rows: ArrayLike = (),
    row_limits: ArrayLike = (),
    stress: ArrayLike = (),
    stress_limits: ArrayLike = (),
) -> MenuBounds:
    """Bounds of `assets` under `limits`.

    An asset's own entry in ``limits.bounds`` counts alone. Every other asset except cash is capped at
    ``limits.max_weight`` and at its `max_weight` (N,), which comes with the assumptions. Excluded assets
    are shut; with a minimum ESG score so are assets without a score.

    Raises
    ------
    InfeasibleBounds
        The highest weights sum to less than 1, the lowest to more, or an asset that is not among `assets` is
        asked for.
    """
    N = len(assets)
    ids = [asset.id for asset in assets]
    cash = np.array([asset.asset_class == CASH for asset in assets])
    lower = np.zeros(N)
    upper = np.where(cash, 1.0, np.minimum(limits.max_weight, max_weight))
    for name, (low, high) in limits.bounds.items():
        if name in ids:
            lower[ids.index(name)], upper[ids.index(name)] = low, high
        elif low > 0.0:
            raise InfeasibleBounds(
                f"limits.bounds: at least {low:g} of {name!r} is asked for, which this client may not hold; "
                "lower it to 0 or allow the asset."
            )
    shut = np.array([asset.id in limits.exclude for asset in assets])
    extra, ends = _group_rows(assets, limits)
    if limits.min_esg is not None:
        shut |= np.array([asset.esg is None for asset in assets])
        extra.append(np.array([-(asset.esg or 0.0) for asset in assets]))
        ends.append(-limits.min_esg)
    lower, upper = np.where(shut, 0.0, lower), np.where(shut, 0.0, upper)
    if upper.sum() < 1.0 - 1e-12 or lower.sum() > 1.0 + 1e-12:
        raise InfeasibleBounds(
            f"limits: the highest weights of {', '.join(ids)} sum to {upper.sum():.4g} and the lowest to "
            f"{lower.sum():.4g}, so no portfolio sums to 1; raise max_weight or bounds, or allow more assets."
        )
    return MenuBounds(
        lower=lower,
        upper=upper,
        rows=np.vstack([np.reshape(rows, (-1, N)), *extra]),
        row_limits=np.concatenate([np.ravel(row_limits), ends]),
        stress=np.reshape(stress, (-1, N)),
        stress_limits=np.ravel(stress_limits),
    )


def _group_rows(assets: Sequence[Asset], limits: Limits) -> tuple[list[FloatArray], list[float]]:
    """Rows ``sum <= highest`` and ``-sum <= -lowest`` of each asset class whose bound can bind."""
    rows: list[FloatArray] = []
    ends: list[float] = []
    for name, (low, high) in limits.groups.items():
        inside = np.array([float(asset.asset_class == name) for asset in assets])
        if high < 1.0:
            rows.append(inside)
            ends.append(high)
        if low > 0.0:
            rows.append(-inside)
            ends.append(-low)
    return rows, ends
