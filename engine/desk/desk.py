"""What an adviser's desk works with: a market with its assumptions and crises, a shelf, a set of rules."""

from dataclasses import dataclass

from ...scenarios.assumptions import Assumptions
from ...scenarios.market import Market
from ...scenarios.stress_set import StressSet
from ..suitability.ruleset import Rules
from ..suitability.shelf import Shelf


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Desk:
    """Everything that labels, diagnosis and orders look things up in.

    Attributes
    ----------
    market, assumptions, stress
        Of the whole market, not only of what one client may hold: clients hold other things today.
    shelf, rules
        The firm's.
    """

    market: Market
    assumptions: Assumptions
    stress: StressSet
    shelf: Shelf
    rules: Rules
