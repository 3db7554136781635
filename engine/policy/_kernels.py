"""Backward induction on the wealth lattice: bare arrays, no checks (``backward.py`` is the checked layer).

Rows of a value array: 0..Q-1 the drawdown states with the limit kept, Q "the limit breaks in this step" (the
broken value less the multiplier), Q+1 "broken". Without a drawdown limit there is the one row 0. Columns are
the wealth nodes, padded on both sides by the widest stencil with the end values.
"""

import math

import numpy as np

from ...scenarios._kernels import njit
from ._settlement_kernels import decide, settle_at, settle_month, settled_value

_TIE = 1e-12  # a riskier portfolio must beat a calmer one by more than rounding


@njit
def pad_ends(values, n, pad):
    """Extend every row beyond the lattice by its end values."""
    for r in range(values.shape[0]):
        values[r, :pad] = values[r, pad]
        values[r, pad + n :] = values[r, pad + n - 1]


@njit
def convolve(out, row, first, weights, l0, l1, lo, pad):
    """Add sum over l0 <= l < l1 of weights[l] * row[lo + i + first + l] to out[i]."""
    m = len(out)
    l = l0
    at = pad + lo + first
    while l + 8 <= l1:
        w0, w1, w2, w3 = weights[l], weights[l + 1], weights[l + 2], weights[l + 3]
        w4, w5, w6, w7 = weights[l + 4], weights[l + 5], weights[l + 6], weights[l + 7]
        v = row[at + l : at + l + m + 8]
        for i in range(m):
            out[i] += ((w0 * v[i] + w1 * v[i + 1]) + (w2 * v[i + 2] + w3 * v[i + 3])) + (
                (w4 * v[i + 4] + w5 * v[i + 5]) + (w6 * v[i + 6] + w7 * v[i + 7])
            )
        l += 8
    while l < l1:
        w0 = weights[l]
        v = row[at + l : at + l + m]
        for i in range(m):
            out[i] += w0 * v[i]
        l += 1


@njit
def convolve_down(out, values, first, weights, count, q, live, lo, pad):
    """Add sum_d w_d V[q - d, i + d] over the offsets that stay below the peak and above the limit."""
    m = len(out)
    l = max(q - live + 1 - first, 0)
    end = min(q - first, count)
    while l + 4 <= end:
        d = first + l
        w0, w1, w2, w3 = weights[l], weights[l + 1], weights[l + 2], weights[l + 3]
        at = pad + lo + d
        v0 = values[q - d, at : at + m]
        v1 = values[q - d - 1, at + 1 : at + 1 + m]
        v2 = values[q - d - 2, at + 2 : at + 2 + m]
        v3 = values[q - d - 3, at + 3 : at + 3 + m]
        for i in range(m):
            out[i] += (w0 * v0[i] + w1 * v1[i]) + (w2 * v2[i] + w3 * v3[i])
        l += 4
    while l < end:
        w0 = weights[l]
        at = pad + lo + first + l
        v0 = values[q - first - l, at : at + m]
        for i in range(m):
            out[i] += w0 * v0[i]
        l += 1


@njit
def expect(out, values, first, count, weights, q, live, lo, pad):
    """out[i] = sum_d w_d V[row(q - d), lo + i + d]: above the old peak row 0, beyond the limit row `live`."""
    out[:] = 0.0
    if live == 0:
        convolve(out, values[0], first, weights, 0, count, lo, pad)
        return
    convolve(out, values[0], first, weights, min(max(q - first, 0), count), count, lo, pad)
    convolve(out, values[live], first, weights, 0, max(min(q - live + 1 - first, count), 0), lo, pad)
    convolve_down(out, values, first, weights, count, q, live, lo, pad)


@njit
def choose(
    after, hold, before, jumps, first, count, weights, table, node, b0, b1, admissible, forced, rows, live, lo, hi,
    pad, acc, best,
):  # fmt: skip
    """Best portfolio of every state at nodes lo..hi-1.

    What lies above the old peak (row 0) and beyond the limit (row `live`) changes by one offset from one
    drawdown state to the next, so both partial sums are carried along instead of being summed anew. `forced`
    names the one portfolio to evaluate instead, -1 none.
    """
    m = hi - lo
    above, beyond = np.zeros(m), np.zeros(m)
    best[:, :m] = -1e300
    for k in range(len(first)):
        if forced >= 0 and k != forced:
            continue
        f, c, w = first[k], count[k], weights[k]
        above[:] = 0.0
        beyond[:] = 0.0
        if live == 0:
            convolve(above, before[0], f, w, 0, c, lo, pad)
        else:
            convolve(above, before[0], f, w, min(max(-f, 0), c), c, lo, pad)
            convolve(beyond, before[live], f, w, 0, max(min(1 - live - f, c), 0), lo, pad)
        for q in range(rows):
            if admissible[q, k]:
                total = acc[:m]
                for i in range(m):
                    total[i] = above[i] + beyond[i]
                if live > 0:
                    convolve_down(total, before, f, w, c, q, live, lo, pad)
                correct_jumps(total, jumps, f, c, table[:, k], node, b0, b1, q, live, lo, hi)
                top, chosen = best[q, :m], hold[q, lo:hi]
                for i in range(m):
                    if total[i] > top[i] + _TIE:
                        top[i] = total[i]
                        chosen[i] = k
            if live > 0 and q < rows - 1:
                l = q - f
                if 0 <= l < c:
                    v = before[0, pad + lo + q : pad + hi + q]
                    for i in range(m):
                        above[i] -= w[l] * v[i]
                l = q + 1 - live - f
                if 0 <= l < c:
                    v = before[live, pad + lo + q + 1 - live : pad + hi + q + 1 - live]
                    for i in range(m):
                        beyond[i] += w[l] * v[i]
    for q in range(rows):
        after[q, pad + lo : pad + hi] = best[q, :m]


@njit
def correct_jumps(out, jumps, first, count, table, node, b0, b1, q, live, lo, hi):
    """Replace the lattice's share of each jump of the value by its exact probability (``table``: the difference)."""
    for b in range(b0, b1):
        for l in range(count + 2):
            e = first + l - 1
            i = node[b] - e
            if lo <= i < hi:
                out[i - lo] += jumps[b, min(max(q - e, 0), live)] * table[b, l]


@njit
def backward(
    x0, h, n, pad, reach, rows, limited,
    first, count, weights, law, admissible, forced,
    flows, start, cost, utility, aversion, scale,
    break_start, break_log, break_node, break_table,
    gains, charges, absorbing, multiplier, reset,
    hold, settled, values, wealth, state,
):  # fmt: skip
    """Solve back from the last month; return value and tracked values at `wealth` before month 0's money.

    ``hold[t, q, i]`` (at the wealth after settlement) and ``settled[t, q, i]`` (number of the settlement
    within the month, at the wealth after money in) are filled in. ``gains`` (R, C) are what each tracked
    quantity earns by a settlement, ``charges`` (R, T+1) what it earns when the limit breaks in the step that
    ends in month t, when ``multiplier[t]`` is paid. ``values`` (T+1, n), or empty, receives row 0 of the
    value before settlement.
    """
    steps = len(flows) - 1
    tracks = gains.shape[0]
    portfolios = first.shape[1]
    live = rows if limited else 0
    total = rows + 2 if limited else 1
    last_row = total - 1
    after = np.zeros((total, n + 2 * pad))  # value after settlement of month t
    before = np.zeros((total, n + 2 * pad))  # value before settlement of month t
    tracked_after = np.zeros((tracks, total, n + 2 * pad))
    tracked_before = np.zeros((tracks, total, n + 2 * pad))
    zero, zero_next = np.zeros(total), np.zeros(total)
    tracked_zero, tracked_zero_next = np.zeros((tracks, total)), np.zeros((tracks, total))
    breaks = len(break_log)
    jumps = np.zeros((breaks, total))
    tracked_jumps = np.zeros((tracks, breaks, total))
    acc, best = np.zeros(n), np.zeros((rows, n))
    nodes, edges = np.empty(n), np.empty(n)
    for i in range(n):
        nodes[i] = math.exp(x0 + i * h)
        edges[i] = math.exp(x0 + (i + 0.5) * h)
    narrowest = 0
    for k in range(portfolios):
        if first[0, k] > first[0, narrowest]:
            narrowest = k
    tracked_value = np.zeros(tracks)

    for t in range(steps, 0, -1):
        c0, c1 = start[t], start[t + 1]
        b0, b1 = break_start[t], break_start[t + 1]
        if c1 - c0 > 1:
            decide(settled[t], edges, c0, c1, cost, utility, aversion, scale, after, n, pad, zero, x0, h)
        for r in range(total):
            if r == rows and limited:
                continue
            if reset[t] and r > 0:  # a new window: every state restarts from a fresh peak
                before[r], zero_next[r], jumps[b0:b1, r] = before[0], zero_next[0], jumps[b0:b1, 0]
                tracked_before[:, r], tracked_zero_next[:, r] = tracked_before[:, 0], tracked_zero_next[:, 0]
                tracked_jumps[:, b0:b1, r] = tracked_jumps[:, b0:b1, 0]
                continue
            zero_next[r] = settle_month(
                before[r], after[r], zero[r], tracked_before[:, r], tracked_after[:, r], tracked_zero[:, r],
                tracked_zero_next[:, r], jumps[:, r], tracked_jumps[:, :, r], nodes, flows[t], c0, c1, cost, utility,
                aversion, scale, gains, absorbing, break_log, b0, b1, n, pad, x0, h,
            )  # fmt: skip
        if limited:
            before[rows] = before[rows + 1] - multiplier[t]
            zero_next[rows] = zero_next[rows + 1] - multiplier[t]
            jumps[b0:b1, rows] = jumps[b0:b1, rows + 1]
            for k in range(tracks):
                tracked_before[k, rows] = tracked_before[k, rows + 1] + charges[k, t]
                tracked_zero_next[k, rows] = tracked_zero_next[k, rows + 1] + charges[k, t]
                tracked_jumps[k, b0:b1, rows] = tracked_jumps[k, b0:b1, rows + 1]
        pad_ends(before, n, pad)
        if t < len(values):
            values[t] = before[0, pad : pad + n]
        for k in range(tracks):
            pad_ends(tracked_before[k], n, pad)
        zero[:] = zero_next
        tracked_zero[:] = tracked_zero_next

        # the step t-1 -> t: the best portfolio at every node in reach
        g = law[t - 1]
        lo, hi = reach[t - 1, 0], reach[t - 1, 1]
        if not limited:
            safest = narrowest if forced[t - 1] < 0 else forced[t - 1]
            lo, hi = active_nodes(before[0], n, pad, first[g], count[g], safest, lo, hi)
            hold[t - 1, 0, :lo] = max(forced[t - 1], 0)
            hold[t - 1, 0, hi:] = safest
            after[0, pad : pad + lo] = before[0, pad : pad + lo]
            after[0, pad + hi : pad + n] = before[0, pad + hi : pad + n]
        choose(
            after, hold[t - 1], before, jumps, first[g], count[g], weights[g], break_table, break_node, b0, b1,
            admissible, forced[t - 1], rows, live, lo, hi, pad, acc, best,
        )  # fmt: skip
        if limited:
            after_break = after[last_row, pad + lo : pad + hi]
            expect(after_break, before[last_row:], first[g, 0], count[g, 0], weights[g, 0], 0, 0, lo, pad)
            correct_jumps(
                after_break, jumps[:, last_row:], first[g, 0], count[g, 0], break_table[:, 0], break_node, b0, b1,
                0, 0, lo, hi,
            )  # fmt: skip
            extend(after, lo, hi, n, pad)
            for q in range(rows):
                hold[t - 1, q, :lo] = hold[t - 1, q, lo]
                hold[t - 1, q, hi:] = hold[t - 1, q, hi - 1]
        pad_ends(after, n, pad)
        for k in range(tracks):
            follow(
                tracked_after[k], tracked_before[k], tracked_jumps[k], hold[t - 1], first[g], count[g], weights[g],
                break_table, break_node, b0, b1, rows, live, limited, lo, hi, n, pad,
            )  # fmt: skip

    # month 0: settle at the client's own wealth and drawdown
    q = state
    value, c = settle_at(
        wealth, flows[0], start[0], start[1], cost, utility, aversion, scale, absorbing,
        after[q], n, pad, zero[q], x0, h,
    )  # fmt: skip
    for k in range(tracks):
        tracked_value[k] = settled_value(
            wealth, flows[0], c, cost, gains[k], tracked_after[k, q], n, pad, tracked_zero[k, q], x0, h
        )
    if start[1] - start[0] > 1:
        decide(
            settled[0], edges, start[0], start[1], cost, utility, aversion, scale, after, n, pad, zero, x0, h
        )
    return value, tracked_value


@njit
def active_nodes(values, n, pad, first, count, narrowest, lo, hi):
    """Nodes of lo..hi-1 whose next value is not already certain: elsewhere all in reach has the end value."""
    bottom, top = values[pad], values[pad + n - 1]
    low, high = 0, n
    while low < n and values[pad + low] <= bottom + 1e-13:
        low += 1
    while high > 0 and values[pad + high - 1] >= top - 1e-13:
        high -= 1
    reach = 0
    for k in range(len(first)):
        reach = max(reach, first[k] + count[k])
    lo = max(lo, low - reach - 2)
    hi = min(hi, high - first[narrowest] + 2)
    return min(lo, n), max(hi, min(lo, n))


@njit
def extend(values, lo, hi, n, pad):
    """Nodes out of reach take the value of the nearest one in reach."""
    for r in range(values.shape[0]):
        values[r, pad : pad + lo] = values[r, pad + lo]
        values[r, pad + hi : pad + n] = values[r, pad + hi - 1]


@njit
def follow(
    after, before, jumps, hold, first, count, weights, table, node, b0, b1, rows, live, limited, lo, hi, n, pad
):  # fmt: skip
    """Expected tracked value when the chosen portfolios are held, one run of equal choice at a time."""
    if not limited:
        after[0, pad : pad + lo] = before[0, pad : pad + lo]
        after[0, pad + hi : pad + n] = before[0, pad + hi : pad + n]
    for q in range(rows):
        i = lo
        while i < hi:
            k = hold[q, i]
            j = i + 1
            while j < hi and hold[q, j] == k:
                j += 1
            out = after[q, pad + i : pad + j]
            expect(out, before, first[k], count[k], weights[k], q, live, i, pad)
            correct_jumps(out, jumps, first[k], count[k], table[:, k], node, b0, b1, q, live, i, j)
            i = j
    if limited:
        last = before.shape[0] - 1
        out = after[last, pad + lo : pad + hi]
        expect(out, before[last:], first[0], count[0], weights[0], 0, 0, lo, pad)
        correct_jumps(out, jumps[:, last:], first[0], count[0], table[:, 0], node, b0, b1, 0, 0, lo, hi)
        extend(after, lo, hi, n, pad)
    pad_ends(after, n, pad)
