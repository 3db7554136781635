"""Compiled passes over the scenarios against plain numpy, and against their own source interpreted."""

import numpy as np
import pytest
from goalplan.engine.risk import _kernels
from goalplan.engine.risk.measures import drawdowns

DRAW = np.random.default_rng(5)
ROWS, COLUMNS, MONTHS, GROUPS = 60, 11, 12, 7
MATRIX = DRAW.standard_t(4, size=(ROWS, COLUMNS)) * 0.05
SHARES = DRAW.dirichlet(np.ones(ROWS))
WEIGHTS = DRAW.dirichlet(np.ones(COLUMNS))
GROUP = np.arange(ROWS) % GROUPS
PATHS = ROWS // MONTHS


def both(kernel):
    return pytest.mark.parametrize("run", [kernel, kernel.py_func], ids=["compiled", "interpreted"])


def filled(run, *arguments, shape):
    out = np.zeros(shape)
    run(*arguments, out)
    return out


@both(_kernels.survey)
def test_survey(run):
    mean, largest, total = np.zeros((3, COLUMNS))
    run(MATRIX, SHARES, mean, largest, total)
    np.testing.assert_allclose(mean, SHARES @ MATRIX, rtol=1e-13)
    np.testing.assert_allclose(largest, np.abs(MATRIX).max(axis=0))
    np.testing.assert_allclose(total, np.abs(MATRIX).sum(axis=0), rtol=1e-13)


@both(_kernels.covariance)
@pytest.mark.parametrize("rows", [1, 2, 3, 4, ROWS - 1])
def test_covariance(run, rows):
    shares = SHARES[:rows] / SHARES[:rows].sum()
    mean = shares @ MATRIX[:rows]
    found = filled(run, MATRIX[:rows], shares, mean, shape=(COLUMNS, COLUMNS))
    centred = MATRIX[:rows] - mean
    np.testing.assert_allclose(found, np.tril(centred.T @ (shares[:, None] * centred)), atol=1e-16)


@both(_kernels.portfolio)
@pytest.mark.parametrize("columns", [1, 7, 8, 11])
def test_portfolio(run, columns):
    matrix = np.ascontiguousarray(MATRIX[:, :columns])
    found = filled(run, matrix, WEIGHTS[:columns], shape=ROWS)
    np.testing.assert_allclose(found, matrix @ WEIGHTS[:columns], atol=1e-16)


@both(_kernels.tail)
@pytest.mark.parametrize("order", ["level below", "level above", "level at the quantile"])
def test_tail(run, order):
    values = MATRIX[:, 0].round(2)
    quantile = np.sort(values)[-20]
    level = quantile + {"level below": -0.03, "level above": 0.03, "level at the quantile": 0.0}[order]
    chosen, place = np.empty(ROWS), np.zeros(ROWS, dtype=np.int64)
    mass, total = np.zeros((2, 3 * GROUPS))
    excess = run(values, SHARES, quantile, level, GROUP, GROUPS, chosen, place, mass, total)
    inner, tied = values > max(quantile, level), values == quantile
    between = (values > min(quantile, level)) & ~inner & ~tied
    for number, inside in enumerate([inner, between, tied]):
        found = slice(number * GROUPS, (number + 1) * GROUPS)
        np.testing.assert_allclose(mass[found], np.bincount(GROUP, SHARES * inside), atol=1e-16)
        np.testing.assert_allclose(total[found], np.bincount(GROUP, SHARES * inside * values), atol=1e-16)
        np.testing.assert_array_equal(place[inside], GROUP[inside] + number * GROUPS)
    np.testing.assert_array_equal(chosen, np.where(inner | between | tied, SHARES, 0.0))
    assert excess == pytest.approx((SHARES * np.maximum(values - quantile, 0.0)).sum(), rel=1e-13)


@both(_kernels.worst)
def test_worst(run):
    found = np.full(GROUPS, -1)
    run(MATRIX[:, 0], GROUP, found)
    expected = [np.flatnonzero(g == GROUP)[MATRIX[g == GROUP, 0].argmax()] for g in range(GROUPS)]
    np.testing.assert_array_equal(found, expected)


@both(_kernels.gather_losses)
def test_gather_losses(run):
    chosen = np.where(DRAW.uniform(size=ROWS) < 0.3, SHARES, 0.0)
    found = filled(run, MATRIX, chosen, GROUP, shape=(GROUPS, COLUMNS))
    np.testing.assert_allclose(found, -np.eye(GROUPS)[GROUP].T @ (chosen[:, None] * MATRIX), atol=1e-16)


def test_drawdowns_and_stretches():
    growth = np.log1p(MATRIX @ WEIGHTS)
    expected = drawdowns(np.expm1(growth).reshape(PATHS, MONTHS))
    for scan, search in [
        (_kernels.drawdowns, _kernels.stretches),
        (_kernels.drawdowns.py_func, _kernels.stretches.py_func),
    ]:
        depth, value = np.empty(ROWS), np.empty(PATHS)
        first, last = np.empty((2, PATHS), dtype=np.int64)
        scan(growth, MONTHS, depth)
        search(depth, MONTHS, value, first, last)
        np.testing.assert_allclose(depth.reshape(PATHS, MONTHS), expected, atol=1e-15)
        np.testing.assert_allclose(value, expected.max(axis=1), atol=1e-15)
        falls = [-growth[a:b].sum() for a, b in zip(first, last, strict=True)]
        np.testing.assert_allclose(value, falls, atol=1e-15)


def numeric_gradient(function, point):
    steps = 1e-6 * np.eye(len(point))
    return np.array([(function(point + s) - function(point - s)) / 2e-6 for s in steps])


@both(_kernels.gather_steps)
def test_gather_steps_is_the_gradient(run):
    returns = MATRIX @ WEIGHTS
    depth = drawdowns(returns.reshape(PATHS, MONTHS)).ravel()
    chosen = np.where(DRAW.uniform(size=ROWS) < 0.4, SHARES, 0.0)
    group = np.arange(ROWS) * GROUPS // ROWS
    found = filled(run, MATRIX, 1.0 / (1.0 + returns), depth, MONTHS, chosen, group, shape=(GROUPS, COLUMNS))

    def summed(weights):
        return np.bincount(group, chosen * drawdowns((MATRIX @ weights).reshape(PATHS, MONTHS)).ravel())

    np.testing.assert_allclose(found, numeric_gradient(summed, WEIGHTS).T, atol=1e-8)


@both(_kernels.gather_stretches)
def test_gather_stretches_is_the_gradient(run):
    returns = MATRIX @ WEIGHTS
    depth = drawdowns(returns.reshape(PATHS, MONTHS)).ravel()
    value, (first, last) = np.empty(PATHS), np.empty((2, PATHS), dtype=np.int64)
    _kernels.stretches(depth, MONTHS, value, first, last)
    chosen, group = np.array([0.3, 0.0, 0.2, 0.5, 0.0]), np.array([0, 0, 1, 1, 1])
    found = filled(run, MATRIX, 1.0 / (1.0 + returns), first, last, chosen, group, shape=(2, COLUMNS))

    def summed(weights):
        worst = drawdowns((MATRIX @ weights).reshape(PATHS, MONTHS)).max(axis=1)
        return np.bincount(group, chosen * worst)

    np.testing.assert_allclose(found, numeric_gradient(summed, WEIGHTS).T, atol=1e-8)
