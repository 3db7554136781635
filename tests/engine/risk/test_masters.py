"""The three master solvers and the bound that prices prove."""

from dataclasses import replace

import numpy as np
import pytest
from goalplan.engine.risk import Measure
from goalplan.engine.risk.build import build
from goalplan.engine.risk.conic import ConicSolver
from goalplan.engine.risk.cutting import CuttingPlanes, Start
from goalplan.engine.risk.linear import LinearSolver
from goalplan.engine.risk.problem import read_problem
from goalplan.engine.risk.simplex import SimplexSolver

from .conftest import fat_tailed


def problem_of(measure="cvar", **given):
    settings = {"probabilities": None, "mean": None, "target": None, "limits": (), "constraints": None}
    return read_problem(measure, fat_tailed(200, 5, seed=3), **{**settings, **given})


def solved(solver, problem, start=None):
    model = build(problem)
    weights = np.full(5, 0.2) if start is None else start
    loop = CuttingPlanes(model, solver(model.master))
    return loop.run(Start(weights=weights, radius=np.inf, feasible=True), 1e-8)


def test_every_solver_ends_at_the_same_value():
    problem = problem_of()
    first, *others = (solved(kind, problem) for kind in (SimplexSolver, LinearSolver, ConicSolver))
    for other in others:
        assert first.status == other.status == "optimal"
        assert other.best.objective == pytest.approx(first.best.objective, rel=2e-8)


@pytest.mark.parametrize("solver", [SimplexSolver, LinearSolver, ConicSolver])
def test_any_prices_prove_a_bound(solver):
    """Wrong prices prove less, never too much."""
    problem = problem_of(target=0.0003)
    model = build(problem)
    loop = CuttingPlanes(model, solver(model.master))
    found = loop.run(Start(weights=np.full(5, 0.2), radius=np.inf, feasible=True), 1e-8)
    point, draw = found.proof.point, np.random.default_rng(0)
    for noise in (1e-6, 1e-2, 1.0):
        wrong = replace(
            point,
            rows=point.rows + noise * draw.normal(size=len(point.rows)),
            cuts=point.cuts + noise * draw.normal(size=len(point.cuts)),
        )
        bound, _ = model.master.bound(wrong)
        assert bound <= found.best.objective + 1e-12


@pytest.mark.parametrize("start", range(5))
def test_any_start_leads_to_the_optimum(start):
    problem = problem_of(measure=Measure(kind="max_drawdown"))
    best = solved(SimplexSolver, problem).best.objective
    found = solved(SimplexSolver, problem, start=np.eye(5)[start])
    assert found.status == "optimal"
    assert found.best.objective == pytest.approx(best, rel=2e-8)
