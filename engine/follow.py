"""From a setting to a policy, and from a policy to what becomes of it on simulated paths."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..scenarios.paths import Stream
from .judge import Outcome, run_policy
from .policy import (
    Policy,
    PolicyTable,
    PolicyTask,
    best_fixed_mix,
    best_glide_path,
    policy_table,
    solve_task,
)
from .setting import Setting

FloatArray = NDArray[np.float64]
Kind = Literal["dynamic", "glide_path", "fixed_mix"]

SHORTFALL_AVERSION = 0.25
SPACING = 0.005  # log wealth: finer changes the judged probability by less than its standard error
_SOLVERS = {"dynamic": solve_task, "glide_path": best_glide_path, "fixed_mix": best_fixed_mix}


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A policy and the table that it is followed by."""

    policy: Policy
    table: PolicyTable


def policy_task(setting: Setting, spacing: float = SPACING) -> PolicyTask:
    """What the policy of `setting` is made for: its menu, net of the advisory fee, its money and its goals."""
    menu = setting.menu
    return PolicyTask(
        menu=menu.lognormal(advisory_fee=setting.request.advisory_fee, drag=menu.drag),
        wealth=setting.request.client.wealth,
        steps=setting.schedule.months,
        step_years=1.0 / 12.0,
        goals=setting.goals,
        flows=setting.schedule.inflows,
        ruin="survivable",
        shortfall_aversion=SHORTFALL_AVERSION,
        spacing=spacing,
    )


def make_policy(setting: Setting, kind: Kind) -> Followed:
    """Solve the policy of the asked kind."""
    policy = _SOLVERS[kind](policy_task(setting))
    return Followed(policy=policy, table=policy_table(policy))


def judged(setting: Setting, table: PolicyTable, stream: Stream, paths: int | None = None) -> Outcome:
    """Follow `table` on the paths of `stream`."""
    return run_policy(
        table,
        setting.menu,
        setting.schedule,
        setting.draw(stream, paths),
        wealth=setting.request.client.wealth,
        weights=holdings(setting),
        advisory_fee=setting.request.advisory_fee,
        expected=setting.expected,
        index_ids=setting.assumptions.index_ids,
    )


def holdings(setting: Setting) -> FloatArray | None:
    """(N,) share of today's wealth in each asset that the plan may hold; None where all of it is cash to invest."""
    wealth = setting.request.client.wealth
    held = {h.asset: h.value / wealth for h in setting.request.client.holdings} if wealth > 0.0 else {}
    if not held:
        return None
    return np.array([held.get(asset, 0.0) for asset in setting.menu.asset_ids])


def goal_successes(outcome: Outcome, goals: int) -> NDArray[np.bool_]:
    """(P, n_goals) True where every payment of the goal was made in full."""
    made = outcome.paid >= 1.0 - 1e-9
    number = np.array([p.goal for p in outcome.payments])
    return np.stack([made[:, number == g].all(axis=1) for g in range(goals)], axis=1)


def goal_probabilities(outcome: Outcome, goals: int) -> FloatArray:
    """(n_goals,) share of paths on which every payment of the goal was made in full."""
    return goal_successes(outcome, goals).mean(axis=0)
