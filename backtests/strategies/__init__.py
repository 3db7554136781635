"""The strategies of walk-forward backtests, one file per idea; a configuration names them by `kind`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ._rule import AccountRule, MarketRule, Rule
from .constant import EqualWeight, FixedWeights, SixtyForty
from .function import Function
from .glide_path import GlidePath
from .goalplan_menu import GoalplanMenu
from .goalplan_policy import GoalplanPolicy
from .insurance import Cppi, DrawdownControl
from .minimum_variance import MinimumVariance
from .risk_parity import RiskParity
from .riskfolio_hrp import HierarchicalRiskParity
from .tail_risk import MinimumTailRisk
from .volatility_target import VolatilityTarget

Strategy = Annotated[
    FixedWeights
    | EqualWeight
    | SixtyForty
    | GlidePath
    | MinimumVariance
    | MinimumTailRisk
    | RiskParity
    | HierarchicalRiskParity
    | Cppi
    | DrawdownControl
    | VolatilityTarget
    | GoalplanMenu
    | GoalplanPolicy
    | Function,
    Field(discriminator="kind"),
]

__all__ = [
    "AccountRule",
    "Cppi",
    "DrawdownControl",
    "EqualWeight",
    "FixedWeights",
    "Function",
    "GlidePath",
    "GoalplanMenu",
    "GoalplanPolicy",
    "HierarchicalRiskParity",
    "MarketRule",
    "MinimumTailRisk",
    "MinimumVariance",
    "RiskParity",
    "Rule",
    "SixtyForty",
    "Strategy",
    "VolatilityTarget",
]
