"""The judge: a policy table followed on simulated paths, with trading costs and fees.

The order of a month t = 0..T-1: money in; payments, by priority; the portfolio looked up at what is left
and traded to at one-way costs; product and advisory fees; the returns to month t + 1, bought and held.
Month T has money in and payments only, and what these need is sold pro rata. On every path

    wealth today + money in + gain = payments + costs + product fees + advisory fees + final wealth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...goals.schedule import Payment, Schedule
from ...scenarios.paths import ReturnPaths
from ..menu.menu import Menu
from ..policy.table import PolicyTable
from .arrays import LEDGER, TOTALS, Block, Cash, FloatArray, IntArray, Policy, Records
from .extremes import DAYS

_KEPT = 2  # sets of paths in the kernel's order: validation and judge


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """What became of a plan on P paths. Arrays are read-only; money is nominal.

    Attributes
    ----------
    months, steps_per_month : int
        T, and S: drawdowns are measured S times a month.
    start : float
        Wealth at month 0, before that month's money in.
    inflows : (T+1,)
        Money in, the same on every path.
    payments : tuple of Payment
        The M payments of the schedule.
    wealth : (P, T+1)
        After the month's money in, before its payments.
    final : (P,)
        What is left at month T after the last payments and the cost of raising them.
    amounts : (P, M) or (1, M)
        Amounts due; one row where they are the same on every path.
    paid, available : (P, M)
        Fraction of the amount that was paid, and the money that could be raised for it, after the payments of
        higher priority in the same month.
    gain, cost, product_fee, advisory_fee : (P,)
        Totals over the plan: returns before fees, trading costs, fees.
    drawdown, drawdown_monthly : (P, W)
        Maximum drawdown of the unit value in each window between resets, at every sub-step and at months.
    peak_drawdown, peak_drawdown_monthly : (P,)
        Maximum drawdown from the all-time peak.
    loss_of_paid_in : (P,)
        Largest share of the money paid in so far that was lost, payments made counted as kept; at sub-steps.
    breach_month : (P,) int64
        First month by whose end the table's limit was broken; -1 where it never was.
    limit : float
        The table's limit as a drawdown fraction; 1 without one.
    ledger : (L, T+1, 9)
        Month by month on the first L paths; the columns are `judge_arrays.LEDGER`: ``opening`` is the
        value that the month began with, ``unit`` and ``held`` (menu index, at month T that of the month
        before) are those of the month.
    """

    months: int
    steps_per_month: int
    start: float
    inflows: FloatArray
    payments: tuple[Payment, ...]
    wealth: FloatArray
    final: FloatArray
    amounts: FloatArray
    paid: FloatArray
    available: FloatArray
    gain: FloatArray
    cost: FloatArray
    product_fee: FloatArray
    advisory_fee: FloatArray
    drawdown: FloatArray
    drawdown_monthly: FloatArray
    peak_drawdown: FloatArray
    peak_drawdown_monthly: FloatArray
    loss_of_paid_in: FloatArray
    breach_month: IntArray
    limit: float
    ledger: FloatArray

    @property
    def paths(self) -> int:
        """Number of paths P."""
        return len(self.final)

    @property
    def money_paid(self) -> FloatArray:
        """(P, M) money of each payment."""
        return np.minimum(self.paid * self.amounts, self.available)


def run_policy(
    table: PolicyTable,
    menu: Menu,
    schedule: Schedule,
    returns: ReturnPaths,
    *,
    wealth: float,
    weights: FloatArray | None = None,
    advisory_fee: float = 0.0,
    expected: FloatArray | None = None,
    index_ids: Sequence[str] = (),
    unit_peak: float = 1.0,
    broken: bool = False,
    extremes: NDArray[np.float32] | None = None,
    ledger: int = 0,
) -> Outcome:
    """Follow `table` on every path of `returns`.

    *Trading.* Weights drift inside a month; at the start of each month the plan trades to the mix that
    the table names. With holdings h, money A after flows and one-way costs c, the wealth x after trading
    solves ``x + sum_i c_i |w_i x - h_i| = A``. Money that comes in is bought, money that goes out is
    sold; the unit value bears the cost as a share of the wealth before payments, so that a large payment
    does not count as a loss of those who stay.

    *Fees.* After the trade, ``advisory_fee / 12`` of the wealth, and of the rest ``fee_i / 12`` of each
    asset.

    *Payments.* A payment can draw on what selling everything at its cost would raise. The table's option
    is paid if that covers it, else the largest option that it covers. An indexed payment may differ from
    the amount that the table was made for; the table is then read at the wealth less the surprise, so that
    what is left after paying is what the table meant. Where the table is the same at any wealth, the
    largest covered option is paid.

    *Ruin.* A plan whose money is gone goes on with the money that still comes in.

    *Limit.* The drawdown of the unit value, which flows do not move, is watched at every sub-step. Beyond
    the table's limit the flag goes up, and from the next month on the table's `broken` portfolios are
    held, until the next reset (month ``k * reset_every - age``) sets the peak to that day's unit value and
    lowers the flag.

    Parameters
    ----------
    table, menu, schedule
        What to do, with which portfolios, for which flows; of one horizon T, payments in the schedule's
        order.
    returns
        At least T months, columns in the order of the menu's assets.
    wealth
        At month 0.
    weights
        (N,) what `wealth` is invested in today; the rest to 1 is not invested. None for nothing invested.
    advisory_fee
        Decimal a year.
    expected
        (M,) nominal amounts that the table was made for; the payments' own where left out.
    index_ids
        Names of the columns of ``returns.indices``; every index that a payment names must be among them.
    unit_peak
        High-water mark of the unit value today, in units of today's value, at least 1.
    broken
        Whether the limit is already broken today.
    extremes
        (B, T, K, 3, lane) what the days of each month did to each portfolio (see `extremes.daily_extremes`), with
        monthly returns of the same paths: drawdowns are then judged daily without walking the days again.
    ledger
        Number of paths whose months are returned one by one.

    Raises
    ------
    ValueError
        Arguments that do not fit each other; the sentence names both.
    """
    payments = schedule.payments
    invested = np.zeros(len(menu.asset_ids)) if weights is None else np.asarray(weights, dtype=np.float64)
    _check_plan(table, menu, schedule, returns)
    _check_money(menu, schedule, wealth, invested, advisory_fee, expected, unit_peak)
    start = wealth * invested
    amounts = _amounts(schedule, returns, index_ids)
    used = np.flatnonzero((menu.weights > 0.0).any(axis=0) | (start > 0.0))
    cash = Cash(
        inflows=schedule.inflows,
        first_payment=np.searchsorted([p.month for p in payments], np.arange(schedule.months + 2)),
        amounts=amounts,
        expected=np.array([p.amount for p in payments]) if expected is None else expected,
        columns=used,
        start=start[used],
        uninvested=float(wealth - start.sum()),
        trading_cost=menu.trading_cost[used],
        keep=1.0 - menu.fee[used] / 12.0,
        advisory_fee=advisory_fee / 12.0,
        unit_peak=unit_peak,
        broken=float(broken and table.broken.shape[1] > 0),  # else there is nothing else to hold
    )
    days = np.zeros((0, 0, 0, 3, 0), dtype=np.float32) if extremes is None else extremes
    records = _walk(table, menu.weights[:, used], cash, returns, days, min(ledger, len(returns.assets)))
    totals = dict(zip(TOTALS, records.totals, strict=True))
    outcome = Outcome(
        months=schedule.months,
        steps_per_month=returns.steps_per_month if extremes is None else DAYS,
        start=float(wealth),
        inflows=schedule.inflows,
        payments=payments,
        wealth=records.wealth.T,
        amounts=amounts,
        paid=records.payments[0].T,
        available=records.payments[1].T,
        drawdown=records.drawdown[0].T,
        drawdown_monthly=records.drawdown[1].T,
        breach_month=records.breach_month,
        limit=-float(np.expm1(-table.limit)),
        ledger=records.ledger,
        **totals,
    )
    return _sealed(outcome)


def merge(outcomes: Sequence[Outcome]) -> Outcome:
    """Join outcomes of one plan on consecutive chunks of paths, in order; the chunks change no path."""
    first = outcomes[0]
    joined: dict[str, Any] = {
        field.name: np.concatenate([getattr(o, field.name) for o in outcomes])
        for field in fields(Outcome)
        if isinstance(getattr(first, field.name), np.ndarray) and field.name not in ("inflows", "amounts")
    }
    if len(first.amounts) == first.paths and any(p.index for p in first.payments):
        joined["amounts"] = np.concatenate([o.amounts for o in outcomes])
    return _sealed(replace(first, **joined))


def _walk(
    table: PolicyTable,
    weights: FloatArray,
    cash: Cash,
    returns: ReturnPaths,
    extremes: NDArray[np.float32],
    ledger: int,
) -> Records:
    """Call the kernel on at least one full block of paths and cut its records to the paths asked for."""
    from ._kernels import LANES, STATE_ROWS, run_paths

    blocks = _kept_lanes(returns, LANES) if returns.steps_per_month == 1 else _lanes(returns, LANES)
    count, paths = len(cash.columns), len(returns.assets)
    months, payments, wide = len(cash.inflows) - 1, len(cash.expected), len(blocks) * LANES
    windows = -(-(months + table.age) // table.reset_every) if table.reset_every else 1
    records = Records(
        wealth=np.empty((months + 1, wide)),
        payments=np.empty((2, payments, wide)),
        totals=np.empty((len(TOTALS), wide)),
        drawdown=np.empty((2, windows, wide)),
        breach_month=np.full(wide, -1),
        ledger=np.zeros((ledger, months + 1, len(LEDGER))),
    )
    policy = Policy(
        origin=table.origin,
        spacing=table.spacing,
        hold=table.hold,
        drawdown_spacing=table.drawdown_spacing,
        floor=float(np.exp(-table.limit)),
        broken=table.broken,
        reset_every=table.reset_every,
        age=table.age,
        pay=table.pay,
        fractions=table.fractions,
        weights=weights.T,
    )
    block = Block(
        position=np.zeros((count, LANES)),
        target=np.zeros((count, LANES)),
        state=np.zeros((STATE_ROWS, LANES)),
        marks=np.zeros((4, 3, LANES)),
        held=np.zeros(LANES, dtype=np.int64),
    )
    plan = (
        Policy._make(map(_read_only, policy)),
        Cash._make(map(_read_only, cash)),
    )  # one compiled signature
    run_paths(blocks, extremes, returns.steps_per_month, *plan, block, records)
    return Records(
        wealth=records.wealth[:, :paths],
        payments=records.payments[:, :, :paths],
        totals=records.totals[:, :paths],
        drawdown=records.drawdown[:, :, :paths],
        breach_month=records.breach_month[:paths],
        ledger=records.ledger,
    )


def _lanes(returns: ReturnPaths, lanes: int) -> FloatArray:
    """Returns in the kernel's order, (blocks, step, asset, lane); lanes beyond the last path repeat it."""
    paths, steps, assets = returns.assets.shape
    blocks = -(-paths // lanes)
    rows = np.minimum(np.arange(blocks * lanes), paths - 1).reshape(blocks, lanes)
    out = np.empty((blocks, steps, assets, lanes))
    for block, of in zip(out, rows, strict=True):
        block[:] = returns.assets[of].transpose(1, 2, 0)
    out.flags.writeable = False
    return out


@lru_cache(maxsize=_KEPT)
def _kept_lanes(returns: ReturnPaths, lanes: int) -> FloatArray:
    """`_lanes`, kept: every policy of a setting is judged on the same paths."""
    return _lanes(returns, lanes)


def _amounts(schedule: Schedule, returns: ReturnPaths, index_ids: Sequence[str]) -> FloatArray:
    """Nominal amounts due (P, M), with the index as drawn on each path; (1, M) where nothing is indexed."""
    nominal = np.array([[p.amount for p in schedule.payments]])
    names = {p.index for p in schedule.payments if p.index is not None}
    if missing := sorted(names - set(index_ids)):
        raise ValueError(
            f"index_ids: payments grow with {missing}, which are not among {list(index_ids)}; "
            "simulate with a model that draws these indices and name its columns."
        )
    if not names:
        return nominal
    amounts = np.repeat(nominal, len(returns.indices), axis=0)
    for name in sorted(names):
        level = np.cumprod(returns.indices[:, : schedule.months, list(index_ids).index(name)], axis=1)
        for m, payment in enumerate(schedule.payments):
            if payment.index == name and payment.month > 0:
                amounts[:, m] *= level[:, payment.month - 1]
    return amounts


def _check_plan(table: PolicyTable, menu: Menu, schedule: Schedule, returns: ReturnPaths) -> None:
    T, N, M = schedule.months, len(menu.asset_ids), len(schedule.payments)
    paths, steps, columns = returns.assets.shape
    if table.months != T:
        raise ValueError(f"table: it covers {table.months} months and the schedule {T}; solve it for {T}.")
    if table.payment_month.tolist() != [p.month for p in schedule.payments]:
        raise ValueError(
            f"table: its payments fall due in months {table.payment_month.tolist()}, the schedule's {M} in "
            "others; solve it for this schedule."
        )
    if table.hold.min() < 0 or max(table.hold.max(), table.broken.max(initial=0)) >= len(menu.weights):
        raise ValueError(f"table: it names portfolios outside the menu's {len(menu.weights)}.")
    if np.isfinite(table.limit) and table.broken.shape[1] != table.hold.shape[2]:
        raise ValueError("table: it has a limit but no portfolios to hold once it is broken; fill `broken`.")
    if columns != N or paths < 1 or steps < T * returns.steps_per_month:
        raise ValueError(f"returns: shape {returns.assets.shape}; needed are one path or more, {T} months of "
                         f"{returns.steps_per_month} steps and {N} assets.")  # fmt: skip


def _check_money(menu: Menu, schedule: Schedule, wealth: float, weights: FloatArray, advisory_fee: float,
                 expected: FloatArray | None, unit_peak: float) -> None:  # fmt: skip
    N, M = len(menu.asset_ids), len(schedule.payments)
    if not 0.0 <= wealth < np.inf:
        raise ValueError(f"wealth: {wealth!r}; give money of 0 or more.")
    if weights.shape != (N,) or not (weights >= 0.0).all() or weights.sum() > 1.0 + 1e-9:
        raise ValueError(f"weights: {weights!r}; give {N} of 0 or more that sum to 1 at most.")
    if not 0.0 <= advisory_fee < 1.0:
        raise ValueError(f"advisory_fee: {advisory_fee!r}; give a decimal a year, 0.005 for half a per cent.")
    if (schedule.inflows < 0.0).any():
        raise ValueError("schedule: money in is negative in some month; make it a payment.")
    if expected is None and any(p.index for p in schedule.payments):
        raise ValueError(
            "expected: missing; payments are indexed, so give the amounts the table was made for."
        )
    if expected is not None and np.shape(expected) != (M,):
        raise ValueError(f"expected: shape {np.shape(expected)}; give one amount for each of {M} payments.")
    if not unit_peak >= 1.0:
        raise ValueError(f"unit_peak: {unit_peak!r}; a high-water mark is at least today's unit value, 1.")


def _read_only(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    array = np.ascontiguousarray(value).view()
    array.flags.writeable = False
    return array


def _sealed(outcome: Outcome) -> Outcome:
    for field in fields(Outcome):
        value = getattr(outcome, field.name)
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
    return outcome
