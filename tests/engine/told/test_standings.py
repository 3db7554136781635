"""What the policy would hold and why: agrees with the policy, and needed returns with closed forms."""

import numpy as np
import pytest
from goalplan.engine.plan import Plan
from goalplan.engine.request import PlanRequest
from goalplan.engine.setting import prepare
from goalplan.engine.solve import solve_plan
from goalplan.engine.told.standings import needed_return
from goalplan.scenarios import load_market


def request(monthly: float) -> PlanRequest:
    return PlanRequest.model_validate(
        {
            "client": {"risk_level": "C4", "cash": 250_000.0},
            "goals": [{"kind": "home", "name": "Flat", "due": "2029-05-01", "amount": 600_000.0}],
            "contributions": {"monthly": monthly},
        }
    )


@pytest.fixture(scope="module")
def plan() -> Plan:
    return solve_plan(request(8_000.0), paths=1000)


def test_today_and_every_later_year_behind_on_track_and_ahead(plan: Plan) -> None:
    assert [(h.month, h.standing) for h in plan.standings] == [
        (0, "on_track"),
        *((m, s) for m in (12, 24) for s in ("behind", "on_track", "ahead")),
    ]
    assert plan.wealth is not None
    for told in plan.standings:
        assert told.weights == pytest.approx(plan.hold(told.month, told.wealth))
        row = {"behind": 0.25, "on_track": 0.5, "ahead": 0.75}[told.standing]
        band = plan.wealth.nominal
        assert told.wealth == pytest.approx(band.values[band.levels.index(row)][told.month], abs=0.011)
    later = [h.needed_return for h in plan.standings if h.month == 24]
    assert later == sorted(later, key=lambda r: -(r or 9.0))  # who is ahead needs less


def test_needed_return_of_one_sum() -> None:
    setting = prepare(request(0.0), load_market(), 0, 200)
    assert needed_return(setting, 0, 250_000.0) == pytest.approx(2.4 ** (1 / 3) - 1.0, abs=1e-6)
    assert needed_return(setting, 24, 500_000.0) == pytest.approx(0.2, abs=1e-6)
    assert needed_return(setting, 24, 250_000.0) is None


def test_surface_is_the_policys_own_risk(plan: Plan) -> None:
    [surface] = plan.surfaces
    assert plan.policy is not None
    assert surface.months == tuple(range(36))
    risk = np.array(surface.volatility)
    assert risk.shape == (36, len(surface.wealth))
    table = plan.policy.table()
    for i in (0, 17, 35):
        for j in (0, 12, 24):
            k = table.holding(i, surface.wealth[j])
            assert risk[i, j] == pytest.approx(plan.policy.volatilities[k], abs=1e-6)
    assert (
        risk[35].min() < 0.02 < risk[35].max()
    )  # near the date: safe once the goal is there, bold just below
