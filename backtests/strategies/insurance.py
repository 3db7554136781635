"""Portfolio insurance: the account's own value sets how much of it is at risk (CPPI, drawdown control)."""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal

import numpy as np
from pydantic import Field

from .._types import FloatArray, Share
from ..past import DAYS_PER_YEAR, Account, NoDecisionError, Study
from ._rule import AccountRule, Step
from .mixes import Mix


class Insurance(AccountRule):
    """A share of the money goes into the risky mix, the rest into the safe asset."""

    risky: Mix = Field(description="Strategy of the risky part; it never holds the safe asset.")
    safe: str = Field(default="cn_cash", description="Id of the asset that holds the rest.")

    @property
    def estimates(self) -> bool:
        """Whether the risky mix estimates."""
        return self.risky.estimates

    def universe(self, given: tuple[str, ...]) -> tuple[str, ...]:
        """Ids of the risky mix and the safe asset."""
        return tuple(dict.fromkeys((*self.risky.universe(given), self.safe)))

    @abstractmethod
    def exposure(self, unit_values: FloatArray, years: float) -> float:
        """Share of the risky mix, from the unit values so far (1 at the start) and the years gone by."""

    def stepper(self, study: Study) -> Step:
        """Return the step that divides the money at each decision."""
        risky = self.risky.targets(study.without(self.safe))
        safe = study.column(self.safe)
        years = (study.dates - study.dates[:1]).astype(np.int64) / DAYS_PER_YEAR

        def step(k: int, account: Account) -> FloatArray:
            if k in risky.failures:
                raise NoDecisionError(risky.failures[k])
            share = self.exposure(account.unit_values, float(years[k]))
            weights: FloatArray = share * risky.weights[k]
            if study.eligible[k, safe]:
                weights[safe] = 1.0 - share
            return weights

        return step


class Cppi(Insurance):
    """Constant proportion portfolio insurance: ``multiplier * (1 - F / V)`` within [0, max_exposure].

    V is the unit value and F the floor: `floor` of the starting value, growing at `floor_growth` a year; with
    `ratchet`, never less than `floor` of the highest value so far (time-invariant protection). Black and
    Perold 1992, Theory of constant proportion portfolio insurance; Estep and Kritzman 1988 for the ratchet.
    """

    kind: Literal["cppi"] = "cppi"
    floor: Share = Field(default=0.85, description="Floor as a share of the starting value.")
    floor_growth: float = Field(
        default=0.0, ge=-0.5, le=0.5, description="Growth of the floor, decimal a year."
    )
    ratchet: bool = Field(default=False, description="Whether the floor follows new highs.")
    multiplier: float = Field(default=4.0, gt=0.0, description="Exposure per unit of cushion.")
    max_exposure: Share = Field(default=1.0, description="Largest share of the risky mix.")

    def exposure(self, unit_values: FloatArray, years: float) -> float:
        """Return the exposure of the class docstring."""
        floor = self.floor * (1.0 + self.floor_growth) ** years
        if self.ratchet:
            floor = max(floor, self.floor * float(unit_values.max()))
        value = float(unit_values[-1])
        cushion = 1.0 - floor / value if value > 0.0 else 0.0
        return min(max(self.multiplier * cushion, 0.0), self.max_exposure)


class DrawdownControl(Insurance):
    """Rolling drawdown control: ``multiplier * (limit - d) / (1 - d)`` within [0, max_exposure].

    d is the drawdown from the highest unit value of the last `window` rows. Grossman and Zhou 1993, Optimal
    investment strategies for controlling drawdowns; Yang and Zhong 2012 for the rolling window.
    """

    kind: Literal["drawdown_control"] = "drawdown_control"
    limit: float = Field(default=0.12, gt=0.0, lt=1.0, description="Drawdown at which nothing is at risk.")
    window: int = Field(default=252, ge=1, description="Rows that the peak looks back.")
    multiplier: float = Field(default=5.0, gt=0.0, description="Exposure per unit of drawdown left.")
    max_exposure: Share = Field(default=1.0, description="Largest share of the risky mix.")

    def exposure(self, unit_values: FloatArray, years: float) -> float:  # noqa: ARG002 - the peak carries the time
        """Return the exposure of the class docstring."""
        peak = float(unit_values[-self.window :].max())
        drawdown = 1.0 - float(unit_values[-1]) / peak if peak > 0.0 else 1.0
        if drawdown >= self.limit:
            return 0.0
        return min(self.multiplier * (self.limit - drawdown) / (1.0 - drawdown), self.max_exposure)
