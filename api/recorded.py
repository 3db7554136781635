"""What of a plan or a review goes into the record."""

from collections.abc import Iterable

from .engine.findings import Finding
from .engine.plan import Plan
from .engine.review.types import Review
from .ledger import Kind

Items = tuple[tuple[Kind, str], ...]


def plan_items(plan: Plan) -> Items:
    """Entries of a plan, in order: its request, each warning, what it orders, the plan with its provenance."""
    ordered = () if plan.orders is None else (("orders", plan.orders.model_dump_json()),)
    found = (plan.reason, *plan.findings)
    return (
        ("request", plan.request.model_dump_json()),
        *_warnings(found),
        *ordered,
        ("plan", plan.to_json()),
    )


def review_items(review: Review) -> Items:
    """Entries of a review: what it asks, each warning, its orders, a plan made anew, and the review itself."""
    found = [review.reason, *review.findings]
    items: list[tuple[Kind, str]] = [("request", review.request.model_dump_json()), *_warnings(found)]
    if review.orders is not None:
        items.append(("orders", review.orders.model_dump_json()))
    if review.new_plan is not None:
        items.append(("plan", review.new_plan.to_json()))
    return (*items, ("review", review.to_json()))


def _warnings(found: Iterable[Finding]) -> Items:
    return tuple(("warning", each.model_dump_json()) for each in found if each.severity != "info")
