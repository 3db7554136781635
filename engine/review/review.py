"""``review_plan``: a plan under way, on one day."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ...goals import add_months
from ...scenarios.market import Market, load_market
from ...scenarios.stress import Episode, load_episodes
from ..desk.advice import desk_of
from ..desk.desk import Desk
from ..desk.diagnosis import Diagnosis, diagnose
from ..desk.holdings import Book
from ..desk.labels import Label, plan_label, product_labels
from ..desk.order_types import Orders
from ..desk.orders import orders
from ..errors import RequestError
from ..findings import Finding, Text, finding
from ..plan import Plan, Status
from ..request import PlanRequest
from ..setting import NoPlan, prepare
from ..solve import provenance
from ..suitability.firm import Firm
from ..suitability.gate import Gate
from .happenings import Facts, events
from .outlook import Outlook, kept_on, made_anew
from .standing import market_returns, unit_of
from .texts import education
from .types import Advice, Headroom, Review
from .under_way import UnderWay, carrying, changes_between, under_way

FloatArray = NDArray[np.float64]
_UNEXPLAINED = 0.05  # of the money held: beyond it the flows told are likely not the flows that were
_LOOKED_AT = frozenset({"infeasible", "needs_review"})


def review_plan(
    plan: Plan,
    book: Book,
    as_of: dt.date,
    market: Market | None = None,
    *,
    firm: Firm | None = None,
    changed: PlanRequest | None = None,
    previous: Review | None = None,
    paid_in: float | None = None,
    paid_out: float | None = None,
    episodes: Sequence[Episode] | None = None,
) -> Review:
    """Review a plan: what happened since it was made, what it will reach now and why, and what to do.

    The stored policy is followed on, from the wealth, drawdown and flag of today; the drawdown limit keeps its peak
    and its reset dates. Only where facts changed is a plan made anew, and that too carries the peak.

    Parameters
    ----------
    plan
        With a policy.
    book
        Everything held on `as_of`, at its close.
    as_of
        In the plan's months. Later data of the market are not looked at.
    market
        The embedded one by default; it must hold the assets that the plan may hold.
    firm
        As when the plan was made.
    changed
        The client's request as it is today, where goals or facts may have changed; holdings are those of `book`.
        A changed goal is in money of today.
    previous
        The last review of the plan: its unit value and peak are taken up from there.
    paid_in, paid_out
        Money that moved since `previous`, or since the plan began, in all; as planned where left out.
    episodes
        Named episodes that may be under way; the library's by default.

    Raises
    ------
    RequestError
        The day is outside the plan, or the plan cannot be followed.
    pydantic.ValidationError
        What is left of the request no longer fits together; each problem names its field.
    """
    market = load_market() if market is None else market
    firm = firm or Firm()
    made_on = plan.suitability.shelf if plan.suitability is not None else None
    if firm.shelf is None and made_on not in (None, firm.shelf_for(market).name):
        raise RequestError(
            f"the plan was made on the shelf {made_on!r}; give that shelf, or the firm's of today."
        )
    case = under_way(plan, book, as_of, market, firm, previous, paid_in, paid_out)
    told = changes_between(plan.request, changed) if changed is not None else ()
    asked = case.asked
    if changed is not None and told:
        asked = case.asked_instead(changed, carrying(book.of(changed.client), case.course))
    seed, paths = plan.provenance.seed, plan.provenance.paths
    outlook = None
    try:
        setting = prepare(asked, case.market, seed, paths, firm)
        gate, findings, model = setting.gate, setting.findings, setting.model.name
        outlook = kept_on(case, book, setting, firm) if not told else None
    except NoPlan as answer:
        gate, findings, model = answer.gate, answer.findings, "none"
    if outlook is None:
        outlook = made_anew(case, book, asked, told or ("products",), firm)
    named = load_episodes().episodes if episodes is None else episodes
    return _written(case, book, asked, outlook, gate, findings, desk_of(case.market, firm), model, named)


def _written(
    case: UnderWay,
    book: Book,
    asked: PlanRequest,
    outlook: Outlook,
    gate: Gate,
    findings: tuple[Finding, ...],
    desk: Desk,
    model: str,
    episodes: Sequence[Episode],
) -> Review:
    target = outlook.hold.weights if outlook.hold is not None else {}
    found = diagnose(book, gate, desk, target=target or None)
    placed = None
    if target and outlook.status not in _LOOKED_AT and not gate.needs_review and case.held > 0.0:
        placed = orders(book.holdings, book.cash, target, gate, desk, case.as_of)
    label, labels = _labels(case, outlook, placed, gate, desk)
    unit = unit_of(case.plan, case.course.now, case.market.as_of)
    limits = tuple(_limits(case, found))
    happened = events(
        Facts(
            as_of=case.as_of,
            start=case.start,
            unit=unit,
            limit=next((each for each in limits if each.id == "max_drawdown"), None),
            wealth=case.wealth,
            goals=outlook.goals,
            paid=_paid(case),
            changed=outlook.changed,
            hold=target,
            market=case.market,
            episodes=episodes,
        )
    )
    plan = case.plan
    return Review(
        as_of=case.as_of,
        month=case.month,
        months=plan.months,
        plan_digest=hashlib.sha256(plan.to_json().encode()).hexdigest(),
        request=asked,
        followed="new_plan" if outlook.new_plan is not None else "stored_policy",
        advice=_advice(outlook.status, gate, placed),
        status=outlook.status,
        reason=outlook.reason,
        wealth=case.wealth,
        unit=unit,
        markets=market_returns(plan, case.market, case.as_of, [line.asset for line in found.classes]),
        goals=outlook.goals,
        goals_paid=_paid(case),
        limits=limits,
        hold=outlook.hold,
        drift=found.drift,
        classes=found.classes,
        orders=placed,
        label=label,
        labels=labels,
        events=happened,
        education=education(happened[0].code, gate.tier.report),
        tier=gate.tier,
        next_review=add_months(case.as_of, gate.tier.review_months),
        findings=(*findings, *_findings(case, found)),
        provenance=provenance(
            case.market, desk.assumptions, model, plan.provenance.seed, plan.provenance.paths
        ),
        new_plan=outlook.new_plan,
    )


def _advice(status: Status, gate: Gate, placed: Orders | None) -> Advice:
    if status in _LOOKED_AT or gate.needs_review or placed is None:
        return "person"
    return "orders" if placed.orders else "do_nothing"


def _labels(
    case: UnderWay, outlook: Outlook, placed: Orders | None, gate: Gate, desk: Desk
) -> tuple[Label | None, tuple[Label, ...]]:
    """Label the mix to hold, and every product that is bought."""
    if outlook.hold is None:
        return None, ()
    months = case.plan.months - case.month
    products = {a: gate.products[a] for a in outlook.hold.weights if a in gate.products}
    bought = [o.product for o in (placed.orders if placed else ()) if o.side == "buy" and o.product]
    label = plan_label(
        outlook.hold.weights,
        products,
        desk,
        months,
        advisory_fee=case.plan.request.advisory_fee,
        highest_volatility=outlook.highest_volatility,
    )
    return label, product_labels(dict.fromkeys(bought), desk, months)


def _paid(case: UnderWay) -> tuple[str, ...]:
    last: dict[int, int] = {}
    for payment in case.schedule.payments:
        last[payment.goal] = payment.month
    return tuple(case.plan.request.goals[g].name for g, month in last.items() if month <= case.month)


def _limits(case: UnderWay, found: Diagnosis) -> Iterator[Headroom]:
    limits, now = case.asked.limits, case.course.now
    if limits.max_drawdown is not None:
        yield Headroom(
            id="max_drawdown",
            name=Text(zh="最大回撤", en="Maximum drawdown"),
            limit=limits.max_drawdown,
            used=now.drawdown,
            left=max(1.0 - (1.0 - limits.max_drawdown) / (1.0 - now.drawdown), 0.0),
            broken=now.broken,
        )
    for event in found.events:
        if event.id in limits.stress:
            limit = limits.stress[event.id]
            yield Headroom(
                id=event.id,
                name=event.name,
                limit=limit,
                used=event.loss,
                left=max(limit - event.loss, 0.0),
                broken=event.loss > limit,
            )


def _findings(case: UnderWay, found: Diagnosis) -> Iterator[Finding]:
    yield from found.findings
    if case.market.as_of < case.start:
        yield finding("review_without_market", as_of=str(case.market.as_of), start=str(case.start))
    elif abs(case.course.unexplained) > _UNEXPLAINED * max(case.held, 1.0):
        yield finding("review_unexplained", money=case.course.unexplained)
