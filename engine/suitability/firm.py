"""The firm: the products that it sells, and the suitability rules and questionnaire that it applies."""

from dataclasses import dataclass, field

from ...scenarios.market import Market
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
    """

    shelf: Shelf | None = None
    rules: Rules = field(default_factory=load_rules)
    questionnaire: Questionnaire = field(default_factory=load_questionnaire)

    def shelf_for(self, market: Market) -> Shelf:
        """Return the firm's shelf, or the market's asset classes as products."""
        return self.shelf or Shelf.of_classes(market)
