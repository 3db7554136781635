"""The account of a backtest: what the ledger kernel reads, and its walk from decision to decision."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..scenarios.errors import DataError
from ..scenarios.market import Market
from ._kernels import LAST_UNIT, LAST_WEALTH, Books, Tape, advance
from ._types import Dates, FloatArray, IntArray
from .config import BacktestConfig, Flows
from .past import DAYS_PER_YEAR, Account, NoDecisionError, Panel, Study, Targets, period_starts, price_table
from .strategies import AccountRule, MarketRule, Rule


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ledger:
    """A walked account: the kernel's books, the targets it followed and the decisions that failed."""

    books: Books
    targets: Targets


def walk(
    market: Market, config: BacktestConfig, rule: Rule, panel: Panel, study: Study, rows: IntArray, start: int
) -> Ledger:
    """Run the account over the panel from row `start`; `rows` (K,) are the decisions, counted from there."""
    tape = _tape(market, config, panel, rows, start)
    books = _books(tape, config, len(rows))
    if isinstance(rule, MarketRule):
        targets = rule.targets(study)
        advance(tape, targets.weights, books, 0, len(tape.levels))
        return Ledger(books=books, targets=targets)
    assert isinstance(rule, AccountRule)
    weights = np.full(study.eligible.shape, np.nan)
    failed: dict[int, str] = {}
    step = rule.stepper(study)
    done = 0
    for k, row in enumerate(rows.tolist()):
        advance(tape, weights, books, done, row)
        done = row
        if not study.eligible[k].any():
            failed[k] = "no asset is eligible"
            continue
        try:
            weights[k] = step(k, Account(books.weights[row], float(books.wealth[row]), books.unit[: row + 1]))
        except NoDecisionError as error:
            failed[k] = str(error)
    advance(tape, weights, books, done, len(tape.levels))
    return Ledger(books=books, targets=Targets(weights, failed))


def _tape(market: Market, config: BacktestConfig, panel: Panel, rows: IntArray, start: int) -> Tape:
    dates = panel.dates[start:]
    count, delay = len(dates), config.rebalance.delay
    by_id = {asset.id: asset for asset in market.assets}
    assets = [by_id[name] for name in panel.asset_ids]
    decided, executed = np.full(count, -1), np.full(count, -1)
    decided[rows] = np.arange(len(rows))
    executed[rows + delay] = np.arange(len(rows))
    years = np.zeros(count)
    years[1:] = np.diff(dates).astype(np.int64) / DAYS_PER_YEAR
    advisory = -math.log1p(-config.costs.advisory_fee)
    fee = np.array([advisory - math.log1p(-asset.fee) for asset in assets] + [advisory])
    return Tape(
        levels=panel.levels[start:],
        growth=1.0 + rate_returns(market, config, config.cash, "cash", dates),
        years=years,
        fee=fee,
        charged=bool((fee > 0.0).any()),
        flow=flow_rows(config.flows, dates),
        decided=decided,
        executed=executed,
        band=config.rebalance.band,
        rate=_commissions(config, [(asset.id, asset.trading_cost) for asset in assets]),
        slip=np.full(len(assets), config.costs.slippage_bps * 1e-4),
        minimum=config.costs.minimum,
    )


def _books(tape: Tape, config: BacktestConfig, decisions: int) -> Books:
    count, assets = tape.levels.shape
    records = decisions + int(np.count_nonzero(tape.flow)) + assets
    books = Books(
        units=np.zeros(assets),
        purse=np.array([config.initial, config.initial, 1.0]),
        marks=np.array([-1, 0]),
        going=np.zeros(decisions, np.bool_),
        wealth=np.empty(count),
        unit=np.empty(count),
        cash=np.empty(count),
        weights=np.empty((count, assets)),
        paid=np.zeros(count),
        fees=np.zeros(count),
        trade_row=np.zeros(records, np.int64),
        trade_reason=np.zeros(records, np.int64),
        trade_value=np.zeros((records, assets)),
        trade_cost=np.zeros((records, assets)),
        trade_slip=np.zeros((records, assets)),
    )
    books.wealth[0], books.unit[0], books.cash[0] = (
        books.purse[LAST_WEALTH],
        books.purse[LAST_UNIT],
        config.initial,
    )
    books.weights[0] = 0.0
    return books


def _commissions(config: BacktestConfig, given: Sequence[tuple[str, float]]) -> FloatArray:
    bps = config.costs.trading_bps
    if bps is None:
        return np.array([cost for _, cost in given])
    if isinstance(bps, float):
        return np.full(len(given), bps * 1e-4)
    return np.array([bps[name] * 1e-4 if name in bps else cost for name, cost in given])


def rate_returns(
    market: Market, config: BacktestConfig, rate: float | str, field: str, dates: Dates
) -> FloatArray:
    """Return per row (R,) of a rate: decimal a year, or an asset of the market (0 where it has no price).

    Entry 0, before the first row, is 0.
    """
    out = np.zeros(len(dates))
    if isinstance(rate, str):
        if rate not in market.asset_ids:
            raise DataError(
                f"{field} = {rate!r}: the market {market.name!r} has no such asset; give a number or one of "
                f"{', '.join(market.asset_ids)}."
            )
        all_dates, table = price_table(market, config.frequency)
        first = int(np.searchsorted(all_dates, dates[0]))
        levels = table[first : first + len(dates), market.asset_ids.index(rate)]
        out[1:] = np.nan_to_num(levels[1:] / levels[:-1] - 1.0)
    elif rate != 0.0:
        if rate <= -1.0:
            raise DataError(f"{field} = {rate}: a yearly rate is above -1 (0.02 is 2 %).")
        out[1:] = (1.0 + rate) ** (np.diff(dates).astype(np.int64) / DAYS_PER_YEAR) - 1.0
    return out


def flow_rows(flows: Flows, dates: Dates) -> FloatArray:
    """Money in or out at each row (R,); DataError names a dated flow outside the run."""
    out = np.zeros(len(dates))
    if flows.monthly != 0.0:
        out[period_starts(dates, "monthly")] = flows.monthly
    for number, flow in enumerate(flows.dated):
        row = int(np.searchsorted(dates, np.datetime64(flow.date, "D")))
        if row == 0 or row == len(dates):
            raise DataError(
                f"flows.dated.{number}.date = {flow.date} is not after the start {dates[0]} and up to the "
                f"end {dates[-1]}; move it, or add it to 'initial'."
            )
        out[row] += flow.amount
    return out
