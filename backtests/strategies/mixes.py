"""The strategies that a risky mix can be made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .constant import EqualWeight, FixedWeights, SixtyForty
from .glide_path import GlidePath
from .minimum_variance import MinimumVariance
from .risk_parity import RiskParity
from .riskfolio_hrp import HierarchicalRiskParity
from .tail_risk import MinimumTailRisk

Mix = Annotated[
    FixedWeights
    | EqualWeight
    | SixtyForty
    | GlidePath
    | MinimumVariance
    | MinimumTailRisk
    | RiskParity
    | HierarchicalRiskParity,
    Field(discriminator="kind"),
]
