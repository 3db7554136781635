"""What of a plan goes into the record."""

from .engine.plan import Plan
from .ledger import Kind


def plan_items(plan: Plan) -> tuple[tuple[Kind, str], ...]:
    """Entries of a plan, in order: its request, each warning, the plan with its provenance."""
    warnings = [
        found.model_dump_json() for found in (plan.reason, *plan.findings) if found.severity != "info"
    ]
    return (
        ("request", plan.request.model_dump_json()),
        *(("warning", text) for text in warnings),
        ("plan", plan.to_json()),
    )
