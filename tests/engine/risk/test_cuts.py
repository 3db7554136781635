"""Oracles: their value is the measure's, and no cut is ever above it anywhere."""

import math

import numpy as np
import pytest
from goalplan.engine.risk import Measure, read_scenarios
from goalplan.engine.risk.atoms import RUIN, Steps
from goalplan.engine.risk.build import oracle_of
from goalplan.engine.risk.cuts import WorstOracle
from hypothesis import given
from hypothesis import strategies as st

MATRICES = ["cvar", "cdar", "max_drawdown"]


def model_value(oracle, cuts, weights, level):
    """Least value that the cuts leave at these weights and this level."""
    need = cuts.constant + cuts.slope @ weights - cuts.mass * level
    theta = oracle.lower.copy()
    np.maximum.at(theta, cuts.theta, need)
    if len(oracle.cost) > 1:
        theta[0] = level
    return float(oracle.cost @ theta)


@given(st.integers(0, 10_000), st.sampled_from(MATRICES), st.booleans(), st.booleans(), st.booleans())
def test_cuts_support_the_measure_from_below(seed, kind, compounded, paths, even):
    draw = np.random.default_rng(seed)
    shape = (12, 5, 4) if paths and kind != "cvar" else (draw.integers(1, 60), 4)
    returns = np.clip(draw.standard_t(3, size=shape) * 0.05, -0.9, 2.0).round(draw.integers(2, 6))
    probabilities = None if even else draw.dirichlet(np.ones(shape[0]))
    measure = Measure(kind=kind, confidence=draw.choice([0.0, 0.5, 0.9, 0.99, 1.0]), compounded=compounded)
    scenarios = read_scenarios(returns, probabilities)
    oracle = oracle_of(measure, scenarios, 1.0)

    def true_value(weights):
        return measure.convex(measure.value(weights, returns, probabilities)) / oracle.scale

    at, elsewhere = draw.dirichlet(np.ones(4), size=2)
    value, cuts = oracle.probe(at, None)
    assert value == pytest.approx(true_value(at), rel=1e-9, abs=1e-11)
    levels = draw.uniform(-3.0, 3.0, size=20)
    best = min(model_value(oracle, cuts, at, level) for level in [*levels, oracle_level(oracle, at)])
    assert best == pytest.approx(value, rel=1e-9, abs=1e-9)
    for level in levels:
        held = model_value(oracle, cuts, elsewhere, level)
        assert held <= tail_at(measure, scenarios, oracle, elsewhere, level) + 1e-9


def oracle_level(oracle, weights):
    """Quantile that the oracle puts its level at."""
    if len(oracle.cost) == 1:
        return 0.0
    from goalplan.engine.risk.cuts import _quantile

    values = oracle._atoms.values(weights)
    return _quantile(values, oracle._shares, even=oracle._even) / oracle.scale


def tail_at(measure, scenarios, oracle, weights, level):
    """Rockafellar and Uryasev's function of the weights and the level, scaled."""
    values = oracle._atoms.values(weights) / oracle.scale
    if len(oracle.cost) == 1:
        return values.max()
    return level + (oracle._shares * np.maximum(values - level, 0.0)).sum()


def test_only_violated_cuts_are_told():
    scenarios = read_scenarios(np.random.default_rng(2).normal(size=(50, 3)))
    oracle = oracle_of(Measure(kind="cvar"), scenarios, 1.0)
    weights = np.full(3, 1.0 / 3.0)
    _, cuts = oracle.probe(weights, None)
    held = np.zeros(len(oracle.cost))
    held[0] = oracle_level(oracle, weights)
    np.maximum.at(held, cuts.theta, cuts.constant + cuts.slope @ weights - cuts.mass * held[0])
    _, again = oracle.probe(weights, held)
    assert len(again.mass) == 0


def test_a_ruined_step_is_cut_off_by_its_own_row():
    scenarios = read_scenarios(np.array([[0.1, -0.6], [0.2, -0.3]]))
    oracle = WorstOracle(Steps(scenarios, compounded=True), 40)
    value, cuts = oracle.probe(np.array([-1.0, 2.0]), None)
    assert value == math.inf
    np.testing.assert_allclose(cuts.slope, [[-0.1, 0.6]])
    assert cuts.theta[0] == -1
    assert -cuts.slope[0] @ np.array([0.0, 1.6]) >= cuts.constant[0]
    assert -cuts.slope[0] @ np.array([0.0, 1.7]) < cuts.constant[0] == RUIN - 1.0
