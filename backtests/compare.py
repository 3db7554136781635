"""Several runs side by side: strategies under the same rules, and one strategy from many start dates."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import Executor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import ConfigDict, TypeAdapter

from ..scenarios.errors import DataError
from ..scenarios.market import Market, load_market
from ._types import Dates, FloatArray, read_only
from .config import BacktestConfig, DatedFlow
from .figures import SharpeCaution, sharpe_caution
from .kept import Kept, Progress, claimed, run_pieces
from .past import DAYS_PER_YEAR, Every, build_panel, period_starts
from .result import BacktestResult
from .strategies import Function
from .walk_forward import first_row, walk_forward

if TYPE_CHECKING:
    import pandas as pd

_ROW: TypeAdapter[tuple[float, ...]] = TypeAdapter(
    tuple[float, ...], config=ConfigDict(ser_json_inf_nan="constants")
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """Strategies over the same dates.

    Attributes
    ----------
    results : tuple of BacktestResult
        ``config.strategy`` first, then ``config.against`` in its order.
    caution : SharpeCaution
        What their Sharpe ratios are worth.
    """

    results: tuple[BacktestResult, ...]
    caution: SharpeCaution


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StartSpread:
    """The same strategy from S start dates; every array is read-only.

    Attributes
    ----------
    name : str
    starts, ends : (S,) datetime64[D]
    cagr, max_drawdown, sharpe_ratio, money_weighted_return : (S,)
    failed_decisions : (S,) int
    """

    name: str
    starts: Dates
    ends: Dates
    cagr: FloatArray
    max_drawdown: FloatArray
    sharpe_ratio: FloatArray
    money_weighted_return: FloatArray
    failed_decisions: FloatArray

    def percentiles(self, figure: str, at: tuple[float, ...] = (5.0, 25.0, 50.0, 75.0, 95.0)) -> FloatArray:
        """Percentiles of a figure over the start dates; its name is that of the attribute."""
        known = {
            "cagr": self.cagr,
            "max_drawdown": self.max_drawdown,
            "sharpe_ratio": self.sharpe_ratio,
            "money_weighted_return": self.money_weighted_return,
        }
        if figure not in known:
            raise ValueError(f"figure = {figure!r}; allowed are {', '.join(known)}.")
        return np.asarray(np.nanpercentile(known[figure], at), dtype=np.float64)

    def to_frame(self) -> pd.DataFrame:
        """One row for each start."""
        import pandas as pd

        return pd.DataFrame({each.name: getattr(self, each.name) for each in fields(self)[1:]})


def compare(
    config: BacktestConfig,
    market: Market | None = None,
    *,
    trials: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Run ``config.strategy`` and every strategy of ``config.against`` over the same dates.

    Without a start in the configuration all begin on the first day at which each has all its assets eligible.

    Parameters
    ----------
    config : BacktestConfig
    market : Market, optional
    trials : int, optional
        How many strategies were tried before these were chosen; those shown when absent.
    progress : callable, optional
        Called with (done, total) after every run.
    """
    market = load_market(config.market) if market is None else market
    runs = [
        config.model_copy(update={"strategy": rule, "against": ()})
        for rule in (config.strategy, *config.against)
    ]
    start = max(_first_day(run, market) for run in runs)
    results = []
    for number, run in enumerate(runs, start=1):
        results.append(walk_forward(run.model_copy(update={"start": start}), market))
        if progress is not None:
            progress(number, len(runs))
    return Comparison(results=tuple(results), caution=sharpe_caution(results, trials))


def ready(config: BacktestConfig, market: Market) -> tuple[dt.date, dt.date]:
    """Return the first and last day that `compare` would run over.

    Parameters
    ----------
    config : BacktestConfig
    market : Market

    Raises
    ------
    DataError, ValueError
        `compare` could not run.
    """
    rules = (config.strategy, *config.against)
    for rule in rules:
        if isinstance(rule, Function):
            rule.load()
    for field in ("cash", "risk_free", "benchmark"):
        name = getattr(config, field)
        if isinstance(name, str) and name not in market.asset_ids:
            raise DataError(
                f"{field} = {name!r}: the market {market.name!r} has no such asset; give one of "
                f"{', '.join(market.asset_ids)}."
            )
    runs = [config.model_copy(update={"strategy": rule, "against": ()}) for rule in rules]
    last = min(
        _date(build_panel(market, _ids(run, market), run.frequency, run.end).dates[-1]) for run in runs
    )
    return max(_first_day(run, market) for run in runs), last


def walk_forward_starts(
    config: BacktestConfig,
    market: Market | None = None,
    *,
    every: Every = "monthly",
    years: float | None = None,
    folder: str | Path | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> StartSpread:
    """Repeat the backtest from the first row of every period, and gather the spread.

    Runs overlap: the spread shows how much the start date matters, it is not that many independent trials.

    Parameters
    ----------
    config : BacktestConfig
        Its start is the first of the start dates. Dated flows outside a run are left out of it.
    market : Market, optional
    every : str
        Period of the start dates.
    years : float, optional
        Length of every run; when absent all run to the end, and the last starts one year before it.
    folder : path, optional
        Where every finished start is kept; a run that was stopped goes on there.
    executor : Executor, optional
        Runs starts side by side; it must not fork. One after another when absent. The result is the same.
    progress : callable, optional
        Called with (done, total) at the beginning and after every run.

    Raises
    ------
    DataError
        No run of that length fits in the market.
    RequestError
        `folder` holds another run.
    """
    market = load_market(config.market) if market is None else market
    days, ends = _start_days(config, market, every, years)
    chooses = {"start", "end", "against"}
    place = None if folder is None else claimed(Path(folder), "starts", config, chooses, market)
    pieces = {f"{start}_{end}": (config, market, start, end) for start, end in zip(days, ends, strict=True)}
    rows = run_pieces(pieces, _spread_row, Kept(place=place, form=_ROW), executor, progress)
    table = np.array(rows, dtype=np.float64).T
    return StartSpread(
        name=config.strategy.label,
        starts=np.array(days, dtype="datetime64[D]"),
        ends=np.array(ends, dtype="datetime64[D]"),
        cagr=read_only(table[0]),
        max_drawdown=read_only(table[1]),
        sharpe_ratio=read_only(table[2]),
        money_weighted_return=read_only(table[3]),
        failed_decisions=read_only(table[4]),
    )


def _spread_row(config: BacktestConfig, market: Market, start: dt.date, end: dt.date) -> tuple[float, ...]:
    flows = tuple(flow for flow in config.flows.dated if _inside(flow, start, end))
    update = {"start": start, "end": end, "flows": config.flows.model_copy(update={"dated": flows})}
    result = walk_forward(config.model_copy(update=update), market)
    m = result.metrics
    failed = sum(event.code == "decision_failed" for event in result.events)
    return m.cagr, m.max_drawdown, m.sharpe_ratio, result.money_weighted_return, failed


def _ids(config: BacktestConfig, market: Market) -> tuple[str, ...]:
    return config.strategy.universe(config.assets or market.asset_ids)


def _first_day(config: BacktestConfig, market: Market) -> dt.date:
    ids = config.strategy.universe(config.assets or market.asset_ids)
    panel = build_panel(market, ids, config.frequency, config.end)
    return _date(panel.dates[first_row(config, panel, config.lookback(config.strategy))])


def _start_days(
    config: BacktestConfig, market: Market, every: Every, years: float | None
) -> tuple[list[dt.date], list[dt.date]]:
    least = 1.0 if years is None else years
    ids = config.strategy.universe(config.assets or market.asset_ids)
    panel = build_panel(market, ids, config.frequency, config.end)
    dates = panel.dates[first_row(config, panel, config.lookback(config.strategy)) :]
    begins = dates[np.concatenate([[0], period_starts(dates, every)])]
    span = np.timedelta64(round(least * DAYS_PER_YEAR), "D")
    begins = begins[begins + span <= dates[-1]]
    if begins.size == 0:
        raise DataError(
            f"starts: no run of {least:g} years fits between {dates[0]} and {dates[-1]}; give fewer years."
        )
    ends = np.full(len(begins), dates[-1]) if years is None else begins + span
    return [_date(day) for day in begins], [_date(day) for day in ends]


def _inside(flow: DatedFlow, start: dt.date, end: dt.date) -> bool:
    return start < flow.date <= end


def _date(day: np.datetime64) -> dt.date:
    return dt.date.fromisoformat(str(day))
