"""The judge's compiled kernel: a policy walked along many paths, `LANES` paths side by side.

Loops over assets have the lanes innermost, so that they run in vector registers; what is decided once a
month is bookkeeping per lane. Raw arrays in, records out, no checks: `engine.judge.run.run_policy` is the
checked front and states the order of a month; `engine.judge.arrays` says what the arguments hold.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...scenarios._kernels import inner, njit
from ._lattice_kernels import nearest, nearest_lanes
from ._payment_kernels import choose_fraction
from ._watch_kernels import LOW, LOW_PEAK, LOWEST, PEAK, fetch, observe, observe_month

if TYPE_CHECKING:
    from .arrays import Block, Cash, Policy, Records

FloatArray = NDArray[np.float64]
Extremes = NDArray[np.float32]

LANES = 128

# Rows of the per-lane state; a month's four flows stand in the order of totals and ledger.
VALUE, MONEY, INVESTED, UNIT, SCALE, IDLE, PAID_OUT, FLAG = range(8)
COST, PRODUCT_FEE, ADVISORY_FEE, GAIN, TOTAL_COST = 8, 9, 10, 11, 12
LOWEST_KEPT, BEFORE, KEPT, WORK, SLOPE = range(16, 21)
STATE_ROWS = 21

# High-water marks: which one, and per lane the peak and the lowest unit value with the peak above it.
WINDOW, ALL_TIME, WINDOW_MONTHLY, ALL_TIME_MONTHLY = range(4)


@inner
def pay_goals(first: int, month: int, policy: Policy, cash: Cash, block: Block, payments: FloatArray) -> None:
    """Pay what is due, in the schedule's order, out of what selling everything at its cost would raise."""
    state = block.state
    for lane in range(LANES):
        path = first + lane
        row = min(path, cash.amounts.shape[0] - 1)
        wealth = raised = state[MONEY, lane]
        for i in range(block.position.shape[0]):
            raised -= cash.trading_cost[i] * block.position[i, lane]
        q = 0
        if policy.pay.shape[1] > 1:
            fallen = math.log(block.marks[WINDOW, PEAK, lane] / state[UNIT, lane])
            q = nearest(fallen / policy.drawdown_spacing, policy.pay.shape[1] - 1)
        spent, surprise = 0.0, 0.0
        for payment in range(cash.first_payment[month], cash.first_payment[month + 1]):
            amount = cash.amounts[row, payment]
            excess = amount - cash.expected[payment]
            money = max(raised - spent, 0.0)
            fraction = choose_fraction(
                policy, payment, month, q, amount, surprise + excess, wealth, spent, money
            )
            payments[0, payment, path] = fraction
            payments[1, payment, path] = money
            spent += min(fraction * amount, money)
            surprise += fraction * excess
        state[MONEY, lane] = wealth - spent
        state[PAID_OUT, lane] += spent


@njit
def shares_kept(weights: FloatArray, keep: FloatArray) -> FloatArray:
    """Share of each portfolio of `weights` (N, K) that a month's product fees leave."""
    kept = np.zeros(weights.shape[1])
    for i in range(len(keep)):
        for k in range(len(kept)):
            kept[k] += weights[i, k] * keep[i]
    return kept


@inner
def choose_portfolios(month: int, policy: Policy, kept: FloatArray, block: Block) -> None:
    """Set every lane's target weights from the table, at the wealth after money in and payments."""
    hold, held, target = policy.hold[month], block.held, block.target
    node, q, unit, flag = block.state[WORK], block.state[SLOPE], block.state[UNIT], block.state[FLAG]
    peak = block.marks[WINDOW, PEAK]
    for lane in range(LANES):
        node[lane] = 0.0
        q[lane] = 0.0
    if hold.shape[1] > 1:
        nearest_lanes(block.state[MONEY], policy.origin[month], policy.spacing, hold.shape[1] - 1, node)
    if hold.shape[0] > 1:
        for lane in range(LANES):
            q[lane] = peak[lane] / unit[lane]
        nearest_lanes(q, 0.0, policy.drawdown_spacing, hold.shape[0] - 1, q)
    moved = 0
    for lane in range(LANES):
        i = int(node[lane])
        choice = hold[int(q[lane]), i] if flag[lane] == 0.0 else policy.broken[month, i]
        moved += choice != held[lane]
        held[lane] = choice
    if moved > 0:
        share = block.state[KEPT]
        for lane in range(LANES):
            share[lane] = kept[np.uint64(held[lane])]
        weights = policy.weights
        for asset in range(target.shape[0]):
            for lane in range(LANES):
                target[asset, lane] = weights[asset, np.uint64(held[lane])]


@inner
def refine(trading_cost: FloatArray, block: Block) -> None:
    """One step of Newton's in every lane; what is left of it stands in WORK."""
    state = block.state
    money, invested, excess, slope = state[MONEY], state[INVESTED], state[WORK], state[SLOPE]
    target, position = block.target, block.position
    for lane in range(LANES):
        excess[lane] = invested[lane] - money[lane]
        slope[lane] = 1.0
    for i in range(len(trading_cost)):
        c = trading_cost[i]
        for lane in range(LANES):
            w = target[i, lane]
            gap = w * invested[lane] - position[i, lane]
            excess[lane] += c * abs(gap)
            slope[lane] += math.copysign(c * w, gap)
    for lane in range(LANES):
        step = excess[lane] / slope[lane]
        excess[lane] = step
        invested[lane] -= step


@inner
def trade(trading_cost: FloatArray, block: Block) -> None:
    """Rebalance: INVESTED is the root x of ``x + sum_i c_i |w_i x - h_i| = money``.

    The left side is convex, piecewise linear and rising (costs are below 1), so Newton's steps from
    ``x = money`` fall to the root and end there exactly once a step crosses no kink. Few lanes cross one after
    the second step; those go on alone. The unit value bears the cost as a share of the wealth before payments:
    money on its way out pays its own way.
    """
    state = block.state
    money, invested, left = state[MONEY], state[INVESTED], state[WORK]
    for lane in range(LANES):
        invested[lane] = money[lane]
    refine(trading_cost, block)
    refine(trading_cost, block)
    for lane in range(LANES):
        if abs(left[lane]) > 1e-13 * money[lane]:
            finish_trade(lane, trading_cost, block)
    cost, unit, before = state[COST], state[UNIT], state[BEFORE]
    for lane in range(LANES):
        invested[lane] = max(invested[lane], 0.0)
    for lane in range(LANES):
        cost[lane] = money[lane] - invested[lane]
    for lane in range(LANES):
        unit[lane] *= 1.0 - cost[lane] / max(before[lane], 1e-300)


@inner
def finish_trade(lane: int, trading_cost: FloatArray, block: Block) -> None:
    """Newton's steps of one lane until they end."""
    money = block.state[MONEY, lane]
    for _ in range(len(trading_cost)):
        x = block.state[INVESTED, lane]
        excess, slope = x - money, 1.0
        for i in range(len(trading_cost)):
            c, w = trading_cost[i], block.target[i, lane]
            gap = w * x - block.position[i, lane]
            excess += c * abs(gap)
            slope += math.copysign(c * w, gap)
        step = excess / slope
        block.state[INVESTED, lane] = x - step
        if abs(step) <= 1e-13 * money:
            break


@inner
def take_fees(advisory_fee: float, state: FloatArray) -> None:
    """Take the month's fees after the trade: the advisory fee from all, each product's from what is left.

    Short loops over few rows: a loop that reads and writes many is not vectorised.
    """
    invested, unit, scale, idle = state[INVESTED], state[UNIT], state[SCALE], state[IDLE]
    advisory, product, value, kept = state[ADVISORY_FEE], state[PRODUCT_FEE], state[VALUE], state[KEPT]
    for lane in range(LANES):
        scale[lane] = unit[lane] / (1.0 if invested[lane] <= 0.0 else invested[lane])
    for lane in range(LANES):
        idle[lane] = unit[lane] if invested[lane] <= 0.0 else 0.0
    for lane in range(LANES):
        advisory[lane] = invested[lane] * advisory_fee
    for lane in range(LANES):
        value[lane] = (invested[lane] - advisory[lane]) * kept[lane]
    for lane in range(LANES):
        product[lane] = invested[lane] - advisory[lane] - value[lane]


@inner
def drift(fresh: bool, cash: Cash, growth: FloatArray, block: Block) -> None:
    """Let positions grow by a step's gross returns (asset, lane); `fresh` ones are bought first, net of fees."""
    value, invested, advisory = block.state[VALUE], block.state[INVESTED], block.state[ADVISORY_FEE]
    net = block.state[WORK]
    for lane in range(LANES):
        value[lane] = 0.0
    if fresh:
        for lane in range(LANES):
            net[lane] = invested[lane] - advisory[lane]
    position, target, columns, keep = block.position, block.target, cash.columns, cash.keep
    for i in range(len(columns)):
        column, k = columns[i], keep[i]
        if fresh:
            for lane in range(LANES):
                grown = target[i, lane] * k * net[lane] * growth[column, lane]
                position[i, lane] = grown
                value[lane] += grown
        else:
            for lane in range(LANES):
                grown = position[i, lane] * growth[column, lane]
                position[i, lane] = grown
                value[lane] += grown


@inner
def grow(returns: FloatArray, extremes: Extremes, first: int, steps: int, month: int, paid_in: float,
         resets: bool, cash: Cash, block: Block) -> None:  # fmt: skip
    """One month of a block of returns (step, asset, lane); sub-steps (or `extremes`) and month ends are watched."""
    state, marks = block.state, block.marks
    value, scale, idle, unit, gain = state[VALUE], state[SCALE], state[IDLE], state[UNIT], state[GAIN]
    paid_out, lowest = state[PAID_OUT], state[LOWEST_KEPT]
    share, offset = (1.0 / paid_in, 0.0) if paid_in > 0.0 else (0.0, 1.0)
    watched = len(extremes) > 0
    for lane in range(LANES):
        gain[lane] = -value[lane]
    if watched:
        seen = extremes[first // LANES, month]
        state[WORK, 0] = fetch(seen)
        for lane in range(LANES):
            unit[lane] = idle[lane] + scale[lane] * value[lane]
            low = value[lane] * seen[np.uint64(max(block.held[lane], 0)), LOWEST, lane]
            lowest[lane] = min(lowest[lane], (low + paid_out[lane]) * share + offset)
        observe_month(unit, block.held, seen, marks[WINDOW])
        if resets:
            observe_month(unit, block.held, seen, marks[ALL_TIME])
    for step in range(steps):
        drift(step == 0, cash, returns[month * steps + step], block)
        for lane in range(LANES):
            unit[lane] = idle[lane] + scale[lane] * value[lane]
        for lane in range(LANES):
            lowest[lane] = min(lowest[lane], (value[lane] + paid_out[lane]) * share + offset)
        observe(unit, marks[WINDOW])
        if resets:
            observe(unit, marks[ALL_TIME])
    if steps > 1 or watched:
        observe(unit, marks[WINDOW_MONTHLY])
        observe(unit, marks[ALL_TIME_MONTHLY])
    for lane in range(LANES):
        gain[lane] += value[lane]


@inner
def close(trading_cost: FloatArray, block: Block) -> None:
    """Sell pro rata at the horizon, only what the last payments need beyond the money that came in."""
    state = block.state
    for lane in range(LANES):
        held, sale_cost, cost = 0.0, 0.0, 0.0
        for i in range(len(trading_cost)):
            held += block.position[i, lane]
            sale_cost += trading_cost[i] * block.position[i, lane]
        needed = held - state[MONEY, lane]
        if needed > 0.0:
            cost = min(sale_cost * needed / (held - sale_cost), state[MONEY, lane])
        state[COST, lane] = cost
        state[INVESTED, lane] = state[MONEY, lane] - cost
        state[PRODUCT_FEE, lane] = state[ADVISORY_FEE, lane] = state[GAIN, lane] = 0.0


@inner
def open_block(cash: Cash, block: Block) -> None:
    """Every lane at today's holdings, at unit value 1, with nothing of the menu held yet."""
    state, marks = block.state, block.marks
    for lane in range(LANES):
        for row in range(STATE_ROWS):
            state[row, lane] = 0.0
        state[VALUE, lane] = cash.uninvested
        for i in range(len(cash.start)):
            block.position[i, lane] = cash.start[i]
            state[VALUE, lane] += cash.start[i]
        block.held[lane] = -1
        state[UNIT, lane] = state[LOWEST_KEPT, lane] = 1.0
        state[FLAG, lane] = cash.broken
        for mark in range(4):
            marks[mark, PEAK, lane] = marks[mark, LOW_PEAK, lane] = cash.unit_peak
            marks[mark, LOW, lane] = 1.0


@inner
def close_window(first: int, window: int, steps: int, block: Block, drawdown: FloatArray) -> None:
    """Write a window's drawdowns, start the next at today's unit value and lower the flag."""
    state, marks = block.state, block.marks
    for lane in range(LANES):
        for k in range(2):
            mark = marks[WINDOW_MONTHLY if steps > 1 and k == 1 else WINDOW]
            drawdown[k, window, first + lane] = 1.0 - mark[LOW, lane] / mark[LOW_PEAK, lane]
        for row in range(3):
            marks[WINDOW, row, lane] = marks[WINDOW_MONTHLY, row, lane] = state[UNIT, lane]
        state[FLAG, lane] = 0.0


@inner
def close_block(first: int, steps: int, resets: bool, block: Block, totals: FloatArray) -> None:
    """Write what is known at the horizon."""
    state = block.state
    finest = block.marks[ALL_TIME if resets else WINDOW]
    monthly = block.marks[ALL_TIME_MONTHLY] if steps > 1 else finest
    for lane in range(LANES):
        path = first + lane
        for k in range(4):
            totals[k, path] = state[TOTAL_COST + k, lane]
        totals[4, path] = state[INVESTED, lane]
        totals[5, path] = 1.0 - finest[LOW, lane] / finest[LOW_PEAK, lane]
        totals[6, path] = 1.0 - monthly[LOW, lane] / monthly[LOW_PEAK, lane]
        totals[7, path] = 1.0 - state[LOWEST_KEPT, lane]


@inner
def add_month(first: int, month: int, floor: float, inflow: float, block: Block, out: Records) -> None:
    """Add a month to each lane's totals and to the ledger, and flag the lanes that fell below the limit."""
    state, mark = block.state, block.marks[WINDOW]
    for row in range(4):
        flow, total = state[COST + row], state[TOTAL_COST + row]
        for lane in range(LANES):
            total[lane] += flow[lane]
    if floor > 0.0:
        for lane in range(LANES):
            if state[FLAG, lane] == 0.0 and mark[LOW, lane] < floor * mark[LOW_PEAK, lane]:
                state[FLAG, lane] = 1.0
                if out.breach_month[first + lane] < 0:
                    out.breach_month[first + lane] = month + 1
    for path in range(first, min(first + LANES, out.ledger.shape[0])):
        entry, lane = out.ledger[path, month], path - first
        before = state[BEFORE, lane]
        entry[0], entry[1], entry[2] = before - inflow, inflow, before - state[MONEY, lane]
        for k in range(4):
            entry[3 + k] = state[COST + k, lane]
        entry[7], entry[8] = state[UNIT, lane], block.held[lane]


@njit
def run_paths(returns: FloatArray, extremes: Extremes, steps: int, policy: Policy, cash: Cash, block: Block,
              out: Records) -> None:  # fmt: skip
    """Walk every block of `returns` (blocks, >= T S, assets, LANES) through the plan and fill `out`.

    Lanes beyond the last path repeat it; `out` has room for them.
    """
    months, resets, state = len(cash.inflows) - 1, policy.reset_every > 0, block.state
    kept = shares_kept(policy.weights, cash.keep)
    finest = steps if len(extremes) == 0 else steps + 1  # above 1 days and months have marks of their own
    for number in range(len(returns)):
        first = number * LANES
        open_block(cash, block)
        paid_in = state[VALUE, 0]
        for month in range(months + 1):
            age = month + policy.age
            if resets and 0 < month < months and age % policy.reset_every == 0:
                close_window(first, age // policy.reset_every - 1, finest, block, out.drawdown)
            inflow = cash.inflows[month]
            paid_in += inflow
            for lane in range(LANES):
                money = state[VALUE, lane] + inflow
                state[MONEY, lane] = state[BEFORE, lane] = out.wealth[month, first + lane] = money
            if cash.first_payment[month] < cash.first_payment[month + 1]:
                pay_goals(first, month, policy, cash, block, out.payments)
            if month == months:
                close(cash.trading_cost, block)
            else:
                choose_portfolios(month, policy, kept, block)
                trade(cash.trading_cost, block)
                take_fees(cash.advisory_fee, state)
                grow(returns[number], extremes, first, steps, month, paid_in, resets, cash, block)
            add_month(first, month, policy.floor, inflow, block, out)
        close_block(first, finest, resets, block, out.totals)
        close_window(first, out.drawdown.shape[1] - 1, finest, block, out.drawdown)
