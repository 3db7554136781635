"""The same goals under the simpler policies and under today's mix, on the same judge paths."""

from dataclasses import replace
from typing import Literal

import numpy as np

from .calibrate import Calibrated, calibrated
from .follow import Kind, judged
from .judge.run import Outcome
from .judge.statistics import drawdown_statistics, goal_statistics, percentiles
from .plan import Alternative
from .policy import PolicyTable
from .setting import Setting

Compared = Literal["dynamic", "glide_path", "fixed_mix", "today"]
_KINDS: tuple[Kind, ...] = ("dynamic", "glide_path", "fixed_mix")


def alternatives(setting: Setting, solved: Calibrated) -> tuple[Alternative, ...]:
    """Dynamic policy, glide path, fixed mix and today's mix, side by side; `solved` is the plan's own."""
    daily = setting.request.limits.max_drawdown is not None
    rows = []
    for kind in _KINDS:
        found = solved if kind == setting.request.policy else calibrated(setting, kind)
        outcome = judged(setting, found.followed.table, "judge", daily=daily)
        rows.append(_row(kind, outcome, setting.request.limits.max_drawdown, feasible=found.kept))
    kept = keeping_today(setting)
    if kept is not None:
        outcome = judged(kept, one_mix(kept.schedule.months, kept), "judge", daily=daily)
        rows.append(_row("today", outcome, setting.request.limits.max_drawdown, feasible=True))
    return tuple(rows)


def keeping_today(setting: Setting) -> Setting | None:
    """The setting whose only portfolio is today's mix; None if something is held that the plan may not hold."""
    ids, wealth = setting.menu.asset_ids, setting.request.client.wealth
    weights = np.zeros(len(ids))
    for holding in setting.request.client.holdings:
        if holding.asset not in ids:
            return None
        weights[ids.index(holding.asset)] += holding.value / wealth
    cash = [i for i, a in enumerate(setting.market.assets) if a.asset_class == "cash"]
    if weights.sum() < 1.0 - 1e-9:
        if not cash:
            return None
        weights[cash[0]] += 1.0 - weights.sum()
    one = np.zeros(1)
    menu = replace(setting.menu, weights=weights[None, :] / weights.sum(), mean=one, volatility=one, drag=one)
    return replace(setting, menu=menu)


def one_mix(months: int, setting: Setting) -> PolicyTable:
    """Table that holds portfolio 0 throughout and pays what it can."""
    payments = setting.schedule.payments
    options = sorted({0.0, 1.0, *(p.min_fraction for p in payments)})
    return PolicyTable(
        origin=np.zeros(months + 1),
        spacing=1.0,
        hold=np.zeros((months + 1, 1, 1), dtype=np.int16),
        drawdown_spacing=float("inf"),
        limit=float("inf"),
        broken=np.zeros((months + 1, 0), dtype=np.int16),
        reset_every=0,
        pay=np.zeros((len(payments), 1, 1), dtype=np.int8),
        fractions=np.tile(np.array(options), (len(payments), 1)),
        payment_month=np.array([p.month for p in payments], dtype=np.int64),
    )


def _row(kind: Compared, outcome: Outcome, limit: float | None, *, feasible: bool) -> Alternative:
    goals = goal_statistics(outcome)
    drawdowns = drawdown_statistics(outcome, limit, (95.0,))
    return Alternative(
        policy=kind,
        feasible=feasible,
        probabilities=tuple(goal.probability.value for goal in goals),
        expected_gaps=tuple(goal.expected_gap for goal in goals),
        conditional_gaps=tuple(goal.conditional_gap for goal in goals),
        low_wealth=float(percentiles(outcome.wealth[:, -1], (5.0,))[0]),
        drawdown_high=float(drawdowns.quantiles[0]),
        breach=None if limit is None else drawdowns.breach.value,
    )
