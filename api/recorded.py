"""What of a plan or a review goes into the record."""

from collections.abc import Iterable
from pathlib import Path

from .engine.desk.order_types import Orders
from .engine.findings import Finding
from .engine.plan import Plan
from .engine.review.types import Review
from .ledger import Kind, Ledger

Items = tuple[tuple[Kind, str], ...]


def plan_items(plan: Plan) -> Items:
    """Entries of a plan, in order.

    Its request, each warning, each signed warning that let a product through, its orders, and the plan with its
    provenance.
    """
    signed = () if plan.suitability is None else plan.suitability.overridden
    return (
        ("request", plan.request.model_dump_json()),
        *_warnings((plan.reason, *plan.findings)),
        *(("acknowledgement", each.model_dump_json()) for each in signed),
        *_orders(plan.orders),
        ("plan", plan.to_json()),
    )


def review_items(review: Review) -> Items:
    """Entries of a review: what it asks, each warning, its orders, a plan made anew, and the review itself."""
    anew = () if review.new_plan is None else plan_items(review.new_plan)[1:]
    return (
        ("request", review.request.model_dump_json()),
        *_warnings((review.reason, *review.findings)),
        *_orders(review.orders),
        *anew,
        ("review", review.to_json()),
    )


def put(path: Path, person: str, found: Plan | Review) -> str:
    """Append a plan or a review to the record at `path`, all or nothing, and say what the new head is."""
    items = plan_items(found) if isinstance(found, Plan) else review_items(found)
    entries = Ledger(path).append(person, items)
    return f"{len(entries)} entries added to {path.name}; head {entries[-1].hash}"


def _orders(found: Orders | None) -> Items:
    return () if found is None else (("orders", found.model_dump_json()),)


def _warnings(found: Iterable[Finding]) -> Items:
    return tuple(("warning", each.model_dump_json()) for each in found if each.severity != "info")
