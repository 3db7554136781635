"""What a worker process does: JSON in, JSON out, so that nothing else crosses between processes."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from ..engine.errors import RequestError
from ..engine.request import PlanRequest
from ..engine.suitability.firm import Firm
from ..firm_options import firm_of
from ..scenarios.market import Market, load_market
from ..warm_up import plans
from .review_request import ReviewRequest


@dataclass(frozen=True, slots=True)
class Sources:
    """Files that every plan of a service is made from, and the longest plan it makes; None for what is embedded."""

    market: Path | None = None
    shelf: Path | None = None
    rules: Path | None = None
    questionnaire: Path | None = None
    assumptions: Path | None = None
    max_months: int = 720


@lru_cache(maxsize=2)
def market_of(sources: Sources) -> Market:
    """The market of the service, read once in each process."""
    return load_market(sources.market)


@lru_cache(maxsize=2)
def firm(sources: Sources) -> Firm:
    """The firm of the service, read once in each process."""
    files = sources.shelf, sources.rules, sources.questionnaire, sources.assumptions
    return firm_of(*files, market_of(sources))


def warm_up(sources: Sources) -> None:
    """Load the market and every kernel."""
    market_of(sources)
    firm(sources)
    for _, make in plans(sources.market):
        make()


def plan(
    sources: Sources,
    request: str,
    seed: int,
    paths: int,
    detail: Literal["core", "full"],
) -> str:
    """Solve a request; its plan as JSON."""
    from ..engine.solve import solve_plan

    market = market_of(sources)
    asked = within_horizon(PlanRequest.model_validate_json(request), market, sources.max_months)
    return solve_plan(asked, market, seed=seed, paths=paths, detail=detail, firm=firm(sources)).to_json()


def diagnose(sources: Sources, request: str, seed: int, paths: int) -> str:
    """Diagnose what the client of a request holds; the diagnosis as JSON."""
    from ..engine.desk.desk import Desk
    from ..engine.desk.diagnosis import diagnose as diagnosed
    from ..engine.desk.holdings import Book
    from ..engine.desk.unchanged import if_nothing_changes
    from ..engine.suitability.matching import gate
    from ..scenarios.stress_set import stress_set

    market = market_of(sources)
    asked = within_horizon(PlanRequest.model_validate_json(request), market, sources.max_months)
    client, house = asked.client, firm(sources)
    shelf = house.shelf_for(market)
    if not client.wealth:
        raise RequestError(
            "client.holdings and client.cash are empty, so there is nothing to diagnose; give them."
        )
    assumptions = house.assumptions_for(market)
    found = diagnosed(
        Book(holdings=client.holdings, cash=client.cash),
        gate(asked, market, shelf, house.rules, house.questionnaire),
        Desk(
            market=market,
            assumptions=assumptions,
            stress=stress_set(market, assumptions),
            shelf=shelf,
            rules=house.rules,
        ),
        goals=if_nothing_changes(asked, market, house, seed=seed, paths=paths),
    )
    return found.model_dump_json(exclude_none=True)


def review(sources: Sources, request: str, max_paths: int) -> str:
    """Review the plan of a `ReviewRequest`; the review as JSON."""
    from ..engine.desk.holdings import Book
    from ..engine.review.review import review_plan

    given = ReviewRequest.model_validate_json(request)
    market, paths = market_of(sources), given.plan.provenance.paths
    if not 100 <= paths <= max_paths:
        raise RequestError(f"plan.provenance.paths = {paths} is out of range; this service reviews plans of 100 to "
                           f"{max_paths} paths.")  # fmt: skip
    for each in filter(None, (given.plan.request, given.changed)):
        within_horizon(each, market, sources.max_months)
    return review_plan(
        given.plan,
        Book(holdings=given.holdings, cash=given.cash, unmapped=given.unmapped),
        given.as_of,
        market,
        firm=firm(sources),
        changed=given.changed,
        previous=given.previous,
        paid_in=given.paid_in,
        paid_out=given.paid_out,
    ).to_json()


def within_horizon(request: PlanRequest, market: Market, max_months: int) -> PlanRequest:
    """The dated request, if the service takes plans as long as this one.

    Raises
    ------
    RequestError
        It is longer.
    """
    from ..goals import build_schedule

    dated = request.starting(market.as_of + dt.timedelta(days=1))
    assert dated.start is not None
    months = build_schedule(dated.goals, dated.contributions, dated.start, dated.client.birth_year).months
    if months > max_months:
        raise RequestError(
            f"goals reach {months} months ahead and this service plans {max_months} at most; give nearer ones."
        )
    return dated


JOBS: dict[str, Callable[..., str]] = {"plan": plan, "diagnose": diagnose, "review": review}


def problems_of(error: Exception) -> tuple[int, tuple[str, ...]] | None:
    """HTTP status and sentences of an error that the caller can act on; None for a fault of ours."""
    from ..failures import describe

    code, sentences = describe(error)
    if code == 2 and not isinstance(error, OSError):
        return 422, sentences
    return (500, sentences) if code == 4 else None


Answer = (
    tuple[Literal["done"], str]
    | tuple[Literal["refused"], int, tuple[str, ...]]
    | tuple[Literal["fault"], str]
)


def answer(sources: Sources, job: str, arguments: dict[str, Any]) -> Answer:
    """Do one job and put whatever comes of it into words."""
    try:
        return "done", JOBS[job](sources, **arguments)
    except Exception as error:  # a worker lives on, whatever a request does to it
        known = problems_of(error)
        return ("refused", *known) if known else ("fault", type(error).__name__)
