"""From a setting to a policy, and from a policy to what becomes of it on simulated paths."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..scenarios.paths import ReturnPaths, Stream
from .judge.extremes import daily_extremes
from .judge.run import Outcome, run_policy
from .menu.menu import Menu
from .menu.stressed import worst_losses
from .policy import (
    LognormalMenu,
    Policy,
    PolicyTable,
    PolicyTask,
    best_fixed_mix,
    best_glide_path,
    policy_at_price,
    policy_table,
    solve_task,
)
from .request import Limits
from .setting import Setting, first_paths

FloatArray = NDArray[np.float64]
Kind = Literal["dynamic", "glide_path", "fixed_mix"]

SHORTFALL_AVERSION = 4.0  # measured in docs/method.md: half a point of success for a tenth of the shortfall
SPACING = 0.005  # log wealth: finer changes the judged probability by less than its standard error
_FINEST_MONTHS = (
    36  # a longer plan under a limit is spread wider, so its cells grow with the root of its time
)
_MENUS = 64
_STATES = 12  # drawdown states, at least, that the limit is then left (measured in docs/method.md)
UNBOUND = 1.0  # allowance where the client's limit does not bind: every breach is allowed
SOLVERS = {"dynamic": solve_task, "glide_path": best_glide_path, "fixed_mix": best_fixed_mix}


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A policy and the table that it is followed by."""

    policy: Policy
    table: PolicyTable

    @property
    def tuned(self) -> bool:
        """Whether weights of priorities were searched for, so that a changed plan may find others that jump."""
        return self.policy.task.ranked

    @property
    def allowance(self) -> float:
        """Share of breaches that the policy's lattice is left; `UNBOUND` where it was made without the limit."""
        task = self.policy.task
        return UNBOUND if task.drawdown_limit is None else task.allowance


def policy_task(setting: Setting, allowance: float | None = None) -> PolicyTask:
    """What the policy of `setting` is made for: its menu net of fees and costs, its money, goals and limits.

    `allowance` is the share of breaches, a window, that the lattice is left instead of the client's: it sees months,
    no costs and no uncertain parameters, so it must stay below what is promised; `UNBOUND` leaves the limit to the
    judge. A plan under way starts at the drawdown that it carries; once its limit is broken the calmest portfolio is
    held until the reset, and the lattice begins at a fresh peak.
    """
    menu, limits, now = setting.menu, setting.request.limits, setting.carried
    allowance = 1.0 - limits.confidence if allowance is None else allowance
    limit = _lattice_limit(setting) if allowance < UNBOUND else None
    floored = limit is not None and limits.stress_floor is not None
    return PolicyTask(
        menu=_lognormal(menu, setting.request.advisory_fee),
        wealth=setting.request.client.wealth,
        steps=setting.schedule.months,
        step_years=1.0 / 12.0,
        goals=setting.goals,
        flows=setting.schedule.inflows,
        ruin="survivable",
        shortfall_aversion=0.0 if setting.emphasis else SHORTFALL_AVERSION,
        spacing=_spacing(limit, setting.schedule.months),
        drawdown_limit=limit,
        confidence=1.0 - allowance if limit is not None else limits.confidence,
        reset_every=limits.reset_every if limit is not None else None,
        age=now.age if limit is not None else 0,
        drawdown=0.0 if now.broken or limit is None else min(now.drawdown, limit * (1.0 - 1e-9)),
        worst_loss=worst_losses(menu, limits, setting.stress) if floored else None,
        stress_floor=limits.stress_floor if floored else None,
    )


@lru_cache(maxsize=_MENUS)
def _lognormal(menu: Menu, advisory_fee: float) -> LognormalMenu:
    """The menu net of fees and of what it costs to hold: one object, so that what is made of it can be kept."""
    return menu.lognormal(advisory_fee=advisory_fee, drag=menu.drag)


def _spacing(limit: float | None, months: int) -> float:
    """Spacing of the lattice: `SPACING`, and wider in a long plan with the second state that a limit brings."""
    if limit is None:
        return SPACING
    spread = SPACING * float(np.sqrt(months / _FINEST_MONTHS))
    return max(min(spread, -float(np.log1p(-limit)) / (_STATES - 0.5)), SPACING)


def _lattice_limit(setting: Setting) -> float | None:
    """Drawdown of the unit value that is a breach on the lattice: the client's limit.

    A loss of the money paid in comes with a deeper fall of the unit value, the more of the money is still to come:
    ``1 + c`` times as deep in logs, c the share of all money that is paid in later (measured, see docs/method.md).
    """
    limits, wealth = setting.request.limits, setting.request.client.wealth
    if limits.max_drawdown is None or limits.measured_from == "peak":
        return limits.max_drawdown
    later = float(setting.schedule.inflows.sum())
    return float(-np.expm1((1.0 + later / (later + wealth)) * np.log1p(-limits.max_drawdown)))


def make_policy(setting: Setting, kind: Kind, allowance: float | None = None) -> Followed:
    """Solve the policy of the asked kind."""
    return followed_by(setting, SOLVERS[kind](policy_task(setting, allowance)))


def followed_by(setting: Setting, policy: Policy) -> Followed:
    """A policy with its table, which watches the client's limit."""
    table, limits = policy_table(policy), setting.request.limits
    if limits.max_drawdown is not None:
        table = _promising(table, limits, by_date=policy.path is not None, age=setting.carried.age)
    if setting.carried.broken and table.broken.shape[1]:
        policy = replace(policy, first=policy.at(0, setting.request.client.wealth, broken=True)[0])
    return Followed(policy=policy, table=table)


def _promising(table: PolicyTable, limits: Limits, *, by_date: bool, age: int) -> PolicyTable:
    """The table with the client's limit, also where it was made without.

    A limit on the money paid in leaves the table's own there, which is about the unit value. A table made without
    any limit holds the calmest portfolio after a breach, or, where it goes by date alone, what the date says.
    """
    assert limits.max_drawdown is not None
    if limits.measured_from == "paid_in":
        return table
    broken = table.broken
    if not broken.shape[1]:
        broken = table.hold[:, 0].copy() if by_date else np.zeros_like(table.hold[:, 0])
    promised = float(-np.log1p(-limits.max_drawdown))
    return replace(table, limit=promised, broken=broken, reset_every=limits.reset_every, age=age)


def quick_probability(setting: Setting, near: Followed) -> FloatArray:
    """(n_goals,) lattice probabilities of a setting close to one that is solved, on a lattice twice as coarse.

    A dynamic policy keeps the weights and the price of a breach of `near`, which saves their search.
    """
    if near.policy.path is not None:
        found = make_policy(setting, setting.request.policy, near.allowance).policy.probability
    else:
        found = _near(setting, near).probability
    return lattice_probability(setting, found)


def _near(setting: Setting, near: Followed) -> Policy:
    task = policy_task(setting, near.allowance)
    assert task.spacing is not None
    weight = dict(zip((g.priority for g in near.policy.task.goals), near.policy.weights, strict=True))
    weights = [weight[goal.priority] for goal in task.goals]
    problem = task.problem(2.0 * task.spacing, limited=task.drawdown_limit is not None)
    return policy_at_price(task, problem, weights, near.policy.multiplier)


def lattice_probability(setting: Setting, reported: FloatArray) -> FloatArray:
    """(n_goals,) by position in the request, from the lattice's, which stand in the order of the first payments."""
    order = list(dict.fromkeys(payment.goal for payment in setting.schedule.payments))
    out = np.empty(len(order))
    out[order] = reported
    return out


def judged(
    setting: Setting, table: PolicyTable, stream: Stream, *, daily: bool = False, most: int | None = None
) -> Outcome:
    """Follow `table` on the paths of `stream`, the first `most` of them.

    `daily` watches drawdowns by day instead of by month.
    """
    sample = (setting.schedule.months, setting.paths, setting.seed, stream)
    days = daily_extremes(setting.model, setting.menu, *sample) if daily else None
    paths = setting.paths_of(stream)
    return follow(setting, table, paths if most is None else first_paths(paths, most), days)


def follow(
    setting: Setting, table: PolicyTable, paths: ReturnPaths, days: NDArray[np.float32] | None
) -> Outcome:
    """Follow `table` on `paths`, watched by day where there are `days` of them (see `daily_extremes`)."""
    return run_policy(
        table,
        setting.menu,
        setting.schedule,
        paths,
        wealth=setting.request.client.wealth,
        weights=holdings(setting),
        advisory_fee=setting.request.advisory_fee,
        expected=setting.planned,
        index_ids=setting.assumptions.index_ids,
        unit_peak=setting.carried.unit_peak,
        broken=setting.carried.broken,
        extremes=days,
    )


def holdings(setting: Setting) -> FloatArray | None:
    """(N,) share of today's wealth in each asset that the plan may hold; None where all of it is cash to invest."""
    wealth = setting.request.client.wealth
    held = {h.asset: h.value / wealth for h in setting.request.client.holdings} if wealth > 0.0 else {}
    if not held:
        return None
    return np.array([held.get(asset, 0.0) for asset in setting.menu.asset_ids])
