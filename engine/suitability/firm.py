"""The firm: its products, its suitability rules and questionnaire, and what it expects of markets."""

from dataclasses import dataclass, field
from functools import lru_cache

from ...scenarios.assumptions import Assumptions
from ...scenarios.market import Market
from ...scenarios.reference import reference_assumptions
from .questionnaire import Questionnaire
from .ruleset import Rules, load_questionnaire, load_rules
from .shelf import Shelf


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """What a firm brings to every plan.

    Attributes
    ----------
    shelf
        Its products; None where each asset class of the market stands for itself.
    rules, questionnaire
        Those of mainland China and the demonstration table where left out.
    assumptions
        What it expects of every asset and index of the market, its views included; None for the reference set.
    """

    shelf: Shelf | None = None
    rules: Rules = field(default_factory=load_rules)
    questionnaire: Questionnaire = field(default_factory=load_questionnaire)
    assumptions: Assumptions | None = None

    def shelf_for(self, market: Market) -> Shelf:
        """Return the firm's shelf, or the market's asset classes as products."""
        return self.shelf or _of_classes(market)

    def assumptions_for(self, market: Market) -> Assumptions:
        """Return the firm's assumptions of the series of `market`; DataError if they lack one."""
        if self.assumptions is None:
            return reference_assumptions(market)
        return self.assumptions.select(market.asset_ids, market.index_ids)


@lru_cache(maxsize=8)
def _of_classes(market: Market) -> Shelf:
    """The market's asset classes as products, kept: every client of a firm without a shelf needs them."""
    return Shelf.of_classes(market)
