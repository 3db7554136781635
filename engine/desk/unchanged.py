"""What becomes of the goals if nothing changes: today's holdings kept, judged on the plan's own paths."""

from ...scenarios.market import Market
from ..client import Client
from ..compare import keeping_today, one_mix
from ..errors import RequestError
from ..follow import judged
from ..judge.statistics import goal_statistics
from ..request import Limits, PlanRequest
from ..setting import NoPlan, Setting, prepare
from ..suitability.firm import Firm
from .diagnosis import GoalChance


def if_nothing_changes(
    request: PlanRequest,
    market: Market,
    firm: Firm | None = None,
    *,
    seed: int = 0,
    paths: int = 10_000,
) -> tuple[GoalChance, ...]:
    """Probability of each goal with today's mix kept and rebalanced, contributions paid as planned.

    What is held counts, suitable or not: the question is what it leads to, not whether it may be recommended.

    Raises
    ------
    RequestError
        The market has no cash class for money that is in no holding.
    """
    setting = _own(request, market, seed, paths, firm) or _open(request, market, seed, paths, firm)
    if setting is None:
        raise RequestError(
            "client.holdings cannot be judged as they are: the market has no class for all of it."
        )
    outcome = judged(setting, one_mix(setting.schedule.months, setting), "judge", daily=False)
    return tuple(
        GoalChance(
            name=goal.name,
            unchanged=found.probability.value,
            standard_error=found.probability.standard_error,
        )
        for goal, found in zip(request.goals, goal_statistics(outcome), strict=True)
    )


def _own(request: PlanRequest, market: Market, seed: int, paths: int, firm: Firm | None) -> Setting | None:
    """Return the client's own setting, on the very paths of the plan, where it knows all that is held."""
    asked = request.limits
    freed = Limits(exclude=asked.exclude, min_esg=asked.min_esg)
    try:
        return keeping_today(prepare(request.model_copy(update={"limits": freed}), market, seed, paths, firm))
    except NoPlan:
        return None


def _open(request: PlanRequest, market: Market, seed: int, paths: int, firm: Firm | None) -> Setting | None:
    """Return the setting of a client who may hold anything."""
    client = request.client
    anything = Client(
        birth_year=client.birth_year, risk_level="C5", cash=client.cash, holdings=client.holdings
    )
    changes = {"client": anything, "limits": Limits(), "products": ()}
    expecting = Firm(assumptions=firm.assumptions if firm else None)
    return keeping_today(prepare(request.model_copy(update=changes), market, seed, paths, expecting))
