"""The policy as a value: what to hold and what to pay, by month, wealth and drawdown."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTable:
    """What to hold and what to pay, looked up by month, log wealth and drawdown.

    Axes: month ``t = 0..T``; drawdown state ``q`` (``Q == 1`` where the plan has no drawdown limit); wealth
    node ``i``. Node ``i`` of month ``t`` stands for the wealth ``exp(origin[t] + i * spacing)``; a lookup
    takes the nearest node and clips to the ends. ``W == 1`` means "the same at any wealth" (glide path, fixed
    mix).

    Parameters
    ----------
    origin
        (T+1,) log wealth of node 0 in each month.
    spacing
        Log-wealth distance of two nodes.
    hold
        (T+1, Q, W) menu index to hold over month ``t -> t+1``, at the wealth after money in and payments.
    drawdown_spacing
        Log units; state ``q = rint(-log(unit / peak) / drawdown_spacing)``, clipped to ``Q - 1``.
    limit
        Log drawdown ``-log(1 - max_drawdown)`` beyond which the limit counts as broken; ``inf`` without one.
    broken
        (T+1, W) menu index to hold once the limit is broken, until the next reset; (T+1, 0) without a limit.
    reset_every
        Months between resets of peak and flag; 0 for never.
    pay
        (M, Q, W) option chosen for payment ``m``, at the wealth after money in and before any payment of its
        month, on the nodes of that month. Where ``W == 1`` every payment takes its largest affordable option.
    fractions
        (M, O) fraction of the payment that an option pays, ascending; ``fractions[:, 0] == 0``.
    payment_month
        (M,) month of each payment.
    age
        Months of the first window that are gone at month 0, below `reset_every`: the table of a plan under way
        keeps to the reset dates it was made with. Resets fall on months ``k * reset_every - age``.

    """

    origin: NDArray[np.float64]
    spacing: float
    hold: NDArray[np.int16]
    drawdown_spacing: float
    limit: float
    broken: NDArray[np.int16]
    reset_every: int
    pay: NDArray[np.int8]
    fractions: NDArray[np.float64]
    payment_month: NDArray[np.int64]
    age: int = 0

    def __post_init__(self) -> None:
        for array in (self.origin, self.hold, self.broken, self.pay, self.fractions, self.payment_month):
            array.flags.writeable = False

    @property
    def months(self) -> int:
        """The horizon T in months."""
        return len(self.origin) - 1

    def after(self, month: int) -> PolicyTable:
        """Return what is left of the table from `month` on, once that month's payments are made."""
        kept = self.payment_month > month
        return replace(
            self,
            origin=self.origin[month:].copy(),
            hold=self.hold[month:].copy(),
            broken=self.broken[month:].copy(),
            pay=self.pay[kept],
            fractions=self.fractions[kept],
            payment_month=self.payment_month[kept] - month,
            age=(self.age + month) % self.reset_every if self.reset_every else 0,
        )

    def holding(self, month: int, wealth: float, drawdown: float = 0.0, broken: bool = False) -> int:
        """Menu index to hold from `month` on at `wealth` after money in and payments."""
        nodes = self.hold.shape[2]
        node = 0
        if nodes > 1 and wealth > 0.0:
            steps = np.rint((np.log(wealth) - self.origin[month]) / self.spacing)
            node = int(np.clip(steps, 0, nodes - 1))
        if broken and self.broken.shape[1]:
            return int(self.broken[month, node])
        state = 0
        if self.hold.shape[1] > 1:
            steps = np.rint(-np.log1p(-drawdown) / self.drawdown_spacing)
            state = int(np.clip(steps, 0, self.hold.shape[1] - 1))
        return int(self.hold[month, state, node])
