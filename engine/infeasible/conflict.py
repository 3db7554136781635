"""A minimal set of demands that cannot be met together, by a deletion filter (Chinneck and Dravnieks 1991).

Each demand in turn is left out; if what is left still cannot be met, it stays out. What remains cannot be met, and
without any one of its members can. Where no portfolio meets the limits the filter asks that alone, which a convex
programme decides; else it asks for a policy on the validation paths, the same ones throughout.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from ..request import PlanRequest
from .demands import Ladder, Wanted, eased, table_of
from .feasible import Feasibility
from .search import smallest
from .texts import demand_text
from .types import Conflict, Demand, Wish

TOLERANCE = 1e-4  # of the least attainable figure, in weight or loss; 0.01 of an ESG score
_MOST_CONFLICTS = 4


def without(request: PlanRequest, left_out: Iterable[Wanted]) -> PlanRequest:
    """The request with some demands left out."""
    table = table_of(request)
    for demand in left_out:
        demand.drop(table)
    return PlanRequest.model_validate(table)


def find_conflicts(
    request: PlanRequest, wanted: Sequence[Wanted], feasible: Feasibility
) -> list[tuple[Wanted, ...]]:
    """Minimal conflicts that share no demand, until what is left can be met; the portfolios' first."""
    found: list[tuple[Wanted, ...]] = []
    gone: list[Wanted] = []
    while len(found) < _MOST_CONFLICTS:
        left = without(request, gone)
        if feasible.holds(left):
            break
        if not feasible.portfolios(left):
            gone_here = [*gone, *(d for d in wanted if d.on_paths and d not in gone)]
            holds = feasible.portfolios
        else:
            gone_here, holds = list(gone), feasible.holds
        members = _filter(request, wanted, gone_here, holds)
        if not members:
            break
        found.append(members)
        gone += members
    return found


def _filter(
    request: PlanRequest, wanted: Sequence[Wanted], gone: list[Wanted], holds: Callable[[PlanRequest], bool]
) -> tuple[Wanted, ...]:
    gone = list(gone)
    kept = [demand for demand in wanted if demand not in gone]
    # Most conflicts are about goals and the drawdown alone, or about portfolios alone: one question settles the rest.
    for batch in ([d for d in kept if not d.on_paths], *([d] for d in kept)):
        batch = [d for d in batch if d in kept]
        if batch and not holds(without(request, [*gone, *batch])):
            gone += batch
            kept = [d for d in kept if d not in batch]
    return tuple(kept)


def told(
    request: PlanRequest, members: Sequence[Wanted], wanted: Sequence[Wanted], feasible: Feasibility
) -> Conflict:
    """The conflict as the plan tells it, with what each member could be if the others stand."""
    others = [demand for demand in wanted if demand not in members]
    alone = without(request, others)
    about_paths = feasible.portfolios(alone)
    demands = [
        Demand(
            key=member.key,
            name=member.ladder.name,
            asked=member.ladder.now,
            attainable=attainable,
            text=demand_text(member.ladder, attainable, alone=len(members) == 1),
        )
        for member, attainable in (
            (member, _attainable(alone, member, feasible, about_paths=about_paths)) for member in members
        )
    ]
    return Conflict(
        demands=tuple(demands),
        sample="validation" if about_paths else "portfolios",
        tolerance=_standard_error(alone, feasible.paths) if about_paths else TOLERANCE,
    )


def _standard_error(request: PlanRequest, paths: int) -> float:
    shares = [goal.wanted_probability for goal in request.goals if goal.required]
    if request.limits.max_drawdown is not None:
        shares.append(request.limits.confidence)
    return float(max(np.sqrt(p * (1.0 - p) / paths) for p in shares))


def _attainable(
    alone: PlanRequest, member: Wanted, feasible: Feasibility, *, about_paths: bool
) -> Wish | None:
    ladder = member.ladder
    if isinstance(ladder.now, str) or about_paths:
        if ladder.lever == "probability" and sum(goal.required for goal in alone.goals) == 1:
            served = feasible.served(alone)
            if served is not None and served.solved.kept and served.missed:
                return next(iter(served.missed.values()))
        n = climb(alone, ladder, feasible)
        return None if n is None else ladder.value(n)
    return _least(alone, ladder, feasible)


def climb(request: PlanRequest, ladder: Ladder, feasible: Feasibility) -> int | None:
    """Smallest rung of the ladder on which the request can be met."""

    def at(n: int) -> PlanRequest | None:
        return eased(request, ladder.write(ladder.value(n)))

    def holds(n: int) -> bool:
        changed = at(n)
        return changed is not None and feasible.holds(changed)

    def score(n: int) -> float:
        changed = at(n)
        return -math.inf if changed is None else feasible.score(changed)

    return smallest(holds, ladder.rungs, score if any(goal.required for goal in request.goals) else None)


def _least(alone: PlanRequest, ladder: Ladder, feasible: Feasibility) -> Wish | None:
    """Least figure, to `TOLERANCE` and on the attainable side, with which some portfolio meets the others too."""
    now, end = float(ladder.now), float(ladder.end)
    unit = TOLERANCE if end <= 1.0 and now <= 1.0 else 100.0 * TOLERANCE

    def holds(value: float) -> bool:
        changed = eased(alone, ladder.write(value))
        return changed is not None and feasible.portfolios(changed)

    if not holds(end):
        return None
    low, high = now, end
    while abs(high - low) > unit:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if holds(middle) else (middle, high)
    grid = np.ceil(high / unit - 1e-6) if end > now else np.floor(high / unit + 1e-6)
    return round(float(grid) * unit, 10)
