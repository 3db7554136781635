"""A review end to end: what changed, why, and what to do."""

import dataclasses
import datetime as dt
from typing import Any

import numpy as np
import pytest
from goalplan.engine.client import Holding
from goalplan.engine.desk.holdings import Book
from goalplan.engine.errors import RequestError
from goalplan.engine.follow import judged
from goalplan.engine.plan import Plan
from goalplan.engine.request import PlanRequest
from goalplan.engine.review.review import review_plan
from goalplan.engine.review.types import Review
from goalplan.engine.setting import prepare
from goalplan.engine.solve import solve_plan
from goalplan.engine.suitability.firm import Firm
from goalplan.engine.suitability.shelf import Product, Shelf, demonstration_shelf
from goalplan.scenarios.market import load_market

MARKET = load_market()
MADE = dt.date(2024, 12, 31)  # the plan is made on what was known then
LATER = dt.date(2025, 9, 15)
GOAL = {"kind": "home", "name": "Flat", "due": "2028-01-01", "amount": 600_000.0, "index": "cpi"}
CAR = {"kind": "purchase", "name": "Car", "due": "2025-06-01", "amount": 40_000.0, "priority": "want"}


def asked(**changes: Any) -> PlanRequest:
    base = {
        "client": {"id": "c-1", "risk_level": "C4", "cash": 300_000.0},
        "goals": [GOAL],
        "contributions": {"monthly": 7_000.0},
        "model": "lognormal",
    }
    return PlanRequest.model_validate(base | changes)


def made(request: PlanRequest, paths: int = 500, firm: Firm | None = None) -> Plan:
    return solve_plan(request, MARKET.until(MADE), paths=paths, detail="core", firm=firm)


def held(plan: Plan, money: float, cash: float = 0.0) -> Book:
    assert plan.today is not None
    whole = tuple(
        Holding(asset=a, value=round(weight * (money - cash), 2)) for a, weight in plan.today.weights.items()
    )
    return Book(holdings=whole, cash=cash)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return made(asked())


@pytest.fixture(scope="module")
def limited() -> Plan:
    return made(asked(limits={"max_drawdown": 0.12, "stress": {"2015": 0.25}}), paths=300)


@pytest.fixture(scope="module")
def later(plan: Plan) -> Review:
    return review_plan(plan, held(plan, 370_000.0, cash=4_000.0), LATER, MARKET)


def test_on_the_first_day_nothing_has_changed(plan: Plan) -> None:
    start = plan.request.start
    assert start is not None
    found = review_plan(plan, Book(holdings=(), cash=300_000.0), start, MARKET.until(MADE))
    (goal,) = found.goals
    assert goal.then == goal.now == plan.goals[0].probability
    assert [reason.change for reason in goal.reasons] == [0.0] * 4
    assert found.hold == plan.today
    assert (found.unit.value, found.unit.peak, found.month) == pytest.approx((1.0, 1.0, 0), rel=1e-12)
    assert (found.wealth.gain, found.wealth.expected) == (0.0, 300_000.0)
    assert [event.code for event in found.events] == ["quiet"]
    assert found.advice == "orders"


def test_the_reasons_of_a_change_sum_to_it(later: Review) -> None:
    (goal,) = later.goals
    assert goal.then is not None
    assert [reason.code for reason in goal.reasons] == ["time", "returns", "contributions", "assumptions"]
    assert sum(reason.change for reason in goal.reasons) == pytest.approx(goal.now.value - goal.then.value)
    assert goal.reasons[2].change == 0.0  # all was paid in as planned
    assert (later.month, goal.months, goal.due) == (8, 28, dt.date(2028, 1, 1))


def test_money_is_accounted_for(later: Review) -> None:
    wealth = later.wealth
    assert (wealth.start, wealth.paid_in, wealth.planned_in) == (300_000.0, 56_000.0, 56_000.0)
    assert wealth.now == pytest.approx(370_000.0, abs=0.05)
    assert wealth.gain == pytest.approx(wealth.now - 356_000.0)
    assert wealth.low < wealth.expected < wealth.high
    assert later.unit.followed_market
    assert later.unit.peak >= later.unit.value


def test_orders_lead_back_to_what_the_policy_holds_now(plan: Plan, later: Review) -> None:
    assert later.hold is not None
    assert later.hold.weights == plan.hold(8, later.wealth.now)
    assert later.orders is not None
    assert later.orders.on == LATER
    assert later.advice == ("orders" if later.orders.orders else "do_nothing")
    total = later.orders.cash_after + sum(later.orders.after.values()) + later.orders.charges
    assert total == round(100 * later.wealth.now)
    assert later.drift is not None
    assert 2.0 * later.drift == pytest.approx(sum(abs(line.drift or 0.0) for line in later.classes))


def test_nothing_is_done_where_everything_is_in_its_band(later: Review, plan: Plan) -> None:
    assert later.hold is not None
    book = Book(
        holdings=tuple(
            Holding(asset=a, value=round(w * 370_000.0, 2)) for a, w in later.hold.weights.items()
        ),
        cash=0.0,
    )
    found = review_plan(plan, book, LATER, MARKET)
    assert found.advice == "do_nothing"
    assert found.drift == pytest.approx(0.0, abs=1e-6)


def test_what_comes_later_is_not_looked_at(plan: Plan, later: Review) -> None:
    book = held(plan, 370_000.0, cash=4_000.0)
    assert review_plan(plan, book, LATER, MARKET.until(LATER)).to_json() == later.to_json()


def test_json_is_lossless_and_small(later: Review) -> None:
    text = later.to_json()
    assert Review.from_json(text) == later
    assert len(text.encode()) < 200_000


def test_contributions_that_were_missed_are_told_apart_from_returns(plan: Plan, later: Review) -> None:
    found = review_plan(plan, held(plan, 350_000.0), LATER, MARKET, paid_in=36_000.0)
    (goal,) = found.goals
    missed = next(reason for reason in goal.reasons if reason.code == "contributions")
    assert missed.change < 0.0
    assert "paid_in_less" in [event.code for event in found.events]
    assert found.wealth.gain == pytest.approx(14_000.0, abs=0.05)
    assert found.unit.value == pytest.approx(later.unit.value, abs=0.01)


def test_more_money_never_makes_a_goal_less_likely(plan: Plan) -> None:
    chances = [
        review_plan(plan, held(plan, money), LATER, MARKET).goals[0].now.value
        for money in (250_000.0, 330_000.0, 370_000.0, 450_000.0)
    ]
    assert chances == sorted(chances)


def test_the_next_review_takes_up_the_peak(plan: Plan, later: Review) -> None:
    fallen = review_plan(
        plan, held(plan, 340_000.0), dt.date(2025, 12, 1), MARKET, previous=later, paid_in=21_000.0
    )
    assert fallen.unit.peak >= later.unit.peak
    assert fallen.unit.drawdown > 0.1
    assert fallen.request.client.unit_peak == fallen.unit.peak
    assert fallen.wealth.paid_in == 77_000.0
    assert "fall" in [event.code for event in fallen.events]
    assert fallen.education.id == "falls"


def test_a_broken_limit_holds_the_calmest_portfolio(limited: Plan) -> None:
    found = review_plan(limited, held(limited, 290_000.0), LATER, MARKET)
    assert found.unit.broken
    headroom = {each.id: each for each in found.limits}
    assert headroom["max_drawdown"].broken
    assert headroom["max_drawdown"].left == 0.0
    assert set(headroom) == {"max_drawdown", "2015"}
    assert found.hold is not None
    assert limited.policy is not None
    assert found.hold.volatility == min(limited.policy.volatilities)
    assert found.events[0].code == "limit_broken"
    assert found.events[0].early


def test_forgetting_the_peak_each_quarter_would_break_the_limit_far_more_often(limited: Plan) -> None:
    assert limited.policy is not None
    setting = prepare(limited.request, MARKET.until(MADE), 0, 1000)
    table = limited.policy.table()
    carried, forgotten = (
        judged(setting, dataclasses.replace(table, reset_every=every), "judge", daily=True).peak_drawdown
        > 0.12
        for every in (table.reset_every, 3)
    )
    assert carried.mean() <= 0.05 + 3.0 * np.sqrt(0.05 * 0.95 / 1000)
    assert forgotten.mean() > 2.0 * carried.mean()


def test_half_of_the_limit_calls_for_an_early_review(limited: Plan) -> None:
    found = review_plan(limited, held(limited, 327_000.0), LATER, MARKET)
    assert 0.06 < found.unit.drawdown < 0.12
    event = next(event for event in found.events if event.code == "drawdown_half_limit")
    assert event.early
    limit = found.limits[0]
    assert (1.0 - limit.left) * (1.0 - limit.used) == pytest.approx(0.88)


def test_a_changed_goal_makes_a_new_plan_that_carries_the_peak(limited: Plan) -> None:
    changed = asked(goals=[GOAL | {"amount": 500_000.0}], limits=limited.request.limits.model_dump())
    found = review_plan(limited, held(limited, 330_000.0), LATER, MARKET, changed=changed)
    assert found.followed == "new_plan"
    assert found.new_plan is not None
    client = found.new_plan.request.client
    assert (client.unit_value, client.unit_peak) == (found.unit.value, found.unit.peak)
    assert found.new_plan.policy is not None
    assert found.new_plan.policy.age == 8
    assert found.new_plan.months == 28
    event = next(event for event in found.events if event.code == "facts_changed")
    assert event.early
    assert "the goals" in event.text.en
    (goal,) = found.goals
    assert goal.then is not None
    assert goal.reasons[-1].code == "facts"
    assert sum(reason.change for reason in goal.reasons) == pytest.approx(goal.now.value - goal.then.value)
    assert goal.now == found.new_plan.goals[0].probability


def test_the_same_request_told_again_is_no_change(plan: Plan, later: Review) -> None:
    book = held(plan, 370_000.0, cash=4_000.0)
    again = asked(client={"risk_level": "C4", "cash": 1.0, "name": "Lin"})
    assert review_plan(plan, book, LATER, MARKET, changed=again).to_json() == later.to_json()


def test_a_goal_that_was_paid_leaves_the_plan() -> None:
    plan = made(asked(goals=[CAR, GOAL]))
    found = review_plan(plan, held(plan, 330_000.0), LATER, MARKET)
    assert found.goals_paid == ("Car",)
    assert [goal.name for goal in found.goals] == ["Flat"]
    assert found.wealth.paid_out == 40_000.0
    assert [goal.name for goal in found.request.goals] == ["Flat"]
    assert "goal_paid" in [event.code for event in found.events]


def test_a_class_that_closed_makes_a_new_plan(plan: Plan) -> None:
    shelf = demonstration_shelf()
    closed = tuple(
        Product.model_validate(p.model_dump() | {"status": "suspended", "quota": None})
        if p.asset == "gold"
        else p
        for p in shelf.products
    )
    firm = Firm(shelf=Shelf(name="without gold", products=closed))
    assert plan.today is not None
    assert plan.today.weights["gold"] > 0.0
    found = review_plan(plan, held(plan, 370_000.0), LATER, MARKET, firm=firm)
    assert found.followed == "new_plan"
    assert found.hold is not None
    assert "gold" not in found.hold.weights
    assert "the products open to the client" in found.events[0].text.en


def test_a_client_of_a_lower_level_is_planned_anew_inside_it(plan: Plan) -> None:
    found = review_plan(
        plan,
        held(plan, 370_000.0),
        LATER,
        MARKET,
        changed=asked(client={"risk_level": "C2", "cash": 0.0}, contributions={"monthly": 7_000.0}),
    )
    assert found.new_plan is not None
    assert found.new_plan.suitability is not None
    assert found.new_plan.suitability.level == "C2"
    assert all(label.level <= 2 for label in found.labels)
    assert "holding_unsuitable" in [each.code for each in found.findings]


def test_a_named_episode_under_way_is_told_as_far_as_it_has_gone(plan: Plan) -> None:
    from goalplan.scenarios.stress import Episode

    crash = Episode(
        id="2025",
        name_en="Tariff shock",
        start=dt.date(2025, 4, 2),
        end=dt.date(2027, 1, 1),
        source="made up",
    )
    found = review_plan(plan, held(plan, 320_000.0), dt.date(2025, 4, 8), MARKET, episodes=(crash,))
    event = next(event for event in found.events if event.code == "episode_under_way")
    assert event.early
    assert 0.01 < float(event.params["loss"]) < 0.25
    past = review_plan(plan, held(plan, 320_000.0), dt.date(2025, 4, 1), MARKET, episodes=(crash,))
    assert "episode_under_way" not in [event.code for event in past.events]


def test_money_that_nothing_explains_is_questioned(plan: Plan) -> None:
    found = review_plan(plan, held(plan, 250_000.0), LATER, MARKET)
    (finding,) = [each for each in found.findings if each.code == "review_unexplained"]
    assert float(finding.params["money"]) < -50_000.0


def test_without_data_of_the_period_the_valuation_alone_speaks(plan: Plan) -> None:
    found = review_plan(plan, held(plan, 370_000.0), LATER, MARKET.until(MADE))
    assert not found.unit.followed_market
    assert found.markets == ()
    assert "review_without_market" in [each.code for each in found.findings]
    assert [r.change for r in found.goals[0].reasons if r.code == "assumptions"] == [0.0]
    assert np.log(found.unit.value) > 0.0


@pytest.mark.parametrize(
    ("day", "message"),
    [("2024-12-01", "before 2025-01-01, when the plan began"), ("2028-02-01", "after the plan's last goal")],
)
def test_a_day_outside_the_plan_is_refused(plan: Plan, day: str, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        review_plan(plan, held(plan, 1.0), dt.date.fromisoformat(day), MARKET)


def test_a_plan_without_a_policy_cannot_be_reviewed(plan: Plan) -> None:
    with pytest.raises(RequestError, match="has no policy to follow"):
        review_plan(plan.model_copy(update={"policy": None}), held(plan, 1.0), LATER, MARKET)
