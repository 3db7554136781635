"""Money-weighted returns: the rate at which what was paid in grows to what was paid out."""

import numpy as np
from numpy.typing import NDArray

from .judge import Outcome

FloatArray = NDArray[np.float64]

_LOW, _HIGH = -0.999, 10.0  # a year
_ROUNDS = 45  # halvings of the range: 2e-13 of it
_GRID = 4096
_WORK = 400_000  # path-payments looked at; a percentile needs no more paths than this leaves


def money_weighted_returns(outcome: Outcome) -> FloatArray:
    """Yearly effective internal rates of return, on all paths or, with many payments, on the first of them.

    The rate r solves ``sum_t in_t (1 + r)^(-t / 12) = sum_t out_t (1 + r)^(-t / 12) + final (1 + r)^(-T / 12)``
    with today's wealth in at t = 0. A path on which everything is lost has the lowest rate looked for, -99.9 %.
    The money in is the same on every path, so its present value is tabulated once over the rate.
    """
    paths = min(outcome.paths, max(500, _WORK // (len(outcome.payments) + 1)))
    out = np.column_stack([outcome.money_paid[:paths], outcome.final[:paths]])
    month = np.array([*(p.month for p in outcome.payments), outcome.months])
    inflows = outcome.inflows.copy()
    inflows[0] += outcome.start
    low, high = np.log1p(_LOW) / 12.0, np.log1p(_HIGH) / 12.0
    grid = np.linspace(low, high, _GRID)
    money_in = np.exp(-np.outer(grid, np.arange(len(inflows)))) @ inflows
    lower, upper = np.full(paths, low), np.full(paths, high)
    for _ in range(_ROUNDS):
        middle = 0.5 * (lower + upper)
        paid = (out * np.exp(-middle[:, None] * month)).sum(axis=1)
        higher = paid > np.interp(middle, grid, money_in)
        lower, upper = np.where(higher, middle, lower), np.where(higher, upper, middle)
    return np.expm1(6.0 * (lower + upper))
