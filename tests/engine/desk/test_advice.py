"""What the adviser's desk hands over with a plan, as `solve_plan` makes it."""

from typing import Any

import pytest
from goalplan.engine.plan import Plan
from goalplan.engine.request import PlanRequest
from goalplan.engine.solve import solve_plan
from goalplan.engine.suitability.firm import Firm
from goalplan.engine.suitability.shelf import demonstration_shelf

GOAL = {"kind": "home", "name": "Flat", "due": "2029-05-01", "amount": 600_000.0}
HELD = (
    {"asset": "cn_equity_small", "product": "DEMO-1201", "value": 40_000.0, "account": "Bank A"},
    {"asset": "cn_treasury", "product": "DEMO-2001", "value": 60_000.0, "bought": "2025-01-01"},
)
FIRM = Firm(shelf=demonstration_shelf())


def solved(**changes: Any) -> Plan:
    client = {"risk_level": "C4", "cash": 150_000.0, "holdings": HELD, **changes.pop("client", {})}
    entries = {"client": client, "goals": [GOAL], "contributions": {"monthly": 8_000.0}, **changes}
    return solve_plan(PlanRequest.model_validate(entries), paths=500, firm=FIRM)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return solved()


def test_every_product_of_todays_mix_has_its_label(plan: Plan) -> None:
    assert plan.today is not None
    assert plan.label is not None
    assert plan.suitability is not None
    products = {plan.suitability.products[a] for a in plan.today.weights}
    assert {label.product for label in plan.labels} == products
    assert plan.orders is not None
    assert {o.product for o in plan.orders.orders if o.side == "buy"} <= products
    assert all(label.level <= 4 for label in plan.labels)
    for label in (plan.label, *plan.labels):
        assert label.range_note.zh == "历史测算，不构成收益承诺"
        assert [span.years for span in label.ranges] == [1.0, 3.0]


def test_orders_lead_from_what_is_held_to_todays_mix(plan: Plan) -> None:
    found = plan.orders
    assert found is not None
    assert plan.today is not None
    assert found.on == plan.request.start
    assert found.before == {"cn_equity_small": 4_000_000, "cn_treasury": 6_000_000}
    assert found.cash_before == 15_000_000
    spent = sum(order.signed + order.charges for order in found.orders)
    assert found.cash_after == found.cash_before - spent
    assert found.cash_after + sum(found.after.values()) + found.charges == 25_000_000
    assert found.tracking_error <= found.bound
    assert sum(found.target.values()) == 25_000_000
    for asset, weight in plan.today.weights.items():
        assert found.target[asset] == pytest.approx(weight * 25_000_000, abs=20.0)


def test_the_diagnosis_speaks_of_what_is_held_and_of_the_plan(plan: Plan) -> None:
    found = plan.diagnosis
    assert found is not None
    assert (found.wealth, found.cash, found.accounts) == (
        250_000.0,
        150_000.0,
        {"": 60_000.0, "Bank A": 40_000.0},
    )
    assert found.drift is not None
    kept = next(other for other in plan.alternatives if other.policy == "today")
    assert [goal.unchanged for goal in found.goals] == list(kept.probabilities)
    assert [goal.planned for goal in found.goals] == [goal.probability.value for goal in plan.goals]


def test_the_four_pots_hold_the_clients_money(plan: Plan) -> None:
    assert plan.pots is not None
    assert sum(pot.today for pot in plan.pots.pots) == pytest.approx(250_000.0)


def test_a_plan_of_products_is_small_and_comes_back_from_json(plan: Plan) -> None:
    text = plan.to_json()
    assert Plan.from_json(text) == plan
    assert len(text.encode()) < 200_000
    assert "demonstration_shelf" in [found.code for found in plan.findings]


def test_what_the_esg_terms_cost_is_told() -> None:
    strict = {"min_esg": 58.0, "exclude": ["us_nasdaq", "gold"]}
    plan = solved(limits=strict, client={"holdings": (), "cash": 250_000.0})
    (price,) = plan.price_of_limits
    assert price.limit == "esg"
    free = solved(client={"holdings": (), "cash": 250_000.0})
    assert price.probabilities == (free.goals[0].probability.value,)
    assert price.required_monthly == free.levers[0].value
    assert price.probabilities[0] > plan.goals[0].probability.value
    needed = next(lever for lever in plan.levers if lever.kind == "monthly_contribution")
    assert needed.value is not None
    assert price.required_monthly is not None
    assert price.required_monthly < needed.value
    assert plan.suitability is not None
    assert plan.policy is not None
    scores = [plan.suitability.esg[a] for a in plan.policy.assets]
    for weights in plan.policy.weights:
        assert sum(w * s for w, s in zip(weights, scores, strict=True)) >= 58.0 - 1e-6


def test_a_plan_for_review_orders_nothing_but_is_labelled() -> None:
    plan = solved(client={"risk_level": "C3"}, products=["DEMO-1202"])
    assert (plan.status, plan.orders) == ("needs_review", None)
    assert plan.label is not None
    assert plan.diagnosis is not None
    assert plan.suitability is not None
    assert [refusal.product for refusal in plan.suitability.refused] == ["DEMO-1202"]
    assert [line.suitable for line in plan.diagnosis.holdings] == [False, True]
    # What is held and not open to the client is judged as it is, on a market that is open to all.
    assert plan.diagnosis.goals[0].unchanged is not None


def test_an_infeasible_plan_orders_nothing_and_keeps_the_gate() -> None:
    plan = solved(limits={"max_weight": 0.05, "bounds": {"cn_cash": (0.0, 0.1)}})
    assert (plan.status, plan.orders) == ("infeasible", None)
    assert plan.suitability is not None
    assert plan.suitability.shelf == "demonstration"
