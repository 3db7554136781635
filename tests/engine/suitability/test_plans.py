"""Plans as they come out: nothing above the client's level without a recorded warning, whatever was asked for."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from goalplan.engine.plan import Plan
from goalplan.engine.request import PlanRequest
from goalplan.engine.solve import solve_plan
from goalplan.engine.suitability.firm import Firm
from goalplan.engine.suitability.shelf import Product, Shelf

from .test_suitability import MARKET, PAPERS, PERMITS, RULES, START, WARNED, random_shelf


def random_request(rng: np.random.Generator, shelf: Shelf) -> PlanRequest:
    """A client of any level who asks for products, insists on some, holds others, and has limits."""
    level = int(rng.integers(1, 6))
    picked = [str(code) for code in rng.choice([p.code for p in shelf.products], 8, replace=False)]
    held = [shelf.get(code) for code in picked[6:]]
    client: dict[str, Any] = {
        "cash": 100_000.0,
        "risk_level": f"C{level}",
        "lowest_class": level == 1 and bool(rng.random() < 0.5),
        "investor": str(rng.choice(["ordinary", "ordinary", "professional"])),
        "accredited": PAPERS if rng.random() < 0.3 else None,
        "overrides": [{"product": code, **WARNED} for code in picked[: rng.integers(0, 3)]],
        "holdings": [
            {"asset": p.asset, "product": p.code, "value": 50_000.0} for p in held if p and rng.random() < 0.4
        ],
    }
    limits: dict[str, Any] = {"min_esg": 40.0} if rng.random() < 0.15 else {}
    if rng.random() < 0.15:
        limits["bounds"] = {"gold": [0.1, 0.3]}
    due = f"{2027 + int(rng.integers(0, 3))}-06-01"
    return PlanRequest.model_validate(
        {
            "start": START,
            "client": client,
            "goals": [{"kind": "home", "name": "Flat", "due": due, "amount": 160_000.0}],
            "contributions": {"monthly": 1_000.0},
            "products": picked[3 : 3 + rng.integers(0, 4)],
            "limits": limits,
        }
    )


def permitted(plan: Plan, shelf: Shelf) -> None:
    """Nothing that the plan can come to hold, label or order is above the level without a warning in it."""
    box, client = plan.suitability, plan.request.client
    assert box is not None
    recorded = {f.params["en"] for f in plan.findings if f.code in PERMITS and f.severity == "warning"}

    def fits(code: str | None) -> None:
        product = shelf.get(code)
        assert isinstance(product, Product)
        if product.level > box.highest_level:
            assert product.name_en in recorded
            assert not box.lowest_class
            assert code in {*plan.request.products, *(each.product for each in client.overrides)}
        assert not product.accredited or client.accredited is not None
        assert product.status != "suspended"

    if plan.policy is not None:
        for column, asset in enumerate(plan.policy.assets):
            if any(weights[column] > 0.0 for weights in plan.policy.weights):
                fits(box.products[asset])
        most = box.max_volatility
        assert most is None or max(plan.policy.volatilities) <= most + 1e-12
    for label in plan.labels:
        fits(label.product)
    for order in plan.orders.orders if plan.orders else ():
        if order.side == "buy":
            fits(order.product)
    if plan.today is not None:
        for asset, weight in plan.today.weights.items():
            assert weight <= box.caps.get(asset, 1.0) + 1e-9
    if box.needs_review:
        assert plan.orders is None
        assert plan.status in ("needs_review", "infeasible")


def check(count: int, seed: int, full: int) -> Counter[str]:
    """Solve `count` plans, every `full`-th in full detail."""
    rng = np.random.default_rng(seed)
    shelves = [random_shelf(rng) for _ in range(min(count, 50))]
    seen: Counter[str] = Counter()
    for number in range(count):
        shelf = shelves[number % len(shelves)]
        request = random_request(rng, shelf)
        detail: Any = "full" if number % full == 0 else "core"
        plan = solve_plan(request, MARKET, paths=100, detail=detail, firm=Firm(shelf=shelf, rules=RULES))
        permitted(plan, shelf)
        seen[plan.status] += 1
        seen["warned"] += any(f.code in PERMITS for f in plan.findings)
        seen["ordered"] += plan.orders is not None
    return seen


def test_random_plans_hold_nothing_above_the_level_without_a_recorded_warning() -> None:
    seen = check(20, seed=11, full=4)
    assert seen["warned"] > 3
    assert seen["needs_review"] > 3


@pytest.mark.verify
def test_1000_random_plans_hold_nothing_above_the_level_without_a_recorded_warning() -> None:
    seen = check(1000, seed=12, full=5)
    assert seen["warned"] > 200
    assert seen["needs_review"] > 200
    assert seen["ordered"] > 20
