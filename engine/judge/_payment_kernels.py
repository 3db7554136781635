"""How much of a payment is made: the largest option that the policy allows and the money covers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...scenarios._kernels import inner
from ._lattice_kernels import nearest

if TYPE_CHECKING:
    from .arrays import Policy

FloatArray = NDArray[np.float64]


@inner
def largest_affordable(fractions: FloatArray, allowed: float, amount: float, money: float) -> float:
    """Largest option fraction, at most `allowed`, whose share of `amount` the money covers."""
    best = 0.0
    for fraction in fractions:
        if best < fraction <= allowed and fraction * amount <= money * (1.0 + 1e-12):
            best = fraction
    return best


@inner
def choose_fraction(
    policy: Policy, payment: int, month: int, state: int, amount: float, surprise: float, wealth: float,
    spent: float, money: float,
) -> float:  # fmt: skip
    """Fraction of a payment that is paid out of `wealth`, of which `spent` is gone and `money` can be raised.

    The table expected amounts smaller by `surprise` in all, so it is read at ``wealth - surprise``: what
    would be left after paying is then the same on both sides. Money decides what is affordable, never the
    node: where the nearest node is too poor for what the money affords, the next one is read.
    """
    fractions = policy.fractions[payment]
    last = policy.pay.shape[2] - 1
    affordable = largest_affordable(fractions, 1.0, amount, money)
    if last == 0 or affordable == 0.0:
        return affordable
    node = 0
    if wealth > surprise:
        node = nearest((math.log(wealth - surprise) - policy.origin[month]) / policy.spacing, last)
    node_wealth = math.exp(policy.origin[month] + node * policy.spacing)
    if node < last and spent + affordable * amount - surprise > node_wealth * (1.0 + 1e-12):
        node += 1
    return largest_affordable(fractions, fractions[policy.pay[payment, state, node]], amount, money)
