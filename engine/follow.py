"""From a setting to a policy, and from a policy to what becomes of it on simulated paths."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..scenarios.paths import ReturnPaths, Stream
from .judge.extremes import daily_extremes
from .judge.run import Outcome, run_policy
from .menu.stressed import worst_losses
from .policy import (
    Policy,
    PolicyTable,
    PolicyTask,
    best_fixed_mix,
    best_glide_path,
    policy_table,
    solve_task,
)
from .policy.backward import induce
from .request import Limits
from .setting import Setting

FloatArray = NDArray[np.float64]
Kind = Literal["dynamic", "glide_path", "fixed_mix"]

SHORTFALL_AVERSION = 4.0  # measured in docs/method.md: half a point of success for a tenth of the shortfall
SPACING = 0.005  # log wealth: finer changes the judged probability by less than its standard error
UNBOUND = 1.0  # working limit where the client's limit does not bind: no loss is larger
SOLVERS = {"dynamic": solve_task, "glide_path": best_glide_path, "fixed_mix": best_fixed_mix}


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A policy and the table that it is followed by; the table's limit is the client's, not the working one."""

    policy: Policy
    table: PolicyTable

    @property
    def tuned(self) -> bool:
        """Whether weights or a multiplier were searched for, so that a changed plan may find others."""
        return self.policy.task.ranked or self.policy.multiplier > 0.0


def policy_task(setting: Setting, working_limit: float | None = None) -> PolicyTask:
    """What the policy of `setting` is made for: its menu net of fees and costs, its money, goals and limits.

    `working_limit` stands in for the client's drawdown limit: the lattice sees months and no parameter
    uncertainty, so it must aim below what is promised. A plan under way starts at the drawdown that it carries; once
    its limit is broken the calmest portfolio is held until the reset, and the lattice begins at a fresh peak.
    `UNBOUND` leaves the limit to the judge.
    """
    menu, limits, now = setting.menu, setting.request.limits, setting.carried
    limit = working_limit or limits.max_drawdown
    limited = limit is not None and limit < UNBOUND
    floored = limited and limits.stress_floor is not None
    return PolicyTask(
        menu=menu.lognormal(advisory_fee=setting.request.advisory_fee, drag=menu.drag),
        wealth=setting.request.client.wealth,
        steps=setting.schedule.months,
        step_years=1.0 / 12.0,
        goals=setting.goals,
        flows=setting.schedule.inflows,
        ruin="survivable",
        shortfall_aversion=0.0 if setting.emphasis else SHORTFALL_AVERSION,
        spacing=SPACING,
        drawdown_limit=limit if limited else None,
        confidence=limits.confidence,
        reset_every=limits.reset_every if limited else None,
        age=now.age if limited else 0,
        drawdown=0.0 if now.broken or limit is None else min(now.drawdown, limit * (1.0 - 1e-9)),
        worst_loss=worst_losses(menu, limits, setting.stress) if floored else None,
        stress_floor=limits.stress_floor if floored else None,
    )


def make_policy(setting: Setting, kind: Kind, working_limit: float | None = None) -> Followed:
    """Solve the policy of the asked kind."""
    return _followed(setting, SOLVERS[kind](policy_task(setting, working_limit)))


def _followed(setting: Setting, policy: Policy) -> Followed:
    """A policy with its table, which watches the client's limit, not the working one."""
    table, limits = policy_table(policy), setting.request.limits
    if limits.max_drawdown is not None:
        table = _promising(table, limits, by_date=policy.path is not None, age=setting.carried.age)
    if setting.carried.broken and table.broken.shape[1]:
        policy = replace(policy, first=policy.at(0, setting.request.client.wealth, broken=True)[0])
    return Followed(policy=policy, table=table)


def _promising(table: PolicyTable, limits: Limits, *, by_date: bool, age: int) -> PolicyTable:
    """The table with the client's own limit in the place of the working one.

    A limit on the money paid in leaves the working one there, which is about the unit value. A table made without
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


def quick_probability(setting: Setting, near: Followed, working_limit: float | None) -> FloatArray:
    """(n_goals,) lattice probabilities of a setting close to one that is solved, on a lattice twice as coarse.

    A dynamic policy keeps the weights and the multiplier of `near`, which saves their search.
    """
    if near.policy.path is not None:
        found = make_policy(setting, setting.request.policy, working_limit).policy.probability
    else:
        found = _near(setting, near, working_limit, 2.0 * SPACING).probability
    return lattice_probability(setting, found)


def quick_policy(setting: Setting, near: Followed, working_limit: float | None) -> Followed:
    """The policy of a setting close to one that is solved, with the weights and the multiplier of `near` kept."""
    if near.policy.path is not None:
        return make_policy(setting, setting.request.policy, working_limit)
    return _followed(setting, _near(setting, near, working_limit, SPACING))


def _near(setting: Setting, near: Followed, working_limit: float | None, spacing: float) -> Policy:
    task = policy_task(setting, working_limit)
    problem = task.problem(spacing, limited=task.drawdown_limit is not None)
    weight = dict(zip((g.priority for g in near.policy.task.goals), near.policy.weights, strict=True))
    weights = tuple(weight[goal.priority] for goal in task.goals)
    found = induce(problem, weights, near.policy.multiplier, near.policy.induction.price)
    return replace(
        near.policy,
        task=task,
        problem=problem,
        induction=found,
        probability=found.probability,
        weights=weights,
    )


def lattice_probability(setting: Setting, reported: FloatArray) -> FloatArray:
    """(n_goals,) by position in the request, from the lattice's, which stand in the order of the first payments."""
    order = list(dict.fromkeys(payment.goal for payment in setting.schedule.payments))
    out = np.empty(len(order))
    out[order] = reported
    return out


def judged(setting: Setting, table: PolicyTable, stream: Stream, *, daily: bool = False) -> Outcome:
    """Follow `table` on the paths of `stream`; `daily` watches drawdowns by day instead of by month."""
    sample = (setting.schedule.months, setting.paths, setting.seed, stream)
    days = daily_extremes(setting.model, setting.menu, *sample) if daily else None
    return follow(setting, table, setting.paths_of(stream), days)


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
