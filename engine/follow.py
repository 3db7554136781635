"""From a setting to a policy, and from a policy to what becomes of it on simulated paths."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..scenarios.paths import ReturnPaths, Stream
from .judge import Outcome, merge, run_policy
from .policy import (
    Policy,
    PolicyTable,
    PolicyTask,
    best_fixed_mix,
    best_glide_path,
    policy_table,
    solve_task,
)
from .setting import Setting, daily_chunk, shared_paths
from .stressed import worst_losses

FloatArray = NDArray[np.float64]
Kind = Literal["dynamic", "glide_path", "fixed_mix"]

SHORTFALL_AVERSION = 0.25
SPACING = 0.005  # log wealth: finer changes the judged probability by less than its standard error
DAYS = 21  # steps of a month where drawdown is judged daily
_CHUNK = 1000  # paths simulated at a time with daily steps
_SOLVERS = {"dynamic": solve_task, "glide_path": best_glide_path, "fixed_mix": best_fixed_mix}


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A policy and the table that it is followed by; the table's limit is the client's, not the working one."""

    policy: Policy
    table: PolicyTable


def policy_task(setting: Setting, working_limit: float | None = None) -> PolicyTask:
    """What the policy of `setting` is made for: its menu net of fees and costs, its money, goals and limits.

    `working_limit` stands in for the client's drawdown limit: the lattice sees months and no parameter
    uncertainty, so it must aim below what is promised.
    """
    menu, limits = setting.menu, setting.request.limits
    limited = limits.max_drawdown is not None
    floored = limited and limits.stress_floor is not None
    return PolicyTask(
        menu=menu.lognormal(advisory_fee=setting.request.advisory_fee, drag=menu.drag),
        wealth=setting.request.client.wealth,
        steps=setting.schedule.months,
        step_years=1.0 / 12.0,
        goals=setting.goals,
        flows=setting.schedule.inflows,
        ruin="survivable",
        shortfall_aversion=SHORTFALL_AVERSION,
        spacing=SPACING,
        drawdown_limit=(working_limit or limits.max_drawdown) if limited else None,
        confidence=limits.confidence,
        reset_every=limits.reset_every if limited else None,
        worst_loss=worst_losses(menu, limits, setting.stress) if floored else None,
        stress_floor=limits.stress_floor if floored else None,
    )


def make_policy(setting: Setting, kind: Kind, working_limit: float | None = None) -> Followed:
    """Solve the policy of the asked kind."""
    policy = _SOLVERS[kind](policy_task(setting, working_limit))
    table = policy_table(policy)
    if setting.request.limits.max_drawdown is not None:
        table = replace(table, limit=float(-np.log1p(-setting.request.limits.max_drawdown)))
    return Followed(policy=policy, table=table)


def judged(setting: Setting, table: PolicyTable, stream: Stream, *, daily: bool = False) -> Outcome:
    """Follow `table` on the paths of `stream`, with daily steps in chunks that change no path."""
    months, seed, paths = setting.schedule.months, setting.seed, setting.paths
    if not daily:
        return _run(setting, table, shared_paths(setting.model, months, paths, seed, stream))
    return merge(
        [
            _run(
                setting,
                table,
                daily_chunk(setting.model, months, min(_CHUNK, paths - first), seed, stream, first),
            )
            for first in range(0, paths, _CHUNK)
        ]
    )


def _run(setting: Setting, table: PolicyTable, returns: ReturnPaths) -> Outcome:
    return run_policy(
        table,
        setting.menu,
        setting.schedule,
        returns,
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
