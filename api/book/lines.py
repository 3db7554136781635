"""The book's columns: one line for each client and goal, the same in CSV, JSONL and Parquet."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..engine.plan import Plan

COLUMNS = (
    "row", "client_id", "status", "reason", "goal", "kind", "priority", "due", "amount", "expected_amount",
    "wanted_probability", "probability", "standard_error", "funded_ratio", "expected_shortfall",
    "conditional_shortfall", "goal_status", "months", "required_monthly", "expected_return", "volatility",
    "drawdown_high", "drawdown_limit", "breach", "today", "request_digest", "plan_digest",
)  # fmt: skip


def digest(text: str) -> str:
    """Short SHA-256 of a document, to see whether it changed."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def record_of(number: int, request: str, plan: Plan, *, keep_plan: bool) -> dict[str, Any]:
    """Return the record of one row: its request, its lines of results and, if kept, the plan itself."""
    text = plan.to_json()
    record = {
        "row": number,
        "client_id": plan.request.client.id,
        "request": json.loads(request),
        "lines": _lines(number, request, plan, text),
    }
    return {**record, "plan": json.loads(text)} if keep_plan else record


def _lines(number: int, request: str, plan: Plan, text: str) -> list[dict[str, Any]]:
    """One line a goal; one without goals where the plan has none."""
    needed = [lever.value for lever in plan.levers if lever.kind == "monthly_contribution"]
    drawdown, today = plan.drawdown, plan.today
    client = {
        "row": number,
        "client_id": plan.request.client.id,
        "status": plan.status,
        "reason": plan.reason.code,
        "months": plan.months,
        "required_monthly": needed[0] if needed else None,
        "expected_return": today.expected_return if today else None,
        "volatility": today.volatility if today else None,
        "drawdown_high": drawdown.high if drawdown else None,
        "drawdown_limit": drawdown.limit if drawdown else None,
        "breach": drawdown.breach.value if drawdown and drawdown.breach else None,
        "today": json.dumps(today.weights, separators=(",", ":")) if today else None,
        "request_digest": digest(request),
        "plan_digest": digest(text),
    }
    goals = [
        {
            "goal": goal.name,
            "kind": goal.kind,
            "priority": goal.priority,
            "due": str(goal.due),
            "amount": goal.amount,
            "expected_amount": goal.expected_amount,
            "wanted_probability": goal.wanted_probability,
            "probability": goal.probability.value,
            "standard_error": goal.probability.standard_error,
            "funded_ratio": goal.funded_ratio,
            "expected_shortfall": goal.expected_shortfall,
            "conditional_shortfall": goal.conditional_shortfall,
            "goal_status": goal.status,
        }
        for goal in plan.goals
    ]
    return [{name: {**client, **goal}.get(name) for name in COLUMNS} for goal in goals or [{}]]
