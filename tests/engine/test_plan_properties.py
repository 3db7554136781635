"""What must hold for every plan: more money never hurts, money has no unit, assets have no order."""

import numpy as np
import pytest
from goalplan.engine.plan import Plan
from goalplan.engine.request import PlanRequest
from goalplan.engine.solve import solve_plan
from goalplan.scenarios import Market, load_market
from hypothesis import given, settings
from hypothesis import strategies as st

PATHS = 1000
ROUNDING = 2.0 / PATHS  # common random numbers: a rounded table moves a path or two
FEW = settings(max_examples=6)
CASH, MONTHLY = st.integers(0, 400).map(lambda k: 1000.0 * k), st.integers(1, 150).map(lambda k: 100.0 * k)
FUNDED, MONTHS = st.floats(0.8, 1.4), st.integers(2, 60)  # the goal over the money there will be


def planned(
    cash: float, monthly: float, amount: float, months: int, level: str = "C4", market: Market | None = None
) -> Plan:
    year, month = divmod(4 + months, 12)  # the embedded market ends in April 2026, the plan starts in May
    asked = PlanRequest.model_validate(
        {
            "client": {"risk_level": level, "cash": cash},
            "goals": [
                {"kind": "home", "name": "Flat", "due": f"{2026 + year}-{month + 1:02d}-01", "amount": amount}
            ],
            "contributions": {"monthly": monthly},
        }
    )
    return solve_plan(asked, market, paths=PATHS, detail="core")


def chance(plan: Plan) -> float:
    return plan.goals[0].probability.value


@FEW
@given(CASH, MONTHLY, FUNDED, MONTHS, st.sampled_from(["C1", "C3", "C5"]))
def test_more_money_never_lowers_the_chance(
    cash: float, monthly: float, funded: float, months: int, level: str
) -> None:
    amount = max(funded * (cash + months * monthly), 1000.0)
    least = chance(planned(cash, monthly, amount, months, level))
    assert chance(planned(cash + 0.03 * amount, monthly, amount, months, level)) >= least - ROUNDING
    assert chance(planned(cash, monthly + 0.03 * amount / months, amount, months, level)) >= least - ROUNDING


@FEW
@given(CASH, MONTHLY, FUNDED, MONTHS, st.floats(0.01, 1e4))
def test_money_has_no_unit(cash: float, monthly: float, funded: float, months: int, unit: float) -> None:
    amount = max(funded * (cash + months * monthly), 1000.0)
    plain = planned(cash, monthly, amount, months)
    scaled = planned(unit * cash, unit * monthly, unit * amount, months)
    assert chance(scaled) == pytest.approx(chance(plain), abs=ROUNDING)
    assert plain.today is not None
    assert scaled.today is not None
    assert scaled.today.weights == pytest.approx(plain.today.weights)


@FEW
@given(st.permutations(load_market().asset_ids), CASH, MONTHLY, FUNDED)
def test_assets_have_no_order(order: list[str], cash: float, monthly: float, funded: float) -> None:
    amount = max(funded * (cash + 24 * monthly), 1000.0)
    plain = planned(cash, monthly, amount, 24)
    turned = planned(cash, monthly, amount, 24, market=load_market().select(tuple(order)))
    assert chance(turned) == pytest.approx(chance(plain), abs=ROUNDING)
    assert plain.today is not None
    assert turned.today is not None
    ids = sorted(set(plain.today.weights) | set(turned.today.weights))
    np.testing.assert_allclose(
        [turned.today.weights.get(a, 0.0) for a in ids],
        [plain.today.weights.get(a, 0.0) for a in ids],
        atol=1e-6,
    )
