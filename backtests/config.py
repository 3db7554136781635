"""The configuration of a walk-forward backtest: what a TOML file may say, checked and frozen."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ..engine.handed_in import read_toml
from ._types import EdgeModel
from .past import Every, Frequency
from .strategies import GoalplanPolicy, Rule, Strategy

Bps = Annotated[float, Field(ge=0.0, le=1_000.0)]


class Rebalance(EdgeModel):
    """When the strategy decides, and when that leads to a trade.

    With a `band`, a decision trades (all the way to the target) only if a weight is more than `band` away.
    """

    every: Every = Field(default="monthly", description="Calendar of decisions; 'never' buys once and holds.")
    on: Literal["first", "last"] = Field(default="last", description="First or last row of the period.")
    band: float = Field(
        default=0.0, ge=0.0, lt=1.0, description="No-trade band around each weight; 0 is none."
    )
    delay: int = Field(
        default=1, ge=0, le=20, description="Rows from the close that decides to the one that trades."
    )


class Window(EdgeModel):
    """The past that an estimate uses."""

    kind: Literal["rolling", "expanding"] = Field(
        default="rolling", description="The last `lookback` rows, or all rows since the youngest asset began."
    )
    lookback: int | None = Field(
        default=None,
        ge=0,
        description="Complete rows an asset needs before it may be held; by default 252 (daily) or "
        "36 (monthly) for strategies that estimate and 0 for the others.",
    )


class Costs(EdgeModel):
    """What trading and holding cost."""

    trading_bps: Bps | dict[str, Bps] | None = Field(
        default=None,
        description="Commission in basis points of money traded: one number, or by asset id (the market's "
        "own for assets not named); the market's trading costs when absent.",
    )
    minimum: float = Field(default=0.0, ge=0.0, description="Least commission of one order, in money.")
    slippage_bps: Bps = Field(
        default=0.0, description="Slippage in basis points of money traded, on every order."
    )
    advisory_fee: float = Field(
        default=0.0, ge=0.0, le=0.1, description="Decimal a year, taken from all holdings."
    )


class DatedFlow(EdgeModel):
    """Money in (above 0) or out (below 0) at the close of the first row on or after a date.

    Attributes
    ----------
    date
        Day asked for.
    amount
        Money.

    """

    date: dt.date
    amount: float


class Flows(EdgeModel):
    """The client's money in and out after the start.

    Money in is invested at once in the mix of the last trade; money out comes from cash, then from all
    holdings in proportion.
    """

    monthly: float = Field(
        default=0.0, description="At the first row of every month after the start; below 0 is out."
    )
    dated: tuple[DatedFlow, ...] = Field(default=(), description="Single amounts.")


class BacktestConfig(EdgeModel):
    """A walk-forward backtest: one strategy, and others to compare it with under the same rules."""

    schema_version: Literal[1] = 1
    market: str | None = Field(default=None, description="Market folder; the embedded market when absent.")
    assets: tuple[str, ...] | None = Field(
        default=None,
        description="Ids for the strategies that name no assets of their own; all of the market when absent.",
    )
    frequency: Frequency = "daily"
    start: dt.date | None = Field(
        default=None,
        description="First day of the account; when absent the first at which every asset is eligible.",
    )
    end: dt.date | None = Field(default=None, description="Last day; the end of the data when absent.")
    initial: float = Field(default=1_000_000.0, gt=0.0, le=1e12, description="Money at the start.")
    strategy: Strategy
    against: tuple[Strategy, ...] = Field(default=(), description="Strategies to compare with, same rules.")
    rebalance: Rebalance = Rebalance()
    window: Window = Window()
    costs: Costs = Costs()
    flows: Flows = Flows()
    cash: float | str = Field(
        default=0.0,
        description="Interest on uninvested money: decimal a year, or the id of an asset that earns it.",
    )
    risk_free: float | str | None = Field(
        default=None,
        description="For excess returns: decimal a year, or an asset id; cn_cash, else 0, when absent.",
    )
    benchmark: str | Strategy | None = Field(
        default=None,
        description="Asset id, or a strategy under the same rules; for alpha, beta, tracking error.",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError(f"end = {self.end} is not after start = {self.start}; give a later end")
        if self.assets is not None and (not self.assets or len(set(self.assets)) < len(self.assets)):
            raise ValueError(f"assets = {list(self.assets)}: give one or more ids, each once")
        if self.rebalance.every == "daily" and self.frequency == "monthly":
            raise ValueError("rebalance.every = 'daily' needs frequency = 'daily'")
        lookback = self.window.lookback
        for rule in (self.strategy, *self.against):
            if rule.estimates and lookback is not None and lookback < 2:
                raise ValueError(f"window.lookback = {lookback}: {rule.label} estimates; give 2 or more")
            counted = (
                rule.request.contributions.monthly if isinstance(rule, GoalplanPolicy) else self.flows.monthly
            )
            if counted != self.flows.monthly:
                raise ValueError(
                    f"flows.monthly = {self.flows.monthly:g}, but the request of {rule.label} counts on "
                    f"contributions.monthly = {counted:g}; give both the same"
                )
        return self

    def lookback(self, rule: Rule) -> int:
        """Complete rows of returns that an asset needs before `rule` may hold it."""
        if self.window.lookback is not None:
            return self.window.lookback
        if not rule.estimates:
            return 0
        return 252 if self.frequency == "daily" else 36

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """Read a configuration; RequestError for a file that is not TOML, ValidationError names every wrong key."""
        return cls.model_validate(read_toml(Path(path)))
