"""goalplan as it would have been used: fitted, planned and followed with what was known at each date."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...engine.calibrate import calibrated
from ...engine.follow import holdings, judged
from ...engine.judge.run import Outcome, run_policy
from ...engine.menu.menu import Menu
from ...engine.policy.table import PolicyTable
from ...engine.results import goal_probabilities
from ...engine.setting import Setting, assuming
from ...scenarios.assumptions import Assumptions
from ...scenarios.bootstrap import BlockBootstrap
from ...scenarios.lognormal import LognormalModel
from ...scenarios.market import Market
from ...scenarios.models import fit_model
from ...scenarios.moments import historic_moments
from .._types import FloatArray
from .config import Planner
from .money import Course
from .real import real_extremes, real_paths

LEAST_MEAN, HIGHEST_MEAN = -0.5, 1.0  # a year: no assumptions go beyond
FAN = (5.0, 25.0, 50.0, 75.0, 95.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What the plan said: probability of each goal, of breaking the limit, and percentiles `FAN` of wealth (5, T+1)."""

    goals: tuple[float, ...]
    breach: float | None
    kept: bool
    fan: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """What became of the client: share paid and money there for each payment (M,), and the account's course.

    `wealth` (T+1,) is before each month's payments; `mixes` (T, N) are the weights at the end of each month.
    """

    amounts: FloatArray
    paid: FloatArray
    money: FloatArray
    wealth: FloatArray
    final: float
    course: Course
    mixes: FloatArray


def under(setting: Setting, planner: Planner) -> Setting:
    """Return the setting as the planner sees it: its means, its return model; a plug-in takes both for true."""
    if planner.means == "historical":
        setting = assuming(setting, _historical(setting))
    if planner.model is None or planner.model == setting.kind:
        return setting
    if planner.model == "lognormal_plug_in":
        plug_in = LognormalModel(setting.assumptions, False, False)
        return replace(setting, kind="lognormal", model=plug_in)
    kind = "bootstrap" if planner.model == "plain_bootstrap" else planner.model
    daily = setting.request.limits.max_drawdown is not None
    model = fit_model(kind, setting.market, setting.assumptions, daily=daily)
    if planner.model == "plain_bootstrap":
        assert isinstance(model, BlockBootstrap)
        model = replace(model, parameter_uncertainty=False)
    return replace(setting, kind=kind, model=model)


def _historical(setting: Setting) -> Assumptions:
    """What history alone would say: the assets' own means, within what assumptions may be."""
    moments = historic_moments(setting.market)
    return replace(
        setting.assumptions,
        name="historical means",
        mean=np.clip(moments.mean, LEAST_MEAN, HIGHEST_MEAN),
        rationale="The arithmetic mean of each asset's own history, taken for true.",
    )


def plan(setting: Setting, planner: Planner) -> tuple[PolicyTable, Promise]:
    """Make the policy on the design and validation paths and report it on the judge paths, as `solve_plan` does."""
    solved = calibrated(setting, planner.policy)
    limited = setting.request.limits.max_drawdown is not None
    table = solved.followed.table
    outcome = judged(setting, table, "judge", daily=limited)
    breach = float((outcome.drawdown > outcome.limit).any(axis=1).mean()) if limited else None
    promise = Promise(
        goals=tuple(float(p) for p in goal_probabilities(outcome)),
        breach=breach,
        kept=solved.kept,
        fan=np.percentile(outcome.wealth, FAN, axis=0),
    )
    return table, promise


def follow(market: Market, setting: Setting, table: PolicyTable) -> Lived:
    """Follow a table through what really came after the setting's start."""
    start, months = setting.schedule.start, setting.schedule.months
    needed = {p.index for p in setting.schedule.payments if p.index}
    ids = setting.assumptions.index_ids
    paths = real_paths(market, setting.menu.asset_ids, ids, needed, start, months)
    days = real_extremes(market, setting.menu, start, months)
    outcome = run_policy(
        table,
        setting.menu,
        setting.schedule,
        paths,
        wealth=setting.request.client.wealth,
        weights=holdings(setting),
        advisory_fee=setting.request.advisory_fee,
        expected=setting.planned,
        index_ids=ids,
        unit_peak=setting.carried.unit_peak,
        broken=setting.carried.broken,
        extremes=days,
        ledger=1,
    )
    gross = paths.assets[0]
    held = np.maximum(outcome.ledger[0, :-1, 8].astype(np.int64), 0)
    ends = _bought(setting.menu)[held] * gross
    return Lived(
        amounts=outcome.amounts[0],
        paid=outcome.paid[0],
        money=outcome.available[0],
        wealth=outcome.wealth[0],
        final=float(outcome.final[0]),
        course=_course(outcome, setting.menu, gross, days),
        mixes=ends / ends.sum(axis=1, keepdims=True),
    )


def _course(outcome: Outcome, menu: Menu, gross: FloatArray, days: NDArray[np.float32] | None) -> Course:
    units = np.append(1.0, outcome.ledger[0, :-1, 7])
    growth = units[1:] / units[:-1]
    if days is None:
        return Course(units=units, low=growth, deepest=np.zeros(len(growth)), high=growth)
    held = np.maximum(outcome.ledger[0, :-1, 8].astype(np.int64), 0)
    seen = days[0, np.arange(len(held)), held, :, 0].astype(np.float64)
    # Costs and fees come off at the start of a month: what its days do starts from what they left.
    kept = growth / (_bought(menu)[held] * gross).sum(axis=1)
    return Course(units=units, low=seen[:, 0] * kept, deepest=seen[:, 1], high=seen[:, 2] * kept)


def _bought(menu: Menu) -> FloatArray:
    """(K, N) mixes as bought, net of a month's product fees."""
    kept = menu.weights * (1.0 - menu.fee / 12.0)
    out: FloatArray = kept / kept.sum(axis=1, keepdims=True)
    return out
