import datetime as dt
from typing import Any

import pytest
from goalplan.engine.desk.buckets import Pots, four_pots
from goalplan.engine.request import PlanRequest
from goalplan.goals import build_schedule
from hypothesis import given
from hypothesis import strategies as st

START = dt.date(2026, 5, 1)
RESERVE = {"kind": "reserve", "name": "Reserve", "amount": 30_000.0}
CAR = {"kind": "purchase", "name": "Car", "due": "2027-05-01", "amount": 100_000.0}
FLAT = {"kind": "home", "name": "Flat", "due": "2029-05-01", "amount": 600_000.0}
LATER = {"kind": "purchase", "name": "Later", "due": "2029-06-01", "amount": 50_000.0}


def pots(goals: list[dict[str, Any]], cash: float, monthly: float = 0.0) -> tuple[Pots, PlanRequest]:
    request = PlanRequest.model_validate(
        {
            "start": START,
            "client": {"risk_level": "C3", "cash": cash},
            "goals": goals,
            "contributions": {"monthly": monthly},
        }
    )
    schedule = build_schedule(request.goals, request.contributions, START, None)
    return four_pots(request.goals, schedule, request.client.wealth), request


def test_money_goes_to_the_reserve_then_to_what_is_due_soon_then_to_the_rest() -> None:
    found, _ = pots([RESERVE, CAR, FLAT, LATER], 1_000_000.0)
    assert {pot.name.zh: (pot.goals, pot.due, pot.today) for pot in found.pots} == {
        "活钱": (("Reserve",), 30_000.0, 30_000.0),
        "稳钱": (("Car", "Flat"), 700_000.0, 700_000.0),
        "长钱": (("Later",), 50_000.0, 270_000.0),
        "保险": ((), 0.0, 0.0),
    }
    assert "outside this plan" in found.pots[3].note.en
    assert "不是四个账户" in found.note.zh


def test_contributions_pay_first_but_only_those_that_come_before() -> None:
    found, _ = pots([CAR, FLAT], 500_000.0, monthly=8_000.0)
    # Car: 100,000 - 12 x 8,000 = 4,000 from today's money; both: 700,000 - 36 x 8,000 = 412,000.
    assert found.pots[1].today == pytest.approx(412_000.0)
    found, _ = pots([CAR, LATER], 500_000.0, monthly=8_000.0)
    assert found.pots[1].today == pytest.approx(4_000.0)


@given(
    st.lists(st.sampled_from([CAR, FLAT, LATER]), min_size=1, max_size=3, unique_by=lambda g: g["name"]),
    st.floats(30_001.0, 1e7),
    st.floats(0.0, 1e5),
)
def test_the_pots_are_todays_wealth_and_every_payment(goals: Any, cash: float, monthly: float) -> None:
    found, request = pots([RESERVE, *goals], cash, monthly)
    assert sum(pot.today for pot in found.pots) == pytest.approx(cash, rel=1e-12)
    assert all(pot.today >= 0.0 for pot in found.pots)
    assert sum(pot.due for pot in found.pots) == pytest.approx(sum(g.amount for g in request.goals))
