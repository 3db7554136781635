"""The amount of an indexed payment: mean and spread as the judge draws it, and what knowing the spread is worth."""

import math
from dataclasses import replace

import goalplan
import numpy as np
import pytest
from goalplan.engine.follow import judged, make_policy
from goalplan.engine.objectives import amount_due, expected_amount, policy_goals
from goalplan.engine.setting import Setting, prepare
from goalplan.engine.suitability.firm import Firm
from goalplan.goals import Payment

TERMS = {
    "client": {"risk_level": "C4", "cash": 250_000.0},
    "goals": [
        {"kind": "purchase", "name": "Later", "due": "2029-05-01", "amount": 520_000.0, "index": "cpi"},
    ],
    "contributions": {"monthly": 8_000.0},
}
HOME = {"kind": "home", "name": "Home", "due": "2034-05-01", "amount": 1_250_000.0, "index": "home:beijing"}
SCHOOL = {
    "kind": "education",
    "name": "School",
    "due": "2034-05-01",
    "amount": 3e5,
    "index": "education",
    "years": 4,
}


def prepared(**changes: object) -> Setting:
    request = goalplan.PlanRequest.model_validate(TERMS | changes)
    return prepare(request, goalplan.load_market(), 0, 4_000, Firm())


@pytest.fixture(scope="module")
def setting() -> Setting:
    return prepared()


def test_the_variance_of_the_index_and_of_its_uncertain_growth(setting: Setting) -> None:
    (payment,) = setting.schedule.payments
    assert payment.month == 36
    volatility, history = 0.03, setting.assumptions.years
    known = setting.assumptions.select(setting.market.asset_ids, ("cpi",))
    known = replace(known, index_mean=np.array([0.02]), index_volatility=np.array([volatility]))
    mean, spread = amount_due(payment, known)
    assert expected_amount(payment, {"cpi": 0.02}) == pytest.approx(520_000.0 * 1.02**3)
    assert spread == pytest.approx(volatility * math.sqrt(3.0 + 9.0 / history))
    assert mean == pytest.approx(520_000.0 * 1.02**3 * math.exp(0.5 * volatility**2 * 9.0 / history))
    certain = replace(known, index_volatility=np.array([0.0]))
    assert amount_due(payment, certain) == (pytest.approx(520_000.0 * 1.02**3), 0.0)
    assert amount_due(replace(payment, index=None), known) == (payment.amount, 0.0)


@pytest.mark.parametrize("goal", [TERMS["goals"][0], HOME])  # type: ignore[index]
def test_the_judge_draws_that_amount(goal: dict[str, object]) -> None:
    """The drawn amounts have mean and spread of the policy's; fat tails and drawn covariances move them little."""
    setting = prepared(goals=[goal])
    drawn = np.log(judged(setting, make_policy(setting, "fixed_mix").table, "judge").amounts[:, 0])
    mean, spread = amount_due(setting.schedule.payments[0], setting.assumptions)
    assert drawn.std() == pytest.approx(spread, rel=0.05)
    assert drawn.mean() == pytest.approx(
        math.log(mean) - 0.5 * spread**2, abs=4.0 * spread / math.sqrt(len(drawn))
    )


def test_payments_of_a_stream_carry_what_they_have_in_common() -> None:
    setting = prepared(goals=[SCHOOL])
    goals = policy_goals(setting.request.goals, setting.schedule, setting.assumptions)
    alone = [amount_due(payment, setting.assumptions)[1] for payment in setting.schedule.payments]
    assert [goal.spread for goal in goals] == pytest.approx([2.0 * spread for spread in alone])


def without_spread(payment: Payment, assumptions: goalplan.scenarios.Assumptions) -> tuple[float, float]:
    return amount_due(payment, assumptions)[0], 0.0


def test_knowing_the_spread_pays_on_drawn_indices(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Common random numbers: the difference of the shares is far beyond its error."""
    with_it = judged(setting, make_policy(setting, "dynamic").table, "validation").paid[:, 0] >= 1.0
    monkeypatch.setattr("goalplan.engine.objectives.amount_due", without_spread)
    without = judged(setting, make_policy(setting, "dynamic").table, "validation").paid[:, 0] >= 1.0
    difference = with_it.astype(float) - without
    assert difference.mean() > 0.05
    assert difference.mean() > 4.0 * difference.std() / math.sqrt(len(difference))


def test_the_lattice_promises_what_the_judge_finds() -> None:
    """A home in Beijing in eight years: within a point and a half, 3 standard errors and costs counted in."""
    setting = prepared(goals=[HOME])
    made = make_policy(setting, "dynamic")
    paid = judged(setting, made.table, "judge").paid[:, 0] >= 1.0
    assert made.policy.probability[0] == pytest.approx(
        paid.mean(), abs=0.015 + 3.0 * paid.std() / math.sqrt(len(paid))
    )
