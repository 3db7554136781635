"""The dual simplex of the master problem against HiGHS, from the same random rows, boxes and cuts."""

import highspy
import numpy as np
import pytest
from goalplan.engine.risk.cuts import Cuts
from goalplan.engine.risk.linear import LinearSolver
from goalplan.engine.risk.master import Master, empty_pool
from goalplan.engine.risk.simplex import SimplexSolver, _kernels
from goalplan.engine.risk.simplex import solver as module
from hypothesis import given, settings
from hypothesis import strategies as st


def a_master(draw, count, groups):
    """Weights, a level and group variables; a budget, and sometimes a range and a row that cannot be met."""
    size = count + 1 + groups
    rows = np.zeros((2, size))
    rows[0, :count] = 1.0
    rows[1, :count] = draw.normal(size=count).round(1)
    column, row = np.tile(np.arange(size), 2), np.repeat([0, 1], size)
    middle = rows[1, :count].mean()
    return Master(
        count=count,
        cost=np.concatenate([draw.choice([0.0, 0.3, -0.2], size=count), np.ones(groups + 1)]),
        lower=np.concatenate([draw.choice([0.0, -0.2], size=count), [-5.0], np.zeros(groups)]),
        upper=np.concatenate([draw.choice([1.0, 0.4, 2.0], size=count), [5.0], np.full(groups, 100.0)]),
        column=column,
        row=row,
        entry=rows.ravel(),
        row_lower=np.array([1.0, middle - draw.choice([0.0, 0.1, np.inf])]),
        row_upper=np.array([1.0, middle + draw.choice([0.0, 0.1, np.inf])]),
        margin=np.zeros(2),
        excess=np.empty(0, dtype=np.int64),
        **empty_pool(count),
    )


def some_cuts(draw, count, groups, size):
    return Cuts(
        slope=(draw.normal(size=(size, count))).round(draw.integers(1, 4)),
        mass=draw.choice([0.0, 0.1, 1.0], size=size),
        theta=draw.integers(1, groups + 1, size=size),
        constant=draw.normal(size=size).round(1),
    )


@pytest.fixture(params=["compiled", "interpreted"])
def kernels(request, monkeypatch):
    """Run the kernels compiled, or their source as plain Python."""
    if request.param == "interpreted":
        for name, kernel in list(vars(_kernels).items()):
            if hasattr(kernel, "py_func"):
                monkeypatch.setattr(_kernels, name, kernel.py_func)
    return request.param


def agree(draw, rounds):
    count, groups = int(draw.integers(1, 9)), int(draw.integers(1, 6))
    master = a_master(draw, count, groups)
    ours, theirs = SimplexSolver(master), LinearSolver(master)
    for _ in range(rounds):
        master.add(some_cuts(draw, count, groups, int(draw.integers(1, 15))), count)
        lower, upper = master.lower.copy(), master.upper.copy()
        centre, radius = draw.dirichlet(np.ones(count)), draw.choice([0.2, 1.0, np.inf])
        lower[:count] = np.minimum(np.maximum(lower[:count], centre - radius), upper[:count])
        upper[:count] = np.maximum(np.minimum(upper[:count], centre + radius), lower[:count])
        cost = master.cost * draw.choice([1.0, 2.0])
        for solver in (ours, theirs):
            solver.sync()
        mine, reference = ours.solve(cost, lower, upper), theirs.solve(cost, lower, upper)
        assert mine.status == reference.status
        if mine.status == "optimal":
            assert cost @ mine.variables == pytest.approx(cost @ reference.variables, rel=1e-8, abs=1e-8)
            stale = np.flatnonzero(~mine.tight & ~reference.tight)[::2]
            for solver in (ours, theirs):
                solver.drop(stale)
            kept = np.ones(len(master.mass), dtype=bool)
            kept[stale] = False
            master.keep(kept)


@settings(max_examples=150)
@given(st.integers(0, 1_000_000))
def test_values_and_outcomes_are_those_of_highs(seed):
    agree(np.random.default_rng(seed), rounds=4)


@pytest.mark.parametrize("seed", range(15))
def test_interpreted_and_compiled_agree_with_highs(kernels, seed):
    agree(np.random.default_rng(seed), rounds=3)


def test_prices_prove_the_value():
    draw = np.random.default_rng(7)
    master = a_master(draw, 6, 4)
    master.row_lower[1], master.row_upper[1] = -np.inf, np.inf
    master.add(some_cuts(draw, 6, 4, 60), 6)
    solver = SimplexSolver(master)
    solver.sync()
    point = solver.solve(master.cost, master.lower, master.upper)
    bound, reduced = master.bound(point)
    assert bound == pytest.approx(master.cost @ point.variables, rel=1e-13)
    assert (point.cuts >= -1e-12).all()
    off = np.minimum(point.variables - master.lower, master.upper - point.variables) > 1e-9
    np.testing.assert_allclose(reduced[off], 0.0, atol=1e-12)


def test_a_drifted_inverse_is_made_anew():
    draw = np.random.default_rng(3)
    master = a_master(draw, 6, 4)
    master.row_lower[1], master.row_upper[1] = -np.inf, np.inf
    solver = SimplexSolver(master)
    master.add(some_cuts(draw, 6, 4, 40), 6)
    solver.sync()
    first = solver.solve(master.cost, master.lower, master.upper)
    solver._inverse[:] += 1e-4 * draw.normal(size=solver._inverse.shape)
    again = solver.solve(master.cost, master.lower, master.upper)
    np.testing.assert_allclose(again.variables, first.variables, atol=1e-12)


@pytest.mark.parametrize("run", [_kernels.invert, _kernels.invert.py_func], ids=["compiled", "interpreted"])
def test_invert(run):
    draw = np.random.default_rng(1)
    matrix = draw.normal(size=(9, 9)) * (draw.uniform(size=(9, 9)) < 0.4) + np.diag(np.arange(1.0, 10.0))
    inverse, taken = np.eye(9), np.empty(9, dtype=np.int64)
    assert run(matrix.copy(), inverse, draw.permutation(9), taken)
    found = np.empty((9, 9))
    found[taken] = inverse
    np.testing.assert_allclose(found @ matrix, np.eye(9), atol=1e-12)
    matrix[3] = matrix[4]
    assert not run(matrix, np.eye(9), np.arange(9), taken)


def test_too_many_pivots_are_told(monkeypatch):
    draw = np.random.default_rng(3)
    master = a_master(draw, 6, 4)
    master.add(some_cuts(draw, 6, 4, 40), 6)
    solver = SimplexSolver(master)
    solver.sync()
    monkeypatch.setattr(module._kernels, "pivots", lambda *_: (_kernels.FAILED, 0))
    assert solver.solve(master.cost, master.lower, master.upper).status == "too many pivots"


def test_highs_reads_the_options_that_it_is_given():
    highs = highspy.Highs()
    for name, value in LinearSolver.__init__.__globals__["_OPTIONS"].items():
        assert highs.setOptionValue(name, value) == highspy.HighsStatus.kOk
