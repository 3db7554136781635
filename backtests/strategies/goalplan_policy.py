"""goalplan's own policy: a plan made at the start and at every review, and its table followed in between."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from pydantic import Field, ValidationError, model_validator

from ...engine.calibrate import calibrated
from ...engine.client import Client, Holding
from ...engine.errors import SolverError
from ...engine.explain import explain
from ...engine.policy.table import PolicyTable
from ...engine.request import PlanRequest
from ...engine.review.rest import request_of
from ...engine.setting import NoPlan, Setting, prepare
from ...goals.months import add_months
from ...scenarios.errors import DataError
from ...scenarios.market import Market
from .._types import FloatArray
from ..asked import known_limits, moved
from ..past import Account, NoDecisionError, Study
from ._rule import AccountRule, Step

_HALF_MONTH = np.timedelta64(15, "D")  # a decision belongs to the first of a month that is nearest


class GoalplanPolicy(AccountRule):
    """What the client of `request` would hold who had planned at the account's start, and again at each review.

    All dates of the request move with the account's start, its money is the account's. The plan is made with the
    market as it was known at the decision: gate, assumptions, stress episodes, menu, model and working limit. Between
    reviews its table says what to hold at this month, wealth and drawdown; after the last goal it is the portfolio of
    least risk. Money in and out is the account's own: ``flows`` must say what the request counts on.
    """

    kind: Literal["goalplan_policy"] = "goalplan_policy"
    request: PlanRequest = Field(description="What the client asks, with a start that its dates count from.")
    review_every: int = Field(
        default=12, ge=0, le=720, description="Months between reviews; 0 follows the first plan to its end."
    )
    paths: int = Field(
        default=2_000, ge=100, le=100_000, description="Simulated paths that the plan is tuned on."
    )
    seed: int = Field(default=0, ge=0, le=2**64 - 1, description="Same seed, same plan.")

    @model_validator(mode="after")
    def _dated(self) -> GoalplanPolicy:
        if self.request.start is None:
            raise ValueError("request.start is missing; give the day that the request's dates count from")
        return self

    @property
    def estimates(self) -> bool:
        """True: assumptions and model are read from history."""
        return True

    def stepper(self, study: Study) -> Step:
        """Return the step that plans, reviews and looks up."""
        return _Follower(rule=self, study=study).step


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A plan that is followed from month `begin` of the account on."""

    setting: Setting
    table: PolicyTable
    begin: int


@dataclass(slots=True, kw_only=True)
class _Follower:
    """The plans made so far, and where the window of the drawdown limit began."""

    rule: GoalplanPolicy
    study: Study
    first: _Plan | None = None
    now: _Plan | None = None
    month: int = -1
    window: int = 0
    since: int = 0
    origin: np.datetime64 = field(default_factory=lambda: np.datetime64("NaT", "M"))

    def step(self, k: int, account: Account) -> FloatArray:
        """Decide: plan where there is none or a review is due, then look the table up."""
        here = (self.study.dates[k] + _HALF_MONTH).astype("datetime64[M]")
        if self.first is None:
            self.origin, self.month, self.window, self.since = here, -1, 0, len(account.unit_values) - 1
        month = int((here - self.origin).astype(int))
        comes, self.month = month > self.month, month  # this month's money is still to come
        every = self.rule.request.limits.reset_every
        if month // every > self.window:
            self.window, self.since = month // every, len(account.unit_values) - 1
        try:
            if self.first is None:
                self.first = self.now = self._made(k, self._asked(account), 0)
            elif comes and self.rule.review_every and month % self.rule.review_every == 0:
                self._review(k, account, month)
        except (NoPlan, ValidationError, DataError, SolverError) as error:
            said = explain(error, PlanRequest) if isinstance(error, ValidationError) else (str(error),)
            raise NoDecisionError(" ".join(" ".join(said).split())) from error
        return self._held(account, month, comes)

    def _asked(self, account: Account) -> PlanRequest:
        request = moved(self.rule.request, _first_day(self.origin))
        client = request.client.model_copy(update={"cash": account.wealth, "holdings": ()})
        return request.model_copy(update={"client": client})

    def _made(self, k: int, request: PlanRequest, month: int) -> _Plan:
        known = self.study.known(k)
        rule = self.rule
        setting = prepare(known_limits(request, known), known, rule.seed, rule.paths)
        solved = calibrated(setting, request.policy)
        return _Plan(setting=setting, table=solved.followed.table, begin=month)

    def _review(self, k: int, account: Account, month: int) -> None:
        assert self.first is not None
        setting = self.first.setting
        if month >= setting.schedule.months:
            return
        start, known = _first_day(self.origin), self.study.known(k)
        request = request_of(
            setting.request.model_copy(update={"limits": self.rule.request.limits}),
            self._client(account),
            setting.schedule,
            month,
            ratios=[_growth(known, goal.index, start) for goal in setting.request.goals],
            raised=True,
        )
        self.now = self._made(k, request, month)

    def _client(self, account: Account) -> Client:
        """Return the client as the account stands: holdings, unit value, its peak, a broken limit."""
        assert self.first is not None
        unit, peak, broken = self._standing(account)
        values = (float(w) * account.wealth for w in account.held)
        held = tuple(
            Holding(asset=name, value=round(value, 2))
            for name, value in zip(self.study.asset_ids, values, strict=True)
            if value >= 0.01
        )
        cash = max(account.wealth - sum(each.value for each in held), 0.0)
        every = self.rule.request.limits.reset_every
        changes = {
            "cash": round(cash, 2),
            "holdings": held,
            "unit_value": unit,
            "unit_peak": peak,
            "reset_on": add_months(_first_day(self.origin), self.window * every),
            "limit_broken": broken,
        }
        return self.first.setting.request.client.model_copy(update=changes)

    def _standing(self, account: Account) -> tuple[float, float, bool]:
        """Unit value, its peak in this window, and whether the limit has been broken in it."""
        units = account.unit_values[self.since :]
        peaks = np.maximum.accumulate(units)
        limit = self.rule.request.limits.max_drawdown
        broken = limit is not None and bool((1.0 - units / peaks).max() > limit)
        return float(units[-1]), float(peaks[-1]), broken

    def _held(self, account: Account, month: int, comes: bool) -> FloatArray:
        assert self.now is not None
        plan, t = self.now, month - self.now.begin
        menu, schedule = plan.setting.menu, plan.setting.schedule
        if t >= plan.table.months:
            return self.study.spread(menu.asset_ids, menu.weights[0])
        wealth = account.wealth
        if comes and t > 0:
            due = sum(
                float(amount)
                for payment, amount in zip(schedule.payments, plan.setting.planned, strict=True)
                if payment.month == t
            )
            wealth = max(wealth + float(schedule.inflows[t]) - due, 0.0)
        unit, peak, broken = self._standing(account)
        chosen = plan.table.holding(t, wealth, max(1.0 - unit / peak, 0.0), broken)
        return self.study.spread(menu.asset_ids, menu.weights[chosen])


def _first_day(month: np.datetime64) -> dt.date:
    return dt.date.fromisoformat(f"{month}-01")


def _growth(known: Market, index: str | None, start: dt.date) -> float:
    """What an index has grown by since `start`, as far as it was published."""
    if index is None:
        return 1.0
    line = known.index_levels[:, known.index_ids.index(index)]
    there = np.flatnonzero(~np.isnan(line))
    months = known.index_months[there]
    base = int(np.searchsorted(months, np.datetime64(start, "M"))) - 1
    return float(line[there[-1]] / line[there[max(base, 0)]])
