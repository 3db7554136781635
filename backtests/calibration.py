"""How well models forecast a market's own past: rolling origins, each seeing only what was known then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np

from ..scenarios.assumptions import Assumptions
from ..scenarios.errors import DataError
from ..scenarios.lognormal import LognormalModel
from ..scenarios.market import Market
from ..scenarios.model_names import MODEL_NAMES
from ..scenarios.models import fit_model
from ..scenarios.paths import Model, simulate
from ..scenarios.reference import CASH, reference_assumptions
from ._types import FloatArray
from .scores import block_error, crps, log_score, pit

Kind = Literal["growth", "drawdown"]
KINDS: tuple[Kind, ...] = ("growth", "drawdown")
Fit = Callable[[Market, Assumptions], Model]
PLUG_IN = "lognormal plug-in"
SHARES = (0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0)  # of the riskier half of the assets, in the four mixes
LEVELS = (0.8, 0.9)
_REJECT = 2.0  # standard errors
_LEAST_WINDOWS = 5.0  # for a verdict


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """Scores of models at origins; arrays (models, kinds, horizons, mixes, origins), NaN where there is none.

    Attributes
    ----------
    market, models : str, tuple of str
    horizons : tuple of int
        In years.
    origins : (O,) datetime64[M]
        Months after which a forecast begins.
    step : int
        Months between origins.
    pit, crps, log_score : float64
    refused : dict of str to str
        For each model that could not be fitted at some origin, the last reason.
    """

    market: str
    models: tuple[str, ...]
    horizons: tuple[int, ...]
    origins: np.ndarray
    step: int
    pit: FloatArray
    crps: FloatArray
    log_score: FloatArray
    refused: dict[str, str]

    def rows(self, since: str | None = None, before: str | None = None) -> tuple[Row, ...]:
        """Return the table, over origins from month `since` on and before month `before`."""
        kept = np.ones(self.origins.size, dtype=bool)
        if since is not None:
            kept &= self.origins >= np.datetime64(since, "M")
        if before is not None:
            kept &= self.origins < np.datetime64(before, "M")
        return tuple(
            row
            for k in range(len(KINDS))
            for h in range(len(self.horizons))
            for m in range(len(self.models))
            if (row := self._row(m, k, h, kept)) is not None
        )

    def _row(self, m: int, k: int, h: int, kept: np.ndarray) -> Row | None:
        u = self.pit[m, k, h]
        there = kept & ~np.isnan(u).any(axis=0)
        n = int(np.count_nonzero(there))
        if n == 0:
            return None
        u = u[:, there]
        years = self.horizons[h]
        at = self.origins[there].astype(np.int64)
        windows = float((at[-1] - at[0]) / (12.0 * years)) + 1.0
        block = -(-12 * years // self.step)
        inside = [(np.abs(u - 0.5) <= 0.5 * level).mean(axis=0) for level in LEVELS]
        base = self.crps[0, k, h][:, there].mean(axis=0)
        ours = self.crps[m, k, h][:, there].mean(axis=0)
        both = ~np.isnan(base)
        gap = (ours - base)[both]
        return Row(
            model=self.models[m],
            kind=KINDS[k],
            years=years,
            origins=n,
            windows=min(windows, float(n)),
            coverage=tuple(float(part.mean()) for part in inside),
            errors=tuple(block_error(part, block) for part in inside),
            histogram=tuple(np.histogram(u, bins=10, range=(0.0, 1.0))[0] / u.size),
            crps=float(ours.mean()),
            crps_gap=float(gap.mean()) if gap.size else float("nan"),
            crps_gap_error=block_error(gap, block) if gap.size else float("nan"),
            log_score=float(self.log_score[m, k, h][:, there].mean()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One model at one horizon.

    Attributes
    ----------
    model, kind, years, origins
    windows : float
        Windows that do not overlap, the effective sample size; the mixes of one window count as one.
    coverage, errors : tuple of float
        Share of outcomes inside the central 80 % and 90 % interval, and its block standard error.
    histogram : tuple of 10 floats
        Of the PIT: 0.1 each if calibrated, heavy at both ends if overconfident.
    crps, log_score : float
        Means; lower is better. Of log growth, or of log(1 / (1 - maximum drawdown)).
    crps_gap, crps_gap_error : float
        CRPS less that of the first model at the same origins, and its block standard error.
    """

    model: str
    kind: Kind
    years: int
    origins: int
    windows: float
    coverage: tuple[float, ...]
    errors: tuple[float, ...]
    histogram: tuple[float, ...]
    crps: float
    crps_gap: float
    crps_gap_error: float
    log_score: float

    @property
    def verdict(self) -> Literal["", "overconfident", "too wide"]:
        """Whether a coverage differs from its level by two standard errors of a calibrated model.

        sqrt(level (1 - level) / windows): what a calibrated model would show by chance. The error seen in the data
        is useless here, it is zero for a model that always hits or always misses. Fewer than five windows give none.
        """
        if self.windows < _LEAST_WINDOWS:
            return ""
        scores = [
            (share - level) / np.sqrt(level * (1.0 - level) / self.windows)
            for share, level in zip(self.coverage, LEVELS, strict=True)
        ]
        if min(scores) < -_REJECT:
            return "overconfident"
        return "too wide" if max(scores) > _REJECT else ""


def default_models() -> dict[str, Fit]:
    """Return the plug-in lognormal model, to compare with, and every model of the registry."""
    fits: dict[str, Fit] = {PLUG_IN: lambda _, assumptions: LognormalModel(assumptions, False, False)}
    return fits | {name: partial(fit_model, name) for name in MODEL_NAMES}


def calibrate(
    market: Market,
    models: Mapping[str, Fit] | None = None,
    *,
    horizons: Sequence[int] = (1, 3, 5, 10),
    step: int = 3,
    paths: int = 2000,
    seed: int = 1,
    history: int = 10,
    progress: Callable[[int, int], None] | None = None,
) -> Calibration:
    """Score models on the past of `market`, point in time.

    At each origin the market is cut by `Market.until`; assumptions are the reference set of that slice, with its own
    cash rate; each model is fitted to it and simulated. Forecast are four mixes, rebalanced every period, from all
    in the calmer half of the assets to all in the riskier half, equally weighted: growth and maximum drawdown, by
    month (by year in an annual market). No choice of assets or weights knows the future; the constants of the
    reference set (Sharpe ratio .22, inflation 2 %) were chosen with it in view.

    Parameters
    ----------
    market : Market
    models : mapping of name to fit, optional
        By default `default_models`. Differences in CRPS are to the first.
    horizons : sequence of int
        Years.
    step : int
        Months between origins; a multiple of 12 in an annual market.
    paths, seed : int
    history : int
        Years that all assets must share before the first origin.
    progress : callable, optional
        Called with origins done and in all.

    Raises
    ------
    DataError
        If the market is too short for one origin.
    """
    fits = dict(default_models() if models is None else models)
    per_year = market.periods_per_year
    if not (step >= 1 and step * per_year % 12 == 0):
        raise DataError(f"step is {step} months; give a multiple of {12 // per_year} for {market.name}.")
    months, _ = market.common_returns()
    last = int((months[-1] - months[0]).astype(int))
    first = 12 * history - 12 // per_year
    offsets = range(first, last - 12 * min(horizons) + 1, step)
    if not offsets:
        raise DataError(
            f"{market.name}: {last / 12.0 + 1.0 / per_year:.1f} years that all assets share; calibration needs "
            f"{history} and the shortest horizon of {min(horizons)} after them. Give a longer history or less."
        )
    origins = months[0] + np.array(offsets)
    shape = (len(fits), len(KINDS), len(horizons), len(SHARES), origins.size)
    scores = np.full((3, *shape), np.nan)
    refused: dict[str, str] = {}
    for o, origin in enumerate(origins):
        known = market.until(_last_day(market, origin))
        assumptions = _assumptions(known)
        mixes = _mixes(assumptions)
        came = _outcomes(_future(market, known, origin)[None], mixes, [h * per_year for h in horizons])
        for m, (name, fit) in enumerate(fits.items()):
            try:
                model = fit(known, assumptions)
            except DataError as error:
                refused[name] = str(error)
                continue
            ahead = [h for h, years in enumerate(horizons) if not np.isnan(came[0, h, 0, 0])]
            drawn = simulate(model, 12 * max(horizons[h] for h in ahead), paths, seed, "judge").assets
            periods = drawn.reshape(paths, -1, 12 // per_year, drawn.shape[2]).prod(axis=2)
            sample = _outcomes(periods, mixes, [h * per_year for h in horizons])
            for k, h, w in np.ndindex(len(KINDS), len(horizons), len(SHARES)):
                if h in ahead:
                    x, y = sample[k, h, w], float(came[k, h, w, 0])
                    scores[:, m, k, h, w, o] = pit(x, y), crps(x, y), log_score(x, y)
        if progress is not None:
            progress(o + 1, origins.size)
    return Calibration(
        market=market.name,
        models=tuple(fits),
        horizons=tuple(horizons),
        origins=origins,
        step=step,
        pit=scores[0],
        crps=scores[1],
        log_score=scores[2],
        refused=refused,
    )


def _last_day(market: Market, month: np.datetime64) -> dt.date:
    day = (month + 1).astype("datetime64[D]") - 1
    return min(dt.date.fromisoformat(str(day)), market.as_of)


def _assumptions(known: Market) -> Assumptions:
    """Return the reference set of what was known, with the cash rate of its last three years."""
    cash = [j for j, asset in enumerate(known.assets) if asset.asset_class == "cash"]
    rate = CASH
    if cash:
        _, returns = known.common_returns()
        recent = returns[-3 * known.periods_per_year :, cash[0]]
        rate = float(np.exp(np.log1p(recent).mean() * known.periods_per_year) - 1.0)
    bare = replace(known, index_ids=(), index_levels=known.index_levels[:, :0])
    return reference_assumptions(bare, cash=min(max(rate, 0.0), 0.3))


def _mixes(assumptions: Assumptions) -> FloatArray:
    """Return the weights (W, N): equal within the calmer and within the riskier half of the assets."""
    N = len(assumptions.asset_ids)
    rank = np.argsort(np.argsort(assumptions.volatility, kind="stable"))
    risky = rank >= N // 2 if N > 1 else np.ones(1, dtype=bool)
    calm = ~risky if N > 1 else risky
    return np.array([share * risky / risky.sum() + (1.0 - share) * calm / calm.sum() for share in SHARES])


def _future(market: Market, known: Market, origin: np.datetime64) -> FloatArray:
    """Return gross returns (T, N) after `origin` of the assets known then, to the last period that all have."""
    chosen = market.select(known.asset_ids)
    gross = 1.0 + chosen.returns()[chosen.months[1:] > origin]
    whole = ~np.isnan(gross).any(axis=1)
    return gross[: int(np.argmin(whole))] if not whole.all() else gross


def _outcomes(periods: FloatArray, mixes: FloatArray, lengths: Sequence[int]) -> FloatArray:
    """Return log growth and log maximum drawdown (kinds, horizons, mixes, P) of gross returns (P, T, N)."""
    P, T, _ = periods.shape
    out = np.full((len(KINDS), len(lengths), mixes.shape[0], P), np.nan)
    for w, logs in enumerate(_mix_logs(periods, mixes)):
        level = np.concatenate([np.zeros((P, 1)), np.cumsum(logs, axis=1)], axis=1)
        fall = np.maximum.accumulate(np.maximum.accumulate(level, axis=1) - level, axis=1)
        for h, length in enumerate(lengths):
            if length <= T:
                out[:, h, w] = level[:, length], fall[:, length]
    return out


def _mix_logs(periods: FloatArray, mixes: FloatArray) -> Iterator[FloatArray]:
    for weights in mixes:
        yield np.log(periods @ weights)
