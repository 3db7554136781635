"""The same goals under the simpler policies and under today's mix, on the same judge paths."""

from dataclasses import replace

import numpy as np

from .follow import Kind, goal_probabilities, judged, make_policy
from .judge import Outcome
from .plan import Alternative
from .policy import PolicyTable
from .results import goal_results
from .setting import Setting

_KINDS: tuple[Kind, ...] = ("dynamic", "glide_path", "fixed_mix")


def alternatives(setting: Setting) -> tuple[Alternative, ...]:
    """Dynamic policy, glide path, fixed mix and today's mix, side by side."""
    rows = [
        _row(setting, kind, judged(setting, make_policy(setting, kind).table, "judge")) for kind in _KINDS
    ]
    kept = keeping_today(setting)
    if kept is not None:
        rows.append(_row(kept, "today", judged(kept, one_mix(kept.schedule.months, kept), "judge")))
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


def _row(setting: Setting, kind: str, outcome: Outcome) -> Alternative:
    goals = goal_results(setting, outcome)
    return Alternative(
        policy=kind,
        probabilities=tuple(float(p) for p in goal_probabilities(outcome, len(goals))),
        conditional_shortfalls=tuple(g.conditional_shortfall for g in goals),
        low_wealth=float(np.percentile(outcome.wealth[:, -1], 5.0)),
        drawdown_high=float(np.percentile(outcome.peak_drawdown, 95.0)),
        breach=None,
    )
