"""The frontier: every point is the programme solved alone, and the whole is convex."""

import numpy as np
import pytest
from goalplan.engine.errors import RequestError
from goalplan.engine.risk import Constraints, Limit, frontier, maximise_return, minimise_risk

from .conftest import fat_tailed


@pytest.mark.parametrize("measure", ["cvar", "cdar", "max_drawdown", "variance"])
def test_points_are_the_programme_solved_alone(market, measure):
    found = frontier(measure, market, points=6, tolerance=1e-9)
    returns = [point.expected_return for point in found]
    assert returns[0] == pytest.approx(minimise_risk(measure, market).expected_return, rel=1e-3)
    assert returns[-1] == pytest.approx(maximise_return(market).value, rel=1e-9)
    for point, target in zip(found[1:], np.linspace(returns[0], returns[-1], 6)[1:], strict=True):
        alone = minimise_risk(measure, market, target_return=target * (1.0 - 1e-12))
        assert point.value == pytest.approx(alone.value, rel=1e-7)
        assert point.gap < 1e-6


def test_a_frontier_rises_and_is_convex():
    found = frontier("cvar", fat_tailed(2000, 20))
    value = np.array([point.value for point in found])
    assert len(found) == 20
    assert (np.diff(value) > -1e-12).all()
    assert (np.diff(value, n=2) > -2e-6 * value.max()).all()


def test_targets_of_ones_own_limits_and_trading(market):
    constraints = Constraints(previous=np.full(6, 1.0 / 6.0), trading_cost=2e-5, max_turnover=0.5)
    limits = [Limit(measure="max_drawdown", at_most=0.12)]
    targets = [0.0002, 0.00025, 0.0003]
    found = frontier("cvar", market, targets=targets, constraints=constraints, limits=limits)
    for point, target in zip(found, targets, strict=True):
        alone = minimise_risk("cvar", market, target_return=target, constraints=constraints, limits=limits)
        assert point.value == pytest.approx(alone.value, rel=2e-6)
        assert point.risks["max_drawdown"] <= 0.12


def test_a_target_out_of_reach_is_one_refusal_among_answers(market):
    found = frontier("cvar", market, targets=[0.0002, 1.0, 0.0003])
    assert [point.status for point in found] == ["optimal", "infeasible", "optimal"]


def test_nothing_feasible_is_one_refusal(market):
    (found,) = frontier("cvar", market, limits=[Limit(measure="max_drawdown", at_most=1e-6)])
    assert found.status == "infeasible"


def test_a_frontier_has_two_ends(market):
    with pytest.raises(RequestError, match="points: 1; give 2 or more"):
        frontier("cvar", market, points=1)
