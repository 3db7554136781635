"""Block bootstrap of the monthly history: whole rows, assets and indices together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ._table import FloatArray
from .assumptions import Assumptions
from .errors import DataError
from .estimation import block_length
from .factor import padded_factor
from .market import Market
from .paths import Draw, Model, canonical

MIN_MONTHS = 60


@dataclass(frozen=True, slots=True)
class BlockBootstrap(Model):
    """Blocks of consecutive months of history, drawn with replacement, rows across all series together.

    The history is the run of months in which every asset and index of `assumptions` has a value (and, in a
    daily market, daily levels). Log growth is shifted by one constant per series so that the expected return
    is that of `assumptions`: the shape is history's, the mean is not. Within a block, and across its series,
    whatever dependence history had is kept; a block runs over the end of history to its start.

    With several steps a month, a month's daily levels are read at equal distances; a constant per step makes
    them multiply to the month's return.

    Use it to see fat tails, skewness and turbulent spells without a law. Do not use it for what history
    lacks: no drawn month is worse than the worst one.

    Attributes
    ----------
    market : Market
    assumptions : Assumptions
        Their assets and indices are the ones drawn.
    block : float
        Expected ("stationary") or fixed ("circular") block length in months, at least 1.
    kind : {"stationary", "circular"}
    parameter_uncertainty : bool
        Draw each path's mean vector once, as `LognormalModel` does.

    References
    ----------
    Politis, Romano (1994), "The stationary bootstrap", Journal of the American Statistical Association 89.
    """

    market: Market
    assumptions: Assumptions
    block: float
    kind: Literal["stationary", "circular"] = "stationary"
    parameter_uncertainty: bool = True

    def __post_init__(self) -> None:
        history = monthly_history(self.market, self.assumptions)[1].shape[0]
        if self.kind not in ("stationary", "circular"):
            raise ValueError(f"kind is {self.kind!r}; allowed are 'stationary' and 'circular'.")
        if not 1.0 <= self.block <= history or (self.kind == "circular" and self.block != int(self.block)):
            raise ValueError(f"block is {self.block} months; allowed are 1 to {history}, whole if circular.")

    @classmethod
    def fit(cls, market: Market, assumptions: Assumptions) -> BlockBootstrap:
        """Return the stationary bootstrap with a block length read from the data.

        It is the automatic length (`estimation.block_length`) of the squared returns of all assets at equal
        risk, to the nearest month: what must survive is the length of calm and turbulent spells, and the
        returns themselves are nearly uncorrelated.
        """
        _, logs = monthly_history(market, assumptions)
        assets = logs[:, : len(assumptions.asset_ids)]
        deviation = assets.std(axis=0)
        risk = ((assets - assets.mean(axis=0)) / np.where(deviation > 0.0, deviation, np.inf)).mean(axis=1)
        return cls(market, assumptions, float(max(1, round(block_length(risk**2)))))

    @property
    def name(self) -> str:
        """Return the short name for the record."""
        doubt = " with uncertain means" if self.parameter_uncertainty else ""
        return f"{self.kind} bootstrap, blocks of {self.block:g} months{doubt}"

    @property
    def asset_ids(self) -> tuple[str, ...]:
        """Columns of the assets."""
        return self.assumptions.asset_ids

    @property
    def index_ids(self) -> tuple[str, ...]:
        """Columns of the indices."""
        return self.assumptions.index_ids

    def draw(self, request: Draw) -> tuple[FloatArray, FloatArray]:
        """Return paths as `simulate` describes them."""
        from ._kernels import block_rows, gather

        N, steps = len(self.asset_ids), request.steps_per_month
        months, logs = monthly_history(self.market, self.assumptions)
        logs = logs + _recentring(logs, self.assumptions)
        rows = np.empty((request.paths, request.months), dtype=np.int64)
        (use,) = request.uses("block")
        block_rows(*request.key, use, request.first, self.block, self.kind == "circular", logs.shape[0], rows)
        shift = self.shifts(request)
        table = _step_logs(self.market, self.asset_ids, months, logs[:, :N], steps)
        assets = np.empty((request.paths, request.months * steps, N))
        gather(rows, np.exp(table), np.exp(shift[:, :N] / steps), assets)
        indices = np.empty((request.paths, request.months, len(self.index_ids)))
        gather(rows, np.exp(logs[:, None, N:]), np.exp(shift[:, N:]), indices)
        return assets, indices

    def month_table(self) -> FloatArray:
        """Return gross growth (R, N) of the assets in the months that are drawn, recentred on the assumptions."""
        _, logs = monthly_history(self.market, self.assumptions)
        return np.asarray(np.exp(logs + _recentring(logs, self.assumptions))[:, : len(self.asset_ids)])

    def shifts(self, request: Draw) -> FloatArray:
        """Return shifts of the monthly log mean (P, N+J), zero without parameter uncertainty."""
        from ._kernels import mean_shifts

        N, J = len(self.asset_ids), len(self.index_ids)
        shift = np.zeros((request.paths, N + J))
        if self.parameter_uncertainty:
            place = np.concatenate([canonical(self.asset_ids), N + canonical(self.index_ids)])
            (use,) = request.uses("mean")
            doubt = 1.0 / np.sqrt(12.0 * self.assumptions.years)
            _, factor = padded_factor(self.assumptions, place)
            mean_shifts(*request.key, use, request.first, factor, doubt, place, shift)
        return shift


def monthly_history(market: Market, assumptions: Assumptions) -> tuple[NDArray[np.datetime64], FloatArray]:
    """Return months (R,) and log growth (R, N+J) of the months that all series of `assumptions` share.

    Raises DataError if there are fewer than 60 of them, or if the market is annual or lacks a series.
    """
    unknown = [i for i in assumptions.index_ids if i not in market.index_ids]
    if unknown:
        raise DataError(f"{market.name}: the bootstrap needs a history of {unknown}; the market has none.")
    columns = [market.index_ids.index(i) for i in assumptions.index_ids]
    chosen = market if market.asset_ids == assumptions.asset_ids else market.select(assumptions.asset_ids)
    months, assets = chosen.months[1:], np.log1p(chosen.monthly_returns())
    if chosen.days.size:
        # Daily levels must reach back to the end of the month before.
        first_day = chosen.days[np.argmax(~np.isnan(chosen.daily).any(axis=1))]
        assets = np.where((months > first_day.astype("datetime64[M]"))[:, None], assets, np.nan)
    indices = np.full((months.size, len(columns)), np.nan)
    growth = np.diff(np.log(market.index_levels[:, columns]), axis=0)
    _, here, there = np.intersect1d(months, market.index_months[1:], return_indices=True)
    indices[here] = growth[there]
    logs = np.hstack([assets, indices])
    complete = ~np.isnan(logs).any(axis=1)
    if np.count_nonzero(complete) < MIN_MONTHS:
        raise DataError(
            f"{market.name}: {np.count_nonzero(complete)} months in which all of "
            f"{list(assumptions.asset_ids + assumptions.index_ids)} have a value; the bootstrap needs "
            f"{MIN_MONTHS}. Drop the shortest series or use the lognormal model."
        )
    return months[complete], logs[complete]


def _recentring(logs: FloatArray, assumptions: Assumptions) -> FloatArray:
    """Return the constants (N+J,) that bring the mean gross growth of `logs` to (1 + mean)^(1/12)."""
    mean = np.append(assumptions.mean, assumptions.index_mean)
    constants: FloatArray = np.log1p(mean) / 12.0 - np.log(np.exp(logs).mean(axis=0))
    return constants


def _step_logs(
    market: Market, asset_ids: tuple[str, ...], months: NDArray[np.datetime64], logs: FloatArray, steps: int
) -> FloatArray:
    """Return log growth per step (R, steps, N) that adds up to the monthly `logs` (R, N)."""
    if steps == 1:
        return logs[:, None, :]
    if market.days.size == 0:
        raise DataError(f"{market.name}: it has no daily levels; draw with steps_per_month=1.")
    levels = np.log(market.daily[:, [market.asset_ids.index(i) for i in asset_ids]])
    month_of_day = market.days.astype("datetime64[M]")
    last = np.searchsorted(month_of_day, months) - 1  # last day of the month before
    count = np.searchsorted(month_of_day, months, side="right") - 1 - last
    ends = -(-np.arange(1, steps + 1) * count[:, None] // steps)  # day within the month, rounded up
    at = np.concatenate([np.zeros((months.size, 1), dtype=np.intp), ends], axis=1) + last[:, None]
    moves: FloatArray = np.diff(levels[at], axis=1)
    moves += ((logs - moves.sum(axis=1)) / steps)[:, None, :]
    return moves
