"""Every figure of docs/verification.md within its tolerance, and the bound of Browne from below."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from goalplan.engine.policy import LognormalMenu, PolicyGoal, PolicyTask, best_fixed_mix

FREER = [(2.0, 12), (20.0, 12), (20.0, 52), (60.0, 52), (60.0, 260)]  # most leverage, trades a year

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


def test_the_frontier_follows_from_the_printed_means_and_covariances():
    """Least variance at a mean mu is a quadratic in it, with weights linear in it; both as printed, to their digits."""
    mean = np.array([0.0493, 0.0770, 0.0886])
    covariance = np.array(
        [[0.0017, -0.0017, -0.0021], [-0.0017, 0.0396, 0.03088], [-0.0021, 0.03088, 0.0392]]
    )
    system = np.zeros((5, 5))
    system[:3, :3], system[3, :3], system[4, :3] = covariance, 1.0, mean
    system[:3, 3:] = system[3:, :3].T
    level, slope = np.linalg.solve(system, np.array([[0, 0], [0, 0], [0, 0], [1, 0], [0, 1]]))[:3].T
    assert slope @ covariance @ slope == pytest.approx(page.A, rel=2e-3)
    assert 2.0 * level @ covariance @ slope == pytest.approx(page.B, rel=2e-3)
    assert level @ covariance @ level == pytest.approx(page.C, rel=2e-3)
    printed = {
        page.LOWEST: (0.0374, [0.9098, 0.0225, 0.0677]),
        page.HIGHEST: (0.1954, [0.0731, -0.2470, 1.1738]),
    }
    for mu, (volatility, weights) in printed.items():
        mix = level + mu * slope
        assert np.sqrt(mix @ covariance @ mix) == pytest.approx(volatility, abs=5e-4)
        assert mix == pytest.approx(weights, abs=3e-3)
    assert page.frontier(15).volatility[[0, -1]] == pytest.approx([0.0374, 0.1954], abs=5e-4)


@pytest.mark.verify
def test_the_bound_is_neared_to_a_thousandth_by_daily_trading_at_sixty_fold_leverage():
    """A cap on leverage and trading by steps are all that is missing: either released, the gap falls (weekly: .003)."""
    case = "x 100, b 180, r .03, mu .08, sigma .16, T 10"
    bound = page.browne_bound(*page.BROWNE[case])
    assert bound == pytest.approx(0.951789, abs=1e-6)
    gaps = [bound - page.leveraged(case, most, trades, 100).value for most, trades in FREER]
    assert np.all(np.diff(gaps) < 0.0)
    assert -1e-4 <= gaps[-1] <= 1e-3


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
