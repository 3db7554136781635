"""The walk-forward engine: decide with the past, trade later, keep the books, measure.

At the close of every row, in this order: prices move, cash earns interest, fees are taken; the strategy
decides if the calendar says so, seeing nothing later than this close; money comes in or goes out; ended
series are sold; the decision that is due (taken `delay` rows ago) is traded. Between trades the weights
drift.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from ..scenarios.errors import DataError
from ..scenarios.market import Market, load_market
from ._kernels import ENDED
from ._types import Dates, FloatArray, IntArray, read_only
from .config import BacktestConfig
from .figures import measure
from .ledger import Ledger, flow_rows, rate_returns, walk
from .past import DAYS_PER_YEAR, Panel, build_panel, build_study, calendar_rows
from .result import REASONS, BacktestResult, Event, Trades
from .strategies import Rule


def walk_forward(config: BacktestConfig, market: Market | None = None) -> BacktestResult:
    """Run the strategy of `config` through the history of a market.

    Parameters
    ----------
    config : BacktestConfig
        ``config.against`` is left to `compare`.
    market : Market, optional
        The market of ``config.market`` (a folder, or the embedded one) when absent.

    Raises
    ------
    DataError
        The market lacks an asset, a frequency or the dates asked for. A date at which the strategy fails
        raises nothing: the previous weights are kept and an event is recorded.
    """
    if market is None:
        market = load_market(config.market)
    rule: Rule = config.strategy
    ids = rule.universe(config.assets or market.asset_ids)
    panel = build_panel(market, ids, config.frequency, config.end)
    lookback = config.lookback(rule)
    start = first_row(config, panel, lookback)
    dates = panel.dates[start:]
    rows = calendar_rows(dates, config.rebalance.every, config.rebalance.on)
    rows = rows[rows + config.rebalance.delay < len(dates)]
    study = build_study(market, panel, rows + start, lookback, expanding=config.window.kind == "expanding")
    ledger = walk(market, config, rule, panel, study, rows, start)
    return _result(market, config, panel, ledger, rows, start)


def first_row(config: BacktestConfig, panel: Panel, lookback: int) -> int:
    """Row of the panel at which the account starts; DataError says why there is none."""
    if config.start is None:
        start = int(panel.first.max()) + lookback
        if start > panel.last.min():
            raise DataError(
                f"start: the assets {', '.join(panel.asset_ids)} are never all eligible at once after "
                f"{lookback} complete rows; give a start, a shorter window.lookback or fewer assets."
            )
    else:
        start = int(np.searchsorted(panel.dates, np.datetime64(config.start, "D")))
    if start + max(2, config.rebalance.delay) >= len(panel.dates):
        span = f"{panel.dates[0]} to {panel.dates[-1]}" if len(panel.dates) else "no row"
        raise DataError(
            f"start = {config.start}, end = {config.end}: fewer than 3 rows are left of the data ({span}); "
            "give an earlier start or a later end."
        )
    return start


def _result(
    market: Market, config: BacktestConfig, panel: Panel, ledger: Ledger, rows: IntArray, start: int
) -> BacktestResult:
    books, dates = ledger.books, panel.dates[start:]
    path = np.concatenate([[1.0], books.unit[1:]])
    returns = read_only(path[1:] / path[:-1] - 1.0)
    risk_free = rate_returns(market, config, _risk_free(config, market), "risk_free", dates)[1:]
    benchmark = _benchmark(market, config, dates)
    count = int(books.marks[1])
    at = books.trade_row[:count]
    trades = Trades(
        dates=dates[at],
        reasons=np.array(REASONS)[books.trade_reason[:count]],
        values=read_only(books.trade_value[:count]),
        commissions=read_only(books.trade_cost[:count]),
        slippage=read_only(books.trade_slip[:count]),
    )
    metrics = measure(returns, dates, panel.rows_per_year, risk_free=risk_free, benchmark=benchmark)
    years = float((dates[-1] - dates[0]).astype(np.int64)) / DAYS_PER_YEAR
    rebalances = np.flatnonzero(books.trade_reason[:count] == 0)[1:]
    traded = np.abs(books.trade_value[rebalances]).sum(axis=1) / books.wealth[at[rebalances]]
    return BacktestResult(
        name=config.strategy.label,
        config=config,
        market_name=market.name,
        market_digest=market.digest,
        asset_ids=panel.asset_ids,
        dates=dates,
        wealth=read_only(books.wealth),
        unit_values=read_only(books.unit),
        returns=returns,
        weights=read_only(books.weights),
        cash=read_only(books.cash),
        flows=read_only(books.paid),
        fees=read_only(books.fees),
        trades=trades,
        decision_dates=dates[rows],
        targets=read_only(ledger.targets.weights),
        traded=books.going,
        risk_free=read_only(risk_free),
        benchmark=benchmark,
        rows_per_year=panel.rows_per_year,
        events=_events(config, panel, ledger, rows, start),
        metrics=metrics,
        turnover=float(traded.sum()) / 2.0 / years,
        money_weighted_return=(
            money_weighted_return(config.initial, books.paid, float(books.wealth[-1]), dates)
            if books.paid.any()
            else metrics.cagr
        ),
    )


def _risk_free(config: BacktestConfig, market: Market) -> float | str:
    if config.risk_free is not None:
        return config.risk_free
    return "cn_cash" if "cn_cash" in market.asset_ids else 0.0


def _benchmark(market: Market, config: BacktestConfig, dates: Dates) -> FloatArray | None:
    if config.benchmark is None:
        return None
    if isinstance(config.benchmark, str):
        return read_only(rate_returns(market, config, config.benchmark, "benchmark", dates)[1:])
    first, last = (dt.date.fromisoformat(str(day)) for day in (dates[0], dates[-1]))
    other = config.model_copy(
        update={
            "strategy": config.benchmark, "benchmark": None, "start": first, "end": last,
        }
    )  # fmt: skip
    return walk_forward(other, market).returns


def _events(
    config: BacktestConfig, panel: Panel, ledger: Ledger, rows: IntArray, start: int
) -> tuple[Event, ...]:
    books, dates = ledger.books, panel.dates[start:]
    found: list[tuple[int, str, dict[str, str]]] = [
        (int(rows[k]), "decision_failed", {"reason": reason}) for k, reason in ledger.targets.failures.items()
    ]
    for j in np.flatnonzero(books.trade_reason == ENDED).tolist():
        asset = panel.asset_ids[int(np.flatnonzero(books.trade_value[j])[0])]
        found.append((int(books.trade_row[j]), "series_ended", {"asset": asset}))
    due = rows + config.rebalance.delay
    if panel.last.min() < len(panel.dates) - 1:
        absent = (panel.last < start + due[:, None]) & (ledger.targets.weights > 0.0) & books.going[:, None]
        found += [
            (int(due[k]), "not_tradable", {"asset": panel.asset_ids[i]})
            for k, i in np.argwhere(absent).tolist()
        ]
    if books.paid.any():
        wanted = flow_rows(config.flows, dates)
        found += [
            (t, "withdrawal_short", {"wanted": f"{-wanted[t]:.2f}", "paid": f"{-books.paid[t]:.2f}"})
            for t in np.flatnonzero(books.paid != wanted).tolist()
        ]
    found.sort(key=lambda event: event[0])
    return tuple(Event(date=dt.date.fromisoformat(str(dates[t])), code=c, parameters=p) for t, c, p in found)


def money_weighted_return(initial: float, flows: FloatArray, final: float, dates: Dates) -> float:
    """Annual effective rate at which initial money and flows grow to the final wealth; by bisection.

    NaN where no rate between -99.99 % and 1,000,000 % a year does.
    """
    left = (dates[-1] - dates).astype(np.int64) / DAYS_PER_YEAR
    money = flows.copy()
    money[0] += initial
    some = np.flatnonzero(money)
    money, left = money[some], left[some]

    def gap(rate: float) -> float:
        return float(money @ (1.0 + rate) ** left) - final

    low, high = -0.9999, 1e4
    if gap(low) > 0.0 or gap(high) < 0.0:
        return float("nan")
    for _ in range(200):
        middle = 0.5 * (low + high)
        if gap(middle) > 0.0:
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)
