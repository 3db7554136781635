"""Drawdown programmes over simulated paths, against the full convex programme and against one path."""

import numpy as np
import pytest
from goalplan.engine.risk import Limit, Measure, maximise_return, minimise_risk
from goalplan.engine.risk.measures import drawdowns
from goalplan.engine.risk.oracle import solve_in_full
from goalplan.engine.risk.problem import read_problem

from .conftest import monthly_paths

PATHS = monthly_paths(60, 24, 5, seed=8)
TARGET = float(PATHS.mean(axis=(0, 1)).mean())


@pytest.mark.parametrize("compounded", [True, False])
@pytest.mark.parametrize(
    ("kind", "confidence"), [("max_drawdown", 0.9), ("max_drawdown", 1.0), ("cdar", 0.95)]
)
def test_path_measures_agree_with_the_full_programme(kind, confidence, compounded):
    measure = Measure(kind=kind, confidence=confidence, compounded=compounded)
    problem = read_problem(
        measure, PATHS, probabilities=None, mean=None, target=TARGET, limits=(), constraints=None
    )
    full = solve_in_full(problem)
    found = minimise_risk(measure, PATHS, target_return=TARGET)
    assert full.status in ("optimal", "inaccurate")
    assert found.value == pytest.approx(full.optimum, rel=1e-6)
    assert found.gap < 1e-8


def test_the_worst_path_is_the_worst():
    found = minimise_risk(Measure(kind="max_drawdown", confidence=1.0), PATHS)
    each = -np.expm1(-drawdowns(PATHS @ found.weights).max(axis=1))
    assert found.value == pytest.approx(each.max(), rel=1e-12)


def test_one_path_is_a_matrix():
    assert minimise_risk("max_drawdown", PATHS[:1]).value == pytest.approx(
        minimise_risk("max_drawdown", PATHS[0]).value, rel=1e-8
    )


def test_repeating_every_path_changes_nothing():
    measure = Measure(kind="max_drawdown", confidence=0.9)
    twice = np.concatenate([PATHS, PATHS])
    assert minimise_risk(measure, twice).value == pytest.approx(minimise_risk(measure, PATHS).value, rel=1e-8)


def test_probabilities_repeat_paths():
    measure = Measure(kind="max_drawdown", confidence=0.9)
    counts = np.array([1, 2, 3] * 20)
    repeated = minimise_risk(measure, np.repeat(PATHS, counts, axis=0))
    weighted = minimise_risk(measure, PATHS, probabilities=counts / counts.sum())
    assert weighted.value == pytest.approx(repeated.value, rel=1e-8)


def test_a_limit_over_paths_is_kept_and_binds():
    limit = Limit(measure=Measure(kind="max_drawdown", confidence=0.9), at_most=0.08)
    found = maximise_return(PATHS, [limit])
    worst = np.sort(drawdowns(PATHS @ found.weights).max(axis=1))[-6:]
    assert 0.08 - 1e-7 < -np.expm1(-worst.mean()) <= 0.08
    assert found.gap < 1e-8


def test_limits_may_have_paths_of_their_own():
    history = PATHS[0]
    limit = Limit(
        name="paths", measure=Measure(kind="max_drawdown", confidence=0.9), at_most=0.1, scenarios=PATHS
    )
    found = minimise_risk("cvar", history, limits=[limit])
    assert found.status == "optimal"
    assert found.risks["paths"] <= 0.1
