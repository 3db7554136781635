"""What the judge's kernel reads and writes, as plain arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TOTALS = (
    "cost", "product_fee", "advisory_fee", "gain", "final", "peak_drawdown", "peak_drawdown_monthly",
    "loss_of_paid_in",
)  # fmt: skip
LEDGER = ("opening", "inflow", "payment", "cost", "product_fee", "advisory_fee", "gain", "unit", "held")


class Policy(NamedTuple):
    """The arrays of a `PolicyTable` and the weights of its menu.

    `floor` is ``exp(-limit)``, 0 without a limit; `broken` (T+1, X) is empty then. `weights` is (N, K).
    """

    origin: FloatArray
    spacing: float
    hold: NDArray[np.int16]
    drawdown_spacing: float
    floor: float
    broken: NDArray[np.int16]
    reset_every: int
    age: int
    pay: NDArray[np.int8]
    fractions: FloatArray
    weights: FloatArray


class Cash(NamedTuple):
    """Money in and out, holdings at the start, costs and fees, of the N assets that the run may hold.

    `columns` (N,) are their columns in the returns. Payments of month t are ``first_payment[t] ..
    first_payment[t + 1]``; `amounts` is (P, M), or (1, M) where it is the same on every path. `keep` is
    what a month's product fee leaves of an asset, `advisory_fee` a month's. `start` (N,) and `uninvested`
    are money; `broken` is 1 where the limit was broken before.
    """

    inflows: FloatArray
    first_payment: IntArray
    amounts: FloatArray
    expected: FloatArray
    columns: IntArray
    start: FloatArray
    uninvested: float
    trading_cost: FloatArray
    keep: FloatArray
    advisory_fee: float
    unit_peak: float
    broken: float


class Block(NamedTuple):
    """Work space of one block of paths, one lane a path; rows of `state` and `marks` are named in the kernel.

    `position` and `target` (N, lanes), `state` (rows, lanes), `marks` (4, 3, lanes), `held` (lanes,).
    """

    position: FloatArray
    target: FloatArray
    state: FloatArray
    marks: FloatArray
    held: IntArray


class Records(NamedTuple):
    """What a run writes, paths innermost.

    `wealth` (T+1, P); `payments` (2, M, P): fraction paid and money available; `totals` (8, P), rows
    `TOTALS`; `drawdown` (2, windows, P): at sub-steps and at months; `breach_month` (P,); `ledger` (L,
    T+1, 9) of the first L paths, columns `LEDGER`.
    """

    wealth: FloatArray
    payments: FloatArray
    totals: FloatArray
    drawdown: FloatArray
    breach_month: IntArray
    ledger: FloatArray
