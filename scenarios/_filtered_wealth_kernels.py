"""Compiled wealth under filtered historical simulation: days, account and drawdown in one pass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._filtered_kernels import advance_day, gather_rows
from ._kernels import LANES, njit, philox
from ._wealth_kernels import ROWS, Account, carry, close_account, open_account, settle, single_exponential

SingleArray = NDArray[np.float32]


@njit
def filtered_wealth(
    key0: int, key1: int, use: int, first: int, low: int, high: int, rows: SingleArray, shape: SingleArray,
    now: SingleArray, steps: int, shift: SingleArray, account: Account,
) -> None:  # fmt: skip
    """Fill columns `low` .. `high` of the account: column p is path first + p of `_filtered_kernels.filtered_paths`.

    `shift` (P, N) of the monthly log mean is in the order of `rows`.
    """
    weights, wealth = account.weights, account.wealth
    T, N = weights.shape[0], weights.shape[1]
    bits = np.empty((4, LANES), dtype=np.uint32)
    z, h = np.empty((N, LANES), dtype=np.float32), np.empty((N, LANES), dtype=np.float32)
    e, y = np.empty((N, LANES), dtype=np.float32), np.empty((N, LANES), dtype=np.float32)
    base = np.empty((N, LANES), dtype=np.float32)
    held, state = np.zeros((N, LANES), dtype=np.float32), np.zeros((ROWS, LANES), dtype=np.float32)
    for at in range(low, high, LANES):
        end = min(at + LANES, high)
        for n in range(N):
            h[n] = now[n]
            base[n] = shape[5, n]
            for lane in range(end - at):
                base[n, lane] += shift[at + lane, n] / np.float32(steps)
        open_account(account.begin, held, state)
        for t in range(T):
            settle(account, t, state, wealth[t, at:end])
            e[:] = np.float32(0.0)
            y[:] = np.float32(0.0)
            for step in range(steps):
                if step % 4 == 0:
                    philox(key0, key1, first + at, t, step // 4, use, bits)
                gather_rows(rows, bits[step % 4], z)
                advance_day(shape, base, z, h, e, y)
            single_exponential(y.reshape(y.size))
            carry(weights[t], account.rates, y, held, state)
        settle(account, T, state, wealth[T, at:end])
        close_account(state, account.totals[:, at:end])
