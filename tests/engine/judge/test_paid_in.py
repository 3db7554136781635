"""A limit on the loss of the money paid in is kept on unseen daily paths, and is looser than one on the drawdown."""

import numpy as np
import pytest
from goalplan.engine.request import PlanRequest
from goalplan.engine.solve import solve_plan


def plan(measured_from, policy="dynamic", limit=0.08):
    request = PlanRequest.model_validate(
        {
            "client": {"risk_level": "C4", "cash": 250_000.0},
            "goals": [{"kind": "home", "name": "Flat", "due": "2029-05-01", "amount": 600_000.0}],
            "contributions": {"monthly": 8_000.0},
            "policy": policy,
            "limits": {"max_drawdown": limit, "measured_from": measured_from},
        }
    )
    return solve_plan(request, paths=2_000, detail="core")


@pytest.mark.parametrize("policy", ["fixed_mix", pytest.param("dynamic", marks=pytest.mark.verify)])
def test_the_promise_is_about_what_the_limit_says(policy):
    peak, paid_in = plan("peak", policy), plan("paid_in", policy)
    for found in (peak, paid_in):
        share = found.drawdown.promised_breach
        # validation and judge are two samples of 2,000
        assert share.value <= 0.05 + 3.0 * np.sqrt(2.0 * 0.05 * 0.95 / 2_000)
    assert paid_in.drawdown.measured_from == "paid_in"
    assert paid_in.drawdown.paid_in_breach.value > 0.02  # the allowance is used, not left
    assert peak.drawdown.paid_in_breach.value < paid_in.drawdown.paid_in_breach.value
    assert paid_in.goals[0].probability.value > peak.goals[0].probability.value
