"""The target-date glide path: less equity as the date comes nearer."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import numpy as np
from pydantic import Field

from .._types import Share
from ..past import DAYS_PER_YEAR, Study, Targets
from ._rule import MarketRule, Proportions
from .constant import BONDS, EQUITY, two_sided


class GlidePath(MarketRule):
    """Equity share falling in a straight line over the last `years` before `target`, flat before and after.

    ``share(t) = last + (first - last) * clip((target - t) / years, 0, 1)``.
    """

    kind: Literal["glide_path"] = "glide_path"
    equity: Proportions = Field(default=EQUITY, description="Equity side: proportion by asset id.")
    bonds: Proportions = Field(default=BONDS, description="Bond side: proportion by asset id.")
    target: dt.date = Field(description="Date at which the path ends.")
    years: float = Field(default=20.0, gt=0.0, description="Length of the slope in years.")
    first: Share = Field(default=0.9, description="Equity share before the slope.")
    last: Share = Field(default=0.3, description="Equity share from the target date on.")

    def universe(self, given: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 - it names its own
        """Ids of both sides."""
        return tuple(dict.fromkeys((*self.equity, *self.bonds)))

    def targets(self, study: Study) -> Targets:
        """Return the mix of the path at each decision's date."""
        days = (np.datetime64(self.target, "D") - study.dates).astype(np.int64)
        left = np.clip(days / DAYS_PER_YEAR / self.years, 0.0, 1.0)
        return two_sided(study, self.equity, self.bonds, self.last + (self.first - self.last) * left)
