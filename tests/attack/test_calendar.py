"""Days that calendars stumble over, and horizons and markets at both ends: every one has a plan."""

import datetime as dt
from dataclasses import replace
from typing import Any

import goalplan
import numpy as np
import pytest
from goalplan.goals.months import add_months
from goalplan.scenarios.market import Market, load_market

MARKET = load_market()


def plan(due: str, start: str | None = None, market: Market = MARKET, **more: Any) -> goalplan.Plan:
    goal = {"kind": "purchase", "name": "Car", "due": due, "amount": 60_000.0, **more.pop("goal", {})}
    request = {
        "client": {"risk_level": "C4", "cash": 50_000.0, **more.pop("client", {})},
        "goals": [goal],
        "contributions": {"monthly": 500.0},
        **({"start": start} if start else {}),
        **more,
    }
    found = goalplan.solve_plan(
        goalplan.PlanRequest.model_validate(request), market, paths=100, detail="core"
    )
    assert goalplan.Plan.from_json(found.to_json()) == found
    return found


@pytest.mark.parametrize(
    ("start", "due", "months"),
    [
        ("2028-02-29", "2028-03-29", 1),
        ("2028-02-29", "2029-02-28", 12),
        ("2026-08-31", "2026-09-30", 1),
        ("2026-08-31", "2027-02-28", 6),
        ("2027-01-31", "2028-02-29", 13),
        ("2026-12-31", "2027-12-31", 12),
        ("2026-05-01", "2028-02-29", 21),
    ],
)
def test_leap_days_and_month_ends(start: str, due: str, months: int) -> None:
    found = plan(due, start)
    assert found.months == months
    assert add_months(dt.date.fromisoformat(start), months) <= dt.date.fromisoformat(due)
    assert found.wealth is not None
    assert found.wealth.paid_in[-1] == 50_000.0 + 500.0 * months


def test_a_goal_due_next_month_is_nearly_certain_or_lost() -> None:
    start = MARKET.as_of + dt.timedelta(days=1)
    near = str(add_months(start, 1))
    assert plan(near, goal={"amount": 40_000.0}).goals[0].probability.value == 1.0
    assert plan(near, goal={"amount": 90_000.0}).goals[0].probability.value == 0.0
    with pytest.raises(ValueError, match="less than a month after the plan's start"):
        plan(str(start + dt.timedelta(days=20)))


def test_sixty_years_and_not_a_month_more() -> None:
    start = MARKET.as_of + dt.timedelta(days=1)
    found = plan(str(add_months(start, 720)), goal={"amount": 2e6})
    assert found.months == 720
    assert found.policy is not None
    assert found.policy.table().months == 720
    with pytest.raises(ValueError, match="more than 60 years after"):
        plan(str(add_months(start, 721)))


def test_someone_born_on_a_leap_day_retires() -> None:
    goal = {"kind": "retirement", "amount": 300.0, "until_age": 70}
    found = plan("2028-02-29", client={"birth_year": 1960}, goal=goal)
    assert found.goals[0].payments == 35  # to December of 2030
    assert found.months == 21 + 34


def test_one_asset_that_is_cash() -> None:
    found = plan("2028-05-01", market=MARKET.select(("cn_cash",)))
    assert found.today is not None
    assert found.today.weights == pytest.approx({"cn_cash": 1.0}, abs=1e-12)


def test_one_asset_that_is_not_cash() -> None:
    gold = MARKET.select(("gold",))
    found = plan("2028-05-01", market=gold, client={"risk_level": "C5"}, limits={"max_weight": 1.0})
    assert found.today is not None
    assert found.today.weights == pytest.approx({"gold": 1.0}, abs=1e-12)
    assert (
        plan("2028-05-01", market=gold).status == "infeasible"
    )  # 35 % of an asset at most, and nothing else to hold


@pytest.mark.verify
def test_two_hundred_assets() -> None:
    found = plan("2028-05-01", market=widened(200), client={"risk_level": "C5"})
    assert found.today is not None
    assert sum(found.today.weights.values()) == pytest.approx(1.0, abs=1e-9)
    assert found.policy is not None
    assert len(found.policy.assets) == 200


def widened(count: int) -> Market:
    """The embedded market's assets again and again, each with noise of its own."""
    rng = np.random.default_rng(0)
    columns = np.arange(count) % len(MARKET.assets)
    copies = np.arange(count) // len(MARKET.assets)
    noise = {
        name: np.exp(np.cumsum(rng.normal(0.0, scale, (len(getattr(MARKET, name)), count)), axis=0))
        for name, scale in (("daily", 0.001), ("monthly", 0.005))
    }
    assets = tuple(
        replace(MARKET.assets[c], id=f"{MARKET.assets[c].id}_{n}")
        for c, n in zip(columns, copies, strict=True)
    )
    return replace(
        MARKET,
        assets=assets,
        daily=MARKET.daily[:, columns] * noise["daily"],
        monthly=MARKET.monthly[:, columns] * noise["monthly"],
        digest=f"the embedded market, {count} wide",
    )
