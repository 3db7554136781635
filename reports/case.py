"""What every section of a document reads: the plan, the words of its language and the names of assets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..engine.plan import GoalResult, Plan
from ..goals import add_months
from ..scenarios.market import Asset
from .words import Words

if TYPE_CHECKING:
    from ..engine.desk.buckets import Pots
    from ..engine.desk.diagnosis import Diagnosis
    from ..engine.desk.labels import Label
    from ..engine.desk.order_types import Orders
    from ..engine.suitability.gate import Gate

LEAST_WEIGHT = 0.0005
QUARTER = 3
RISKY = ("equity", "real_estate")
CLASSES = ("cash", "bond", "other", "alternative", "commodity", "real_estate", "equity")
"""Calm to risky: the order in which shares are stacked, from the bottom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One plan to be told in one language.

    `assets` are looked up by id; an asset that is not among them is shown by its id, in the class "other".
    """

    plan: Plan
    words: Words
    assets: Mapping[str, Asset]
    note: str
    pots: Pots | None = None

    @property
    def label(self) -> Label | None:
        """Risk label of the plan as a whole."""
        label: Label | None = getattr(self.plan, "label", None)
        return label

    @property
    def labels(self) -> tuple[Label, ...]:
        """Risk labels of the products that are recommended."""
        labels: tuple[Label, ...] = getattr(self.plan, "labels", ())
        return labels

    @property
    def gate(self) -> Gate | None:
        """What the suitability gate decided."""
        return self.plan.suitability

    @property
    def review_months(self) -> int:
        """How often the plan is looked at again: as the client's service says, else every quarter."""
        return QUARTER if self.gate is None else self.gate.tier.review_months

    @property
    def short(self) -> bool:
        """Whether the client's service has the short report: without the tables that compare what is charted."""
        return self.gate is not None and self.gate.tier.report == "short"

    @property
    def diagnosis(self) -> Diagnosis | None:
        """Diagnosis of what is held."""
        diagnosis: Diagnosis | None = getattr(self.plan, "diagnosis", None)
        return diagnosis

    @property
    def orders(self) -> Orders | None:
        """Orders of the plan's first day."""
        orders: Orders | None = getattr(self.plan, "orders", None)
        return orders

    @property
    def start(self) -> dt.date:
        """The plan's first day."""
        start = self.plan.request.start
        assert start is not None, "a solved plan is dated"
        return start

    @property
    def end(self) -> dt.date:
        """First day of the last month."""
        return self.at(self.plan.months)

    @property
    def last(self) -> int:
        """Last month to show wealth of: in the plan's last one the goals have been paid, and little is said."""
        return max(self.plan.months - 1, 1)

    def at(self, month: int) -> dt.date:
        """First day of a plan month."""
        return add_months(self.start, month)

    def name(self, asset: str) -> str:
        """Name of an asset to print."""
        known = self.assets.get(asset)
        if known is None:
            return asset
        return known.name_zh if self.words.lang == "zh" else known.name_en

    def class_of(self, asset: str) -> str:
        """Class of an asset, one of `CLASSES`."""
        known = self.assets.get(asset)
        return known.asset_class if known is not None and known.asset_class in CLASSES else "other"

    def by_class(self, weights: Mapping[str, float]) -> dict[str, float]:
        """Weights added up by class."""
        sums: dict[str, float] = {}
        for asset, weight in weights.items():
            name = self.class_of(asset)
            sums[name] = sums.get(name, 0.0) + weight
        return sums

    @property
    def main(self) -> GoalResult | None:
        """The goal that the verdict speaks of: of the highest priority, the one with the least margin."""
        ranks = ("need", "want", "wish")
        goals = self.plan.goals
        if not goals:
            return None
        return min(
            goals,
            key=lambda g: (ranks.index(g.priority), g.probability.value - g.wanted_probability, g.month),
        )

    def gap(self, goal: GoalResult) -> str:
        """Share that is lacking where a goal is missed, a dash where it never is."""
        return self.words.percent(goal.conditional_gap) if goal.conditional_gap > 0.0 else "—"

    def percentile(self, level: float) -> tuple[float, ...] | None:
        """Nominal wealth by month at a percentile, None where the plan has none that is close."""
        wealth = self.plan.wealth
        if wealth is None:
            return None
        levels = wealth.nominal.levels
        row = min(range(len(levels)), key=lambda i: abs(levels[i] - level))
        return wealth.nominal.values[row] if abs(levels[row] - level) < 1e-9 else None


def held(weights: Mapping[str, float]) -> list[tuple[str, float]]:
    """Assets and weights, the heaviest first, without what would be printed as 0.0 %."""
    return sorted(
        ((a, w) for a, w in weights.items() if w >= LEAST_WEIGHT), key=lambda item: (-item[1], item[0])
    )
