"""The configuration of goal cohorts: which client, which planners and strategies, from which months."""

from __future__ import annotations

import datetime as dt
from typing import Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from ...engine.request import PlanRequest
from ...scenarios.model_names import ModelName
from .._types import EdgeModel
from ..asked import moved
from ..strategies import Strategy


class Planner(EdgeModel):
    """goalplan itself: a policy, made and judged under a return model."""

    name: str | None = Field(default=None, description="Label in tables; policy and model when absent.")
    policy: Literal["dynamic", "glide_path", "fixed_mix"] = Field(
        default="dynamic", description='"dynamic", "glide_path" or "fixed_mix"'
    )
    model: ModelName | Literal["lognormal_plug_in", "plain_bootstrap"] | None = Field(
        default=None,
        description="lognormal, student_t, bootstrap, regime, filtered_historical; lognormal_plug_in or "
        "plain_bootstrap, which take their means and covariances for true; the request's when absent",
    )
    means: Literal["reference", "historical"] = Field(
        default="reference",
        description='"reference", which shrinks, or "historical", the average return of each asset so far',
    )

    @property
    def label(self) -> str:
        """Name to print."""
        parts = [self.policy, self.model, None if self.means == "reference" else "historical means"]
        return self.name or ", ".join(part for part in parts if part)


PLANNERS = (Planner(), Planner(policy="glide_path"), Planner(policy="fixed_mix"))
_STRATEGY: TypeAdapter[Strategy] = TypeAdapter(Strategy)
STRATEGIES: tuple[Strategy, ...] = tuple(
    _STRATEGY.validate_python(each)
    for each in (
        {"kind": "sixty_forty"},
        {"kind": "cppi", "risky": {"kind": "equal_weight"}, "floor": 0.88, "ratchet": True},
        {"kind": "risk_parity"},
        *(
            {
                "kind": "minimum_cvar",
                "max_weight": 0.35,
                "frontier": at,
                "name": f"cvar_frontier {at:.0%}",
            }
            for at in (0.25, 0.5, 0.75)
        ),
    )
)


class CohortConfig(EdgeModel):
    """A client who starts in every month of history, and those who plan for it."""

    schema_version: Literal[1] = 1
    market: str | None = Field(default=None, description="Market folder; the embedded market when absent.")
    request: PlanRequest = Field(
        description="What the client asks, with a start; every cohort moves all its dates together."
    )
    start: dt.date | None = Field(
        default=None, description="Month of the first cohort; the first that has a history when absent."
    )
    end: dt.date | None = Field(
        default=None, description="Month of the last cohort; the last whose goals lie in history when absent."
    )
    every: int = Field(default=1, ge=1, le=120, description="the months between cohorts, 1 to 120")
    history: int = Field(
        default=3, ge=2, le=60, description="Years that all assets share before the first cohort."
    )
    planners: tuple[Planner, ...] = Field(default=PLANNERS, description="Policies of goalplan.")
    against: tuple[Strategy, ...] | None = Field(
        default=None,
        description="Strategies to compare with; on the embedded market 60/40, CPPI, risk parity and the CVaR "
        "frontier when absent, on another none.",
    )
    assets: tuple[str, ...] | None = Field(
        default=None, description="Ids for strategies that name none; all but cash when absent."
    )
    difficulty: tuple[float, ...] = Field(
        default=(1.0,),
        min_length=1,
        max_length=20,
        description="Factors on every goal's amount, each a cohort.",
    )
    follow: Literal["table", "review"] = Field(
        default="table", description='"table" follows the first plan, "review" plans anew at each review'
    )
    review_every: int = Field(default=12, ge=1, le=120, description="Months between reviews.")
    drawdown_mark: float = Field(
        default=0.12, gt=0.0, lt=1.0, description="Drawdown counted as broken where the request has no limit."
    )
    seed: int = Field(default=0, ge=0, le=2**64 - 1)
    paths: int = Field(default=2_000, ge=100, le=100_000, description="Simulated paths behind each promise.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.request.start is None:
            raise ValueError(
                "request.start is missing; give the day that the request's dates are counted from"
            )
        if self.start is not None and self.end is not None and self.end < self.start:
            raise ValueError(f"end = {self.end} is before start = {self.start}; give a later end")
        if min(self.difficulty) <= 0.0:
            raise ValueError(f"difficulty = {list(self.difficulty)}: give factors above 0")
        names = [each.label for each in (*self.planners, *self.strategies)]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"planners and against: {names}; give one or more, each with its own name")
        return self

    @property
    def strategies(self) -> tuple[Strategy, ...]:
        """The strategies to compare with."""
        if self.against is not None:
            return self.against
        return STRATEGIES if self.market is None else ()

    @property
    def mark(self) -> float:
        """Drawdown beyond which a limit counts as broken."""
        limit = self.request.limits.max_drawdown
        return self.drawdown_mark if limit is None else limit

    def request_at(self, start: dt.date, factor: float) -> PlanRequest:
        """Return the request of the client who starts on the first of a month, its goals `factor` times as large."""
        return moved(self.request, start, factor)
