"""From the client's goals to the policy's: expected nominal amounts, parts, priorities and streams."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..goals import Goal, Payment, Schedule
from .policy import PolicyGoal

FloatArray = NDArray[np.float64]

CUSHION = 1.5  # standard deviations of the index that the policy sets aside beyond the expected amount


def expected_amount(payment: Payment, index_growth: Mapping[str, float]) -> float:
    """Nominal amount of a payment with its index at the expected growth ``(1 + g)^(t / 12)``."""
    growth = index_growth[payment.index] if payment.index else 0.0
    return float(payment.amount * (1.0 + growth) ** (payment.month / 12.0))


def planned_amount(
    payment: Payment, index_growth: Mapping[str, float], index_volatility: Mapping[str, float]
) -> float:
    """What the policy sets aside for a payment: the expected amount times ``exp(1.5 s)``, s the index's deviation.

    ``s = v sqrt(t / 12)`` is the standard deviation of the index's log at the payment, v a year. A policy turns safe
    once the amount that it aims at is there; aimed at the expected amount, half of the drawn ones would be larger.
    The factor was measured, see docs/method.md.
    """
    if payment.index is None:
        return payment.amount
    spread = index_volatility[payment.index] * (payment.month / 12.0) ** 0.5
    return float(expected_amount(payment, index_growth) * np.exp(CUSHION * spread))


def policy_goals(
    goals: Sequence[Goal],
    schedule: Schedule,
    amounts: FloatArray,
    emphasis: Sequence[float] = (),
) -> tuple[PolicyGoal, ...]:
    """One `PolicyGoal` a payment of (M,) nominal `amounts`, in the schedule's order.

    A goal is worth 1, shared evenly by its payments. Where a part may be paid (``min_fraction < 1``) that part is
    worth its fraction. Priorities are passed on only where goals differ in them. With `emphasis`, one weight a goal,
    goals are worth that and priorities do not count.
    """
    counts = np.bincount([p.goal for p in schedule.payments], minlength=len(goals))
    ranked = len({p.priority for p in schedule.payments}) > 1 and not emphasis
    out = []
    for payment, amount in zip(schedule.payments, map(float, amounts), strict=True):
        share = (emphasis[payment.goal] if emphasis else 1.0) / int(counts[payment.goal])
        part = payment.min_fraction
        options = ((amount, share),) if part >= 1.0 else ((part * amount, part * share), (amount, share))
        out.append(
            PolicyGoal(
                step=payment.month,
                options=options,
                priority=payment.priority if ranked else None,
                stream=payment.goal if counts[payment.goal] > 1 else None,
            )
        )
    return tuple(out)
