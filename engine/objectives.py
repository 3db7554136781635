"""From the client's goals to the policy's: nominal amounts and their spread, parts, priorities and streams."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..goals import Goal, Payment, Schedule
from ..scenarios.assumptions import Assumptions
from .policy import PolicyGoal
from .policy.goals import WIDEST

FloatArray = NDArray[np.float64]


_ALONE = 36  # payments of a stream, at most, whose common index is drawn through each


def expected_amount(payment: Payment, index_growth: Mapping[str, float]) -> float:
    """Nominal amount of a payment with its index at the expected growth ``(1 + g)^(t / 12)``."""
    growth = index_growth[payment.index] if payment.index else 0.0
    return float(payment.amount * (1.0 + growth) ** (payment.month / 12.0))


def amount_due(payment: Payment, assumptions: Assumptions) -> tuple[float, float]:
    """Mean of the nominal amount of a payment that will be due, and the standard deviation of its log.

    Over T years the log of an index has variance ``s^2 = v^2 (T + T^2 / n)``, v its volatility and n the years behind
    its expected growth g, which is uncertain itself; the median is ``(1 + g)^T exp(-v^2 T / 2)`` of today's amount, as
    on simulated paths, and the mean ``exp(s^2 / 2)`` times that.
    """
    if payment.index is None:
        return payment.amount, 0.0
    j, years = assumptions.index_ids.index(payment.index), payment.month / 12.0
    growth = {payment.index: float(assumptions.index_mean[j])}
    doubt = float(assumptions.index_volatility[j]) * years / np.sqrt(assumptions.years)
    spread = np.hypot(float(assumptions.index_volatility[j]) * np.sqrt(years), doubt)
    return float(expected_amount(payment, growth) * np.exp(0.5 * doubt**2)), float(spread)


def policy_goals(
    goals: Sequence[Goal],
    schedule: Schedule,
    assumptions: Assumptions,
    emphasis: Sequence[float] = (),
) -> tuple[PolicyGoal, ...]:
    """One `PolicyGoal` a payment, in the schedule's order, with the amount that will be due under `assumptions`.

    A goal is worth 1, shared evenly by its payments. Where a part may be paid (``min_fraction < 1``) that part is
    worth its fraction. Priorities are passed on only where goals differ in them. With `emphasis`, one weight a goal,
    goals are worth that and priorities do not count.

    The n payments of a goal follow one index, while the policy draws each alone: with ``sqrt(n)`` times its spread
    their sum has the variance that it has. Six times the spread is the most (measured, see docs/method.md).
    """
    counts = np.bincount([p.goal for p in schedule.payments], minlength=len(goals))
    ranked = len({p.priority for p in schedule.payments}) > 1 and not emphasis
    out = []
    for payment in schedule.payments:
        amount, spread = amount_due(payment, assumptions)
        together = float(min(counts[payment.goal], _ALONE)) ** 0.5
        share = (emphasis[payment.goal] if emphasis else 1.0) / int(counts[payment.goal])
        part = payment.min_fraction
        options = ((amount, share),) if part >= 1.0 else ((part * amount, part * share), (amount, share))
        out.append(
            PolicyGoal(
                step=payment.month,
                options=options,
                spread=min(spread * together, WIDEST),
                priority=payment.priority if ranked else None,
                stream=payment.goal if counts[payment.goal] > 1 else None,
            )
        )
    return tuple(out)
