"""A plan under way, taken to a day: its flows, its standing, and what it asks from there on."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...goals import Schedule, add_months
from ...goals.months import month_index
from ...scenarios.assumptions import Assumptions
from ...scenarios.market import Market
from ..client import Client
from ..desk.holdings import Book
from ..errors import RequestError
from ..plan import Plan
from ..record import PolicyRecord
from ..request import PlanRequest
from ..setting import check_names, schedule_of
from ..suitability.firm import Firm
from .course import Course
from .prices import price_ratios
from .rest import Rest, request_of, rest_of
from .standing import Flows, course_of, flows_of, resumed, start_of, wealth_since
from .types import Review, WealthSince

FloatArray = NDArray[np.float64]
_CLIENT_FACTS = (
    "risk_level", "lowest_class", "questionnaire", "investor", "institution", "term_months", "types",
    "accredited", "overrides", "birth_year",
)  # fmt: skip
_LEAST_PATHS = 100  # as in `solve_plan`
_LEAST_UNIT = 1e-6  # as in `Client.unit_value`
_MIX = 1e-6  # by which the weights of a mix may miss 1
_ADVICE_FACTS = ("advisory_fee", "policy", "products", "currency")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnderWay:
    """A plan on the day of its review.

    Attributes
    ----------
    market, market_then
        What is known today, and what was known when the plan was made.
    month
        Plan month of the day.
    held
        Money in the plan.
    prices
        By index, today's level over that at the plan's start.
    asked
        What the plan as it was made asks from here on, unit value and peak carried.
    """

    plan: Plan
    policy: PolicyRecord
    schedule: Schedule
    growth: Mapping[str, float]
    firm: Firm
    market: Market
    market_then: Market
    as_of: dt.date
    month: int
    held: float
    prices: Mapping[str, float]
    flows: Flows
    course: Course
    wealth: WealthSince
    asked: PlanRequest

    @property
    def start(self) -> dt.date:
        """First day of the plan."""
        return self.schedule.start

    def rest(self, *, prices: Mapping[str, float] | None = None) -> Rest:
        """What is left of the plan, with today's prices or others."""
        return rest_of(
            self.schedule,
            self.policy.table(),
            self.month,
            assumptions=self.firm.assumptions_for(self.market_then),
            prices=self.prices if prices is None else prices,
        )

    def asked_instead(self, changed: PlanRequest, client: Client) -> PlanRequest:
        """What a changed request asks from here on; goals that did not change keep today's prices."""
        request = changed.model_copy(update={"start": self.start})
        schedule = schedule_of(request, index_growth(self.firm.assumptions_for(self.market)))
        known = self.plan.request.goals
        ratios = [self.prices.get(g.index, 1.0) if g.index and g in known else 1.0 for g in request.goals]
        kept = request.contributions == self.plan.request.contributions
        return request_of(request, client, schedule, self.month, ratios=ratios, raised=kept)


def index_growth(whole: Assumptions) -> dict[str, float]:
    """Expected growth a year of each index."""
    return dict(zip(whole.index_ids, map(float, whole.index_mean), strict=True))


def under_way(
    plan: Plan,
    book: Book,
    as_of: dt.date,
    market: Market,
    firm: Firm,
    previous: Review | None,
    paid_in: float | None,
    paid_out: float | None,
) -> UnderWay:
    """Take a plan to a day; RequestError where it has not begun, has ended, or cannot be followed."""
    policy, start, month = _checked(plan, as_of, market, previous)
    known = market.until(as_of) if as_of < market.as_of else market
    provenance = plan.provenance
    before = market.digest != provenance.market_digest and provenance.market_as_of < market.as_of
    then = market.until(provenance.market_as_of) if before else market
    growth = index_growth(firm.assumptions_for(then))
    schedule = schedule_of(plan.request, growth)
    _check_whole(plan, policy, schedule)
    ids = {p.index for p in schedule.payments if p.index}
    due: dict[int, float] = {}
    for payment in schedule.payments:
        if payment.month <= month:
            day = add_months(start, payment.month)
            ratio = price_ratios(known, [payment.index], start, day, growth) if payment.index else {}
            due[payment.month] = due.get(payment.month, 0.0) + payment.amount * ratio.get(
                payment.index or "", 1.0
            )
    weights = np.array(policy.weights)
    begin = start_of(plan, weights, due.get(0, 0.0)) if previous is None else resumed(previous, policy.assets)
    flows = flows_of(schedule, due, begin.month, month, paid_in, paid_out)
    if previous is None:
        flows = replace(flows, paid_out=flows.paid_out + due.get(0, 0.0))
    held = book.cash + sum(holding.value for holding in book.holdings)
    course = course_of(plan, begin, flows, as_of, held, weights, known)
    prices = price_ratios(known, ids, start, as_of, growth)
    client = carrying(book.of(plan.request.client), course)
    ratios = [prices[g.index] if g.index else 1.0 for g in plan.request.goals]
    return UnderWay(
        plan=plan,
        policy=policy,
        schedule=schedule,
        growth=growth,
        firm=firm,
        market=known,
        market_then=then if before else known,
        as_of=as_of,
        month=month,
        held=held,
        prices=prices,
        flows=flows,
        course=course,
        wealth=wealth_since(plan, flows, previous, month, held),
        asked=request_of(plan.request, client, schedule, month, ratios=ratios, raised=True),
    )


def _checked(
    plan: Plan, as_of: dt.date, market: Market, previous: Review | None
) -> tuple[PolicyRecord, dt.date, int]:
    start, policy = plan.request.start, plan.policy
    if policy is None or start is None or plan.wealth is None:
        raise RequestError(
            f"the plan is {plan.status} and has no policy to follow; make a plan that has one."
        )
    first = start if previous is None else previous.as_of
    if as_of < first:
        raise RequestError(f"as_of = {as_of} is before {first}, when the plan began or was last reviewed; give a "
                           "later day.")  # fmt: skip
    month = month_index(start, as_of)
    if month >= plan.months:
        raise RequestError(
            f"as_of = {as_of} is after the plan's last goal on {add_months(start, plan.months)}; make a new plan."
        )
    missing = [a for a in policy.assets if a not in market.asset_ids]
    if missing:
        raise RequestError(f"the market {market.name!r} lacks {', '.join(missing)}, which the plan may hold; give "
                           "the market that the plan was made on.")  # fmt: skip
    check_names(plan.request, market)
    if previous is not None:
        _check_previous(plan, start, previous)
    return policy, start, month


def _check_whole(plan: Plan, policy: PolicyRecord, schedule: Schedule) -> None:
    """Refuse a plan whose parts are not of one plan: someone changed its file."""
    assert plan.wealth is not None
    table, band, origin = policy.table(), plan.wealth.nominal, plan.provenance
    due = [payment.month for payment in schedule.payments]
    for what, fits in (
        ("months", plan.months == schedule.months),
        ("policy", table.months == plan.months and table.payment_month.tolist() == due),
        ("wealth", len(band.levels) == len(band.values) > 0),
        ("wealth", all(len(row) == plan.months + 1 for row in band.values)),
        ("provenance", origin.paths >= _LEAST_PATHS and 0 <= origin.seed < 2**64),
        ("goals", [goal.name for goal in plan.goals] == [goal.name for goal in plan.request.goals]),
    ):
        if not fits:
            raise RequestError(f"the plan's {what} and its request do not fit together; give the plan as goalplan "
                               "wrote it.")  # fmt: skip


def _check_previous(plan: Plan, start: dt.date, previous: Review) -> None:
    """Refuse an earlier review that is not one of this plan, or that someone changed."""
    unit, hold = previous.unit, previous.hold
    for what, fits in (
        ("months", previous.months == plan.months),
        ("month", previous.month == month_index(start, previous.as_of) >= 0),
        ("unit", _LEAST_UNIT <= unit.value <= unit.peak and 0.0 <= unit.deepest < 1.0),
        ("wealth", previous.wealth.now >= 0.0),
        ("hold", hold is None or _is_mix(tuple(hold.weights.values()))),
    ):
        if not fits:
            raise RequestError(f"the earlier review's {what} is not that of a review of this plan; give the review as "
                               "goalplan wrote it, or none.")  # fmt: skip


def _is_mix(weights: tuple[float, ...]) -> bool:
    return all(weight >= 0.0 for weight in weights) and abs(sum(weights) - 1.0) <= _MIX


def carrying(client: Client, course: Course) -> Client:
    """Return the client with the unit value and peak of a plan under way."""
    now = course.now
    return client.model_copy(
        update={
            "unit_value": now.unit,
            "unit_peak": now.peak,
            "reset_on": now.since,
            "limit_broken": now.broken,
        }
    )


def changes_between(old: PlanRequest, new: PlanRequest) -> tuple[str, ...]:
    """Return the words of `texts.toml` for what a client told anew: goals, client, limits, terms, advice."""
    found = {
        "goals": old.goals != new.goals,
        "client": any(getattr(old.client, fact) != getattr(new.client, fact) for fact in _CLIENT_FACTS),
        "limits": old.limits != new.limits,
        "terms": old.contributions != new.contributions,
        "advice": any(getattr(old, fact) != getattr(new, fact) for fact in _ADVICE_FACTS),
    }
    return tuple(word for word, differs in found.items() if differs)
