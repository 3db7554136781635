"""Settling one month on the wealth lattice: what is paid, and what the rest is worth."""

import math

from ...scenarios._kernels import njit

_FEASIBLE = 1e-9  # relative slack in "can the wealth pay this": absorbs the rounding of exp(log(.))
_TIE = 1e-12  # the dearer of two settlements must be worth more by more than rounding


@njit
def interpolate(values, n, pad, at_zero, log_wealth, wealth, x0, h):
    """Value at a wealth: four-point cubic in log wealth kept between its neighbours; linear in wealth below node 0."""
    s = (log_wealth - x0) / h
    if s < 0.0:
        return at_zero + (values[pad] - at_zero) * wealth / math.exp(x0)
    j = int(s)
    if j >= n - 1:
        return values[pad + n - 1]
    u = s - j
    low, high = values[pad + j], values[pad + j + 1]
    before = values[pad + max(j - 1, 0)]
    after = values[pad + min(j + 2, n - 1)]
    v = (
        -u * (u - 1.0) * (u - 2.0) / 6.0 * before
        + (u + 1.0) * (u - 1.0) * (u - 2.0) / 2.0 * low
        - (u + 1.0) * u * (u - 2.0) / 2.0 * high
        + (u + 1.0) * u * (u - 1.0) / 6.0 * after
    )
    return min(max(v, min(low, high)), max(low, high))


@njit
def settle_at(
    wealth, flow, first, last, cost, utility, aversion, scale, absorbing, values, n, pad, at_zero, x0, h
):
    """Best value and settlement for one row at `wealth` before money in; settlement -1 where ruined."""
    available = wealth + flow
    if available < -_FEASIBLE * abs(flow) or (absorbing and available <= 0.0):
        if absorbing:
            return 0.0, -1
        available = 0.0
    best, chosen = -1e300, -1
    for c in range(first, last):
        rest = available - cost[c]
        if rest < -_FEASIBLE * cost[c]:
            continue
        rest = max(rest, 0.0)
        value = utility[c]
        if aversion[c] != 0.0:
            value += aversion[c] * min(rest / scale[c], 1.0)
        if rest > 0.0:
            value += interpolate(values, n, pad, at_zero, math.log(rest), rest, x0, h)
        else:
            value += at_zero
        if value > best + _TIE:
            best, chosen = value, c
    return best, chosen


@njit
def settled_value(wealth, flow, chosen, cost, gain, values, n, pad, at_zero, x0, h):
    """Value of a followed settlement: its `gain` plus the interpolated value of what is left."""
    if chosen < 0:
        return 0.0
    rest = max(wealth + flow - cost[chosen], 0.0)
    if rest > 0.0:
        return gain[chosen] + interpolate(values, n, pad, at_zero, math.log(rest), rest, x0, h)
    return gain[chosen] + at_zero


@njit
def decide(settled, edges, first, last, cost, utility, aversion, scale, values, n, pad, at_zero, x0, h):
    """Settlement chosen in each cell, decided at its upper edge: who can just pay must not be rounded down."""
    for r in range(settled.shape[0]):
        for i in range(n):
            _, c = settle_at(
                edges[i], 0.0, first, last, cost, utility, aversion, scale, False,
                values[r], n, pad, at_zero[r], x0, h,
            )  # fmt: skip
            settled[r, i] = c - first


@njit
def settle_month(
    before, after, at_zero, tracked_before, tracked_after, tracked_zero, tracked_zero_next, jumps, tracked_jumps,
    nodes, flow, first, last, cost, utility, aversion, scale, gains, absorbing, break_log, b0, b1, n, pad, x0, h,
):  # fmt: skip
    """Value of every node of one row before the month's money and payments, and its jumps; return it for
    wealth 0.

    A settlement follows the value, so each tracked quantity is read off at the settlement chosen for the
    value.
    """
    tracks = tracked_before.shape[0]
    if flow == 0.0 and last - first == 1 and cost[first] == 0.0 and aversion[first] == 0.0:
        before[:] = after + utility[first]
        for k in range(tracks):
            tracked_before[k] = tracked_after[k] + gains[k, first]
    else:
        for i in range(n):
            before[pad + i], c = settle_at(
                nodes[i],
                flow,
                first,
                last,
                cost,
                utility,
                aversion,
                scale,
                absorbing,
                after,
                n,
                pad,
                at_zero,
                x0,
                h,
            )
            for k in range(tracks):
                tracked_before[k, pad + i] = settled_value(
                    nodes[i], flow, c, cost, gains[k], tracked_after[k], n, pad, tracked_zero[k], x0, h
                )
    for b in range(b0, b1):
        at = math.exp(break_log[b])
        short = at - 1e-7 * max(at, abs(flow))
        up, c_up = settle_at(
            at, flow, first, last, cost, utility, aversion, scale, absorbing, after, n, pad, at_zero, x0, h
        )
        down, c_down = settle_at(
            short, flow, first, last, cost, utility, aversion, scale, absorbing, after, n, pad, at_zero, x0, h
        )
        jumps[b] = up - down
        for k in range(tracks):
            tracked_jumps[k, b] = settled_value(
                at, flow, c_up, cost, gains[k], tracked_after[k], n, pad, tracked_zero[k], x0, h
            ) - settled_value(
                short, flow, c_down, cost, gains[k], tracked_after[k], n, pad, tracked_zero[k], x0, h
            )
    value, c = settle_at(
        0.0, flow, first, last, cost, utility, aversion, scale, absorbing, after, n, pad, at_zero, x0, h
    )
    for k in range(tracks):
        tracked_zero_next[k] = settled_value(
            0.0, flow, c, cost, gains[k], tracked_after[k], n, pad, tracked_zero[k], x0, h
        )
    return value
