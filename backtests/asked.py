"""What the same client would have asked at another time: dates moved together, limits as they were known."""

from __future__ import annotations

import datetime as dt

from ..engine.request import PlanRequest
from ..engine.setting import stress_of
from ..goals.months import add_months, month_index
from ..scenarios.market import Market


def moved(request: PlanRequest, start: dt.date, factor: float = 1.0) -> PlanRequest:
    """Return a dated request as if it had begun on `start`, the first of a month, every date moved with it.

    Goals are due as many months after `start` as they were after the request's own; the client is as old then as
    now. `factor` multiplies the amount of every goal.
    """
    assert request.start is not None
    months = month_index(request.start.replace(day=1), start)

    def shift(day: dt.date) -> dt.date:
        return add_months(day, months)

    goals = []
    for goal in request.goals:
        changes: dict[str, object] = {"amount": round(goal.amount * factor, 2)}
        if goal.due is not None:
            changes["due"] = add_months(start, month_index(request.start, goal.due))
        if factor != 1.0 and goal.kind == "home":
            changes |= {"price": None, "down_payment": None, "costs": 0.0}
        goals.append(goal.model_copy(update=changes))
    terms = request.contributions
    terms = terms.model_copy(
        update={
            "until": None if terms.until is None else shift(terms.until),
            "dated": tuple(lump.model_copy(update={"date": shift(lump.date)}) for lump in terms.dated),
        }
    )
    client = request.client
    if client.birth_year is not None:
        client = client.model_copy(update={"birth_year": client.birth_year + months // 12})
    changes = {"start": start, "goals": tuple(goals), "contributions": terms, "client": client}
    return PlanRequest.model_validate(request.model_copy(update=changes).model_dump())


def known_limits(request: PlanRequest, known: Market) -> PlanRequest:
    """Return the request with only the stress limits whose episodes `known` can tell: those that had happened."""
    if not request.limits.stress:
        return request
    told = stress_of(known, known.asset_ids).ids
    stress = {name: bound for name, bound in request.limits.stress.items() if name in told}
    limits = request.limits.model_copy(update={"stress": stress})
    return request.model_copy(update={"limits": limits})
