"""From an infeasible request to its conflicts and repairs."""

import datetime as dt

from ...scenarios.market import Market
from ..request import PlanRequest
from ..serve import Served
from ..setting import prepare_gate
from ..suitability.firm import Firm
from .conflict import find_conflicts, told
from .demands import Wanted, demands, effective
from .feasible import Feasibility
from .repairs import find_repairs
from .types import Conflict, Repair


def explain_infeasible(
    request: PlanRequest,
    market: Market,
    *,
    seed: int = 0,
    paths: int = 10_000,
    firm: Firm | None = None,
    served: Served | None = None,
) -> tuple[tuple[Conflict, ...], tuple[Repair, ...]]:
    """Say why no plan can be made for `request`, and what would help.

    Parameters
    ----------
    request
        For which `solve_plan` with the same market, seed, paths and firm is infeasible.
    market, seed, paths, firm
        As for `solve_plan`.
    served
        What `serve` has found for the request, if it has been asked.

    Returns
    -------
    tuple
        Conflicts, each minimal, sharing no demand; and one repair a lever.

    """
    request = request.starting(market.as_of + dt.timedelta(days=1))
    firm = firm or Firm()
    feasible = Feasibility(market=market, seed=seed, paths=paths, firm=firm)
    asked = request
    request, wanted = read_demands(request, market, firm)
    if served is not None and request == asked:
        feasible.know(request, served)
    conflicts = find_conflicts(request, wanted, feasible)
    if not conflicts:
        return (), ()
    answers = tuple(told(request, members, wanted, feasible) for members in conflicts)
    return answers, find_repairs(request, conflicts, feasible)


def read_demands(request: PlanRequest, market: Market, firm: Firm) -> tuple[PlanRequest, tuple[Wanted, ...]]:
    """The dated request without the bounds that the gate makes void, and its demands."""
    free = request.limits.model_copy(update={"min_esg": None, "exclude": ()})
    gate = prepare_gate(request.model_copy(update={"limits": free}), market, firm)
    request = effective(request, gate)
    return request, demands(request)
