"""What the policy sets aside for an indexed payment, and what that is worth on drawn indices."""

import math
from dataclasses import replace

import goalplan
import pytest
from goalplan.engine.follow import judged, make_policy
from goalplan.engine.objectives import CUSHION, expected_amount, planned_amount
from goalplan.engine.setting import Setting, prepare
from goalplan.engine.suitability.firm import Firm
from goalplan.goals import build_schedule

REQUEST = goalplan.PlanRequest.model_validate(
    {
        "client": {"risk_level": "C4", "cash": 250_000.0},
        "goals": [
            {"kind": "purchase", "name": "Later", "due": "2029-05-01", "amount": 520_000.0, "index": "cpi"},
        ],
        "contributions": {"monthly": 8_000.0},
    }
)


@pytest.fixture(scope="module")
def setting() -> Setting:
    return prepare(REQUEST, goalplan.load_market(), 0, 4_000, Firm())


def test_the_amount_planned_for_is_the_expected_one_and_a_cushion(setting: Setting) -> None:
    (payment,) = setting.schedule.payments
    years = payment.month / 12.0
    assert payment.month == 36
    growth, volatility = {"cpi": 0.02}, {"cpi": 0.03}
    expected = expected_amount(payment, growth)
    assert expected == pytest.approx(520_000.0 * 1.02**3)
    planned = planned_amount(payment, growth, volatility)
    assert planned == pytest.approx(expected * math.exp(CUSHION * 0.03 * math.sqrt(years)))
    assert planned_amount(payment, growth, {"cpi": 0.0}) == pytest.approx(expected)
    assert planned_amount(replace(payment, index=None), {}, {}) == payment.amount


def test_the_cushion_pays_on_drawn_indices(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Common random numbers: the difference of the shares is far beyond its error."""
    with_it = judged(setting, make_policy(setting, "dynamic").table, "validation").paid[:, 0] >= 1.0
    monkeypatch.setattr("goalplan.engine.objectives.CUSHION", 0.0)
    without = judged(setting, make_policy(setting, "dynamic").table, "validation").paid[:, 0] >= 1.0
    difference = with_it.astype(float) - without
    assert difference.mean() > 0.05
    assert difference.mean() > 4.0 * difference.std() / math.sqrt(len(difference))


def test_a_nominal_goal_has_no_cushion() -> None:
    plain = REQUEST.goals[0].model_copy(update={"index": None})
    schedule = build_schedule((plain,), REQUEST.contributions, goalplan.load_market().as_of, None)
    assert planned_amount(schedule.payments[0], {}, {}) == 520_000.0
