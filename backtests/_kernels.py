"""Compiled kernels of the ledger: raw arrays in, books out, no checks; `ledger` is the checked front.

Shapes: R rows of the run, N assets, K decisions, J sets of orders.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..scenarios._kernels import njit

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

REBALANCE, INVEST, RAISE, ENDED = 0, 1, 2, 3
CASH, LAST_WEALTH, LAST_UNIT = 0, 1, 2
TARGET, RECORDS = 0, 1


class Tape(NamedTuple):
    """What comes from outside, row by row.

    ``levels (R, N)``, growth of cash ``growth (R,)``, years since the row before ``years (R,)``, log fee a
    year ``fee (N + 1,)`` and whether there is any, client's money at the close ``flow (R,)``, the decision
    taken at each row and the one carried out there (-1: none) ``decided, executed (R,)``, no-trade ``band``,
    cost per money traded ``rate, slip (N,)``, least commission of an order ``minimum``. The last entry of
    `fee` is charged on cash.
    """

    levels: FloatArray
    growth: FloatArray
    years: FloatArray
    fee: FloatArray
    charged: bool
    flow: FloatArray
    decided: IntArray
    executed: IntArray
    band: float
    rate: FloatArray
    slip: FloatArray
    minimum: float


class Books(NamedTuple):
    """What the ledger writes: state between rows first, then one entry per row, then one per trade."""

    units: FloatArray
    purse: FloatArray
    marks: IntArray
    going: NDArray[np.bool_]
    wealth: FloatArray
    unit: FloatArray
    cash: FloatArray
    weights: FloatArray
    paid: FloatArray
    fees: FloatArray
    trade_row: IntArray
    trade_reason: IntArray
    trade_value: FloatArray
    trade_cost: FloatArray
    trade_slip: FloatArray


@njit
def advance(tape: Tape, targets: FloatArray, books: Books, start: int, stop: int) -> None:
    """Trade at the close of every row ``start .. stop - 1``, each followed by the growth to the next row.

    Afterwards row `stop` holds the account at its close, before its trades: what a decision there may see.
    """
    rows, assets = tape.levels.shape
    t = start
    while t < stop:
        due = tape.flow[t] != 0.0 or tape.executed[t] >= 0
        for i in range(assets):
            due = due or (books.units[i] != 0.0 and math.isnan(tape.levels[t, i]))
        if due:
            _close(tape, targets, books, t)
        k = tape.decided[t]
        if k >= 0 and tape.executed[t] != k:
            books.going[k] = _outside(tape, targets, books, k, books.weights[t], 1.0)
        # Rows without business in one go: to hand over the records costs a reference count per array.
        after = min(t + 1, rows - 1)
        while after < min(stop, rows - 1) and not (
            tape.flow[after] != 0.0 or tape.executed[after] >= 0 or tape.decided[after] >= 0
        ):
            after += 1
        last = _drift(
            tape.levels,
            tape.growth,
            tape.years,
            tape.fee,
            tape.charged,
            books.units,
            books.purse,
            books.weights,
            books.wealth,
            books.unit,
            books.cash,
            books.fees,
            t,
            after,
        )
        t = last if last > t else rows


@njit
def _drift(
    levels: FloatArray,
    growth: FloatArray,
    years: FloatArray,
    fee: FloatArray,
    charged: bool,
    units: FloatArray,
    purse: FloatArray,
    weights: FloatArray,
    wealth: FloatArray,
    unit: FloatArray,
    cash: FloatArray,
    fees: FloatArray,
    start: int,
    stop: int,
) -> int:
    """Carry the account from the close of row `start` over prices, cash interest and fees to that of `stop`.

    Returns the row reached: earlier than `stop` where a series held has ended and is to be sold.
    """
    assets = units.size
    keep = np.ones(assets + 1)
    step = -1.0
    money, before, value = purse[CASH], purse[LAST_WEALTH], purse[LAST_UNIT]
    reached = start
    for t in range(start + 1, stop + 1):
        total = 0.0
        for i in range(assets):
            weights[t, i] = units[i] * levels[t, i]
        for i in range(assets):
            total += weights[t, i]
        ended = False
        if math.isnan(total):
            for i in range(assets):
                if units[i] == 0.0:
                    weights[t, i] = 0.0
                elif math.isnan(levels[t, i]):
                    weights[t, i] = units[i] * levels[t - 1, i]
                    ended = True
            total = weights[t].sum()
        money *= growth[t]
        taken = 0.0
        if charged:
            if years[t] != step:
                step = years[t]
                for i in range(assets + 1):
                    keep[i] = math.exp(-fee[i] * step)
            taken = money * (1.0 - keep[assets])
            money *= keep[assets]
            total = 0.0
            for i in range(assets):
                taken += weights[t, i] * (1.0 - keep[i])
                weights[t, i] *= keep[i]
                units[i] *= keep[i]
                total += weights[t, i]
        total += money
        if before > 0.0:
            value *= total / before
        before = total
        scale = 1.0 / total if total > 0.0 else 0.0
        for i in range(assets):
            weights[t, i] *= scale
        wealth[t] = total
        unit[t] = value
        cash[t] = money
        fees[t] = taken
        reached = t
        if ended:
            break
    purse[CASH], purse[LAST_WEALTH], purse[LAST_UNIT] = money, before, value
    return reached


@njit
def _close(tape: Tape, targets: FloatArray, books: Books, t: int) -> None:
    """Settle the close of row t: money in or out, ended series, then the trade that is due."""
    levels, units, purse, weights = tape.levels, books.units, books.purse, books.weights
    assets = units.size
    before = books.wealth[t]
    flow = tape.flow[t]
    k = tape.executed[t]
    worth = np.zeros(assets)
    for i in range(assets):
        if units[i] != 0.0:
            if math.isnan(levels[t, i]):
                _sell_ended(tape, books, t, i)
            else:
                worth[i] = units[i] * levels[t, i]
    purse[CASH] += flow
    books.paid[t] = flow
    trade = False
    if k >= 0:
        total = worth.sum() + purse[CASH]
        if tape.decided[t] == k:
            books.going[k] = _outside(tape, targets, books, k, worth, total)
        if books.going[k] and total > 0.0:
            trade = _rebalance(tape, targets[k], worth, books, t, total)
        if trade:
            books.marks[TARGET] = k
    if not trade and flow > 0.0 and books.marks[TARGET] >= 0:
        _invest(tape, targets[books.marks[TARGET]], worth, books, t, flow)
    if not trade and flow < 0.0 and purse[CASH] < -1e-12 * before:
        _raise(tape, worth, books, t)
    total = worth.sum() + purse[CASH]
    if before > 0.0:
        books.unit[t] *= (total - books.paid[t]) / before
    scale = 1.0 / total if total > 0.0 else 0.0
    for i in range(assets):
        weights[t, i] = worth[i] * scale
    books.wealth[t] = total
    books.cash[t] = purse[CASH]
    purse[LAST_WEALTH] = total
    purse[LAST_UNIT] = books.unit[t]


@njit
def _outside(tape: Tape, targets: FloatArray, books: Books, k: int, worth: FloatArray, total: float) -> bool:
    """Tell whether decision k trades: valid, and nothing held yet, no band set or a weight outside it."""
    for i in range(worth.size):
        if math.isnan(targets[k, i]):
            return False
    if books.marks[TARGET] < 0 or tape.band == 0.0:
        return True
    far = 0.0
    for i in range(worth.size):
        far = max(far, abs(worth[i] - targets[k, i] * total))
    return far > tape.band * total


@njit
def _commission(rate: float, minimum: float, amount: float) -> float:
    """Commission of an order: by rate, at least the minimum, never more than the order itself."""
    return min(max(rate * amount, minimum), amount)


@njit
def _slope(rate: float, minimum: float, amount: float) -> float:
    """Return the derivative of the commission by the amount."""
    if amount <= minimum:
        return 1.0
    return rate if rate * amount > minimum else 0.0


@njit
def _record(books: Books, t: int, reason: int) -> int:
    j: int = books.marks[RECORDS]
    books.marks[RECORDS] = j + 1
    books.trade_row[j] = t
    books.trade_reason[j] = reason
    return j


@njit
def _trade(tape: Tape, amounts: FloatArray, worth: FloatArray, books: Books, t: int, reason: int) -> None:
    """Buy (above 0) and sell (below 0) at the close of row t, and pay for it from cash."""
    levels, rate, slip, minimum = tape.levels, tape.rate, tape.slip, tape.minimum
    units, value = books.units, books.trade_value
    cost, slippage = books.trade_cost, books.trade_slip
    j = _record(books, t, reason)
    money = books.purse[CASH]
    for i in range(amounts.size):
        if amounts[i] != 0.0:
            size = abs(amounts[i])
            value[j, i] = amounts[i]
            cost[j, i] = _commission(rate[i], minimum, size)
            slippage[j, i] = slip[i] * size
            money -= amounts[i] + cost[j, i] + slippage[j, i]
            worth[i] += amounts[i]
            units[i] = worth[i] / levels[t, i]
    books.purse[CASH] = money


@njit
def _sell_ended(tape: Tape, books: Books, t: int, i: int) -> None:
    """Sell a series that has ended at its last value."""
    amount = books.units[i] * tape.levels[t - 1, i]
    j = _record(books, t, ENDED)
    books.trade_value[j, i] = -amount
    books.trade_cost[j, i] = _commission(tape.rate[i], tape.minimum, amount)
    books.trade_slip[j, i] = tape.slip[i] * amount
    books.purse[CASH] += amount - books.trade_cost[j, i] - books.trade_slip[j, i]
    books.units[i] = 0.0


@njit
def _rebalance(tape: Tape, target: FloatArray, worth: FloatArray, books: Books, t: int, total: float) -> bool:
    """Trade to `target` so that the weights hold after costs: V' = V - cost(|w V' - h|), V the `total`.

    The cost is piecewise linear in V', so Newton's method ends after as many steps as orders change kind.
    """
    levels, rate, slip, minimum = tape.levels, tape.rate, tape.slip, tape.minimum
    assets = target.size
    tiny = 1e-12 * total
    after = total
    for _ in range(100):
        gap = total - after
        slope = 1.0
        for i in range(assets):
            amount = target[i] * after - worth[i]
            size = abs(amount)
            if size > tiny and not math.isnan(levels[t, i]):
                gap -= _commission(rate[i], minimum, size) + slip[i] * size
                turn = target[i] * (_slope(rate[i], minimum, size) + slip[i])
                slope += turn if amount > 0.0 else -turn
        step = gap / slope if slope > 0.1 else gap
        after += step
        if abs(step) <= 1e-15 * total:
            break
    if after <= 0.0:
        return False
    amounts = np.zeros(assets)
    for i in range(assets):
        if not math.isnan(levels[t, i]):
            amount = target[i] * after - worth[i]
            amounts[i] = amount if abs(amount) > tiny else 0.0
    _trade(tape, amounts, worth, books, t, REBALANCE)
    for i in range(assets):
        if target[i] == 0.0:
            books.units[i] = 0.0
            worth[i] = 0.0
    return True


@njit
def _invest(tape: Tape, target: FloatArray, worth: FloatArray, books: Books, t: int, money: float) -> None:
    """Buy the last target's mix with money paid in, costs included; its cash share stays in cash."""
    assets = target.size
    mix = np.zeros(assets)
    for i in range(assets):
        if not math.isnan(tape.levels[t, i]):
            mix[i] = target[i]
    share = mix.sum()
    if share == 0.0:
        return
    spend = money
    for _ in range(100):
        cost = 0.0
        for i in range(assets):
            amount = mix[i] * spend
            cost += _commission(tape.rate[i], tape.minimum, amount) + tape.slip[i] * amount
        moved = abs(money - cost / share - spend)
        spend = money - cost / share
        if moved <= 1e-15 * money or spend <= 0.0:
            break
    if spend > 0.0:
        _trade(tape, mix * spend, worth, books, t, INVEST)


@njit
def _raise(tape: Tape, worth: FloatArray, books: Books, t: int) -> None:
    """Sell every holding in proportion until cash, overdrawn by a withdrawal, is back at zero."""
    assets = worth.size
    total = worth.sum()
    need = -books.purse[CASH]
    part = min(1.0, need / total) if total > 0.0 else 1.0
    for _ in range(100):
        cost = 0.0
        for i in range(assets):
            cost += _commission(tape.rate[i], tape.minimum, part * worth[i]) + tape.slip[i] * part * worth[i]
        new = min(1.0, (need + cost) / total) if total > 0.0 else 1.0
        moved = abs(new - part)
        part = new
        if moved <= 1e-15:
            break
    if total > 0.0:
        _trade(tape, -part * worth, worth, books, t, RAISE)
    if part == 1.0:
        books.units[:] = 0.0
        worth[:] = 0.0
        if books.purse[CASH] < 0.0:
            books.paid[t] -= books.purse[CASH]
            books.purse[CASH] = 0.0
