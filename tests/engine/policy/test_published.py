"""Every figure of docs/verification.md within its tolerance, and the bound of Browne from below."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from goalplan.engine.policy import LognormalMenu, PolicyGoal, PolicyTask, best_fixed_mix

PAGE = Path(__file__).parents[3] / "docs" / "verification.py"


def _page():
    spec = importlib.util.spec_from_file_location("verification", PAGE)
    module = importlib.util.module_from_spec(spec)
    sys.modules["verification"] = module
    spec.loader.exec_module(module)
    return module


page = _page()


@pytest.mark.parametrize("row", list(page.rows()), ids=lambda row: f"{row.section[:6]}: {row.case}")
def test_figure(row):
    obtained = row.obtained()
    assert row.holds(obtained), f"{obtained} against {row.expected}"


def test_success_rises_towards_the_bound_with_leverage_and_trading():
    case = "x 100, b 150, r .02, mu .07, sigma .18, T 5"
    bound = page.browne_bound(*page.BROWNE[case])
    by_leverage = [page.leveraged(case, most, 12, 30).value for most in (1.0, 2.0, 5.0, 20.0)]
    by_trading = [page.leveraged(case, 10.0, trades, 30).value for trades in (1, 4, 12, 52)]
    for values in (by_leverage, by_trading):
        assert np.all(np.diff(values) > 0.0)
        assert max(values) <= bound + 1e-4


def test_a_single_mix_has_its_closed_form():
    """P(W_T >= G) = Phi((log(W0 / G) + (mu - sigma^2 / 2) T) / (sigma sqrt T))."""
    menu = LognormalMenu(drift=np.array([0.04]), volatility=np.array([0.06]))
    task = PolicyTask(
        menu=menu, wealth=100.0, steps=3, step_years=1.0, goals=[PolicyGoal(step=3, amount=110.0)]
    )
    assert best_fixed_mix(task).probability[0] == pytest.approx(0.573627, abs=1e-5)
