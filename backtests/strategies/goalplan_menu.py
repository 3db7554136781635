"""A portfolio of goalplan's own menu, made anew at every decision with what was known then."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ...engine.request import Limits
from .._types import FloatArray, Share
from ..past import NoDecisionError, Study, Targets
from ._rule import MarketRule


class GoalplanMenu(MarketRule):
    """The portfolio at `position` of the menu that a plan would choose from, for a client whom every asset suits.

    Reference assumptions, stress episodes and frontier come from the market as it was known at the decision. Bounds,
    groups, caps, exclusions and stress limits of `limits` bind; a drawdown limit is kept by a policy and not by a
    portfolio, so it says nothing here.
    """

    kind: Literal["goalplan_menu"] = "goalplan_menu"
    position: Share = Field(
        default=0.5, description="Which portfolio of the menu: 0 least risk, 1 highest expected return."
    )
    limits: Limits = Field(default=Limits(), description="Limits of a plan's request.")

    @property
    def label(self) -> str:
        """Name to print: the kind with the position."""
        return self.name or f"{self.kind} {self.position:.0%}"

    @property
    def estimates(self) -> bool:
        """True: assumptions are read from history."""
        return True

    def targets(self, study: Study) -> Targets:
        """Return the menu's portfolio at each decision."""
        return study.decided(lambda k: self._portfolio(study, k))

    def _portfolio(self, study: Study, k: int) -> FloatArray:
        from ...engine.errors import SolverError
        from ...engine.menu.bounds import InfeasibleBounds
        from ...engine.menu.menu import SIZE
        from ...engine.menu.stressed import stressed_menu
        from ...engine.setting import stress_of
        from ...scenarios.errors import DataError
        from ...scenarios.reference import reference_assumptions

        try:
            known = study.known(k)
            stress = stress_of(known, known.asset_ids)
            told = {name: bound for name, bound in self.limits.stress.items() if name in stress.ids}
            limits = self.limits.model_copy(update={"stress": told})
            menu = stressed_menu(reference_assumptions(known), known.assets, limits, stress, size=SIZE)
        except (DataError, SolverError, InfeasibleBounds) as error:
            raise NoDecisionError(str(error)) from error
        weights = menu.weights[round(self.position * (menu.size - 1))]
        held: FloatArray = study.spread(menu.asset_ids, weights)[study.eligible[k]]
        return held
