"""Rolling covariances, minimum variance and risk parity against numpy, SLSQP and closed forms."""

import numpy as np
import pytest
from goalplan.backtests import BacktestConfig, walk_forward
from goalplan.backtests.past import _kernels as past_kernels
from goalplan.backtests.strategies import _kernels as kernels
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

NO_ONE_ELIGIBLE, CAP_TOO_LOW, FLAT = 1, 2, 2


def random_covariance(rng, n, condition=1.0):
    root = rng.standard_normal((n, n + 2)) * np.exp(rng.normal(0.0, condition, n))[:, None]
    return root @ root.T / (n + 2)


def test_rolling_covariances_equal_numpy(random_levels):
    levels = random_levels(600, 5)
    levels[:100, 2] = np.nan
    end = np.array([120, 140, 141, 300, 310, 310, 599])
    begin = np.array([61, 81, 82, 200, 251, 251, 400])
    returns = levels[1:] / levels[:-1] - 1.0
    for refresh in (1, 3, 100):
        means, covariances = past_kernels.rolling_covariances(levels, begin, end, refresh)
        for k in range(len(end)):
            window = returns[begin[k] - 1 : end[k]]
            some = ~np.isnan(window).any(axis=0)
            ours = covariances[k][np.ix_(some, some)]
            assert ours == pytest.approx(np.cov(window[:, some], rowvar=False), rel=1e-10)
            assert means[k, some] == pytest.approx(window[:, some].mean(axis=0), rel=1e-9)


def test_rolling_covariances_compiled_equal_python(random_levels, monkeypatch):
    levels = random_levels(200, 3)
    begin, end = np.array([1, 40, 90]), np.array([80, 120, 170])
    fast = past_kernels.rolling_covariances(levels, begin, end, 2)
    monkeypatch.setattr(past_kernels, "_add_row", past_kernels._add_row.py_func)
    slow = past_kernels.rolling_covariances.py_func(levels, begin, end, 2)
    assert slow[1] == pytest.approx(fast[1], rel=1e-12)
    assert past_kernels.spans.py_func(levels)[1].tolist() == past_kernels.spans(levels)[1].tolist()


def least_variance(S, cap):
    return kernels.minimum_variances(S[None], np.ones((1, len(S)), np.bool_), cap)


def test_two_assets_in_closed_form():
    S = np.array([[0.04, 0.006], [0.006, 0.01]])
    weights, _ = least_variance(S, 1.0)
    first = (S[1, 1] - S[0, 1]) / (S[0, 0] + S[1, 1] - 2.0 * S[0, 1])
    assert weights[0] == pytest.approx([first, 1.0 - first], rel=1e-12)


@given(st.integers(0, 10_000), st.integers(1, 12), st.sampled_from([1.0, 0.5, 0.3, 0.15]))
def test_least_variance_meets_the_optimality_conditions(seed, n, cap):
    S = random_covariance(np.random.default_rng(seed), n)
    weights, status = least_variance(S, cap)
    if n * cap < 1.0 - 1e-12:
        assert status[0] == CAP_TOO_LOW
        assert np.isnan(weights).all()
        return
    w = weights[0]
    assert status[0] == 0
    assert w.sum() == pytest.approx(1.0, abs=1e-12)
    assert w.min() >= 0.0
    assert w.max() <= cap
    gradient, unit = S @ w, np.trace(S) / n
    upper, lower = w > cap - 1e-12, w < 1e-12
    free = ~upper & ~lower
    level = gradient[free].mean() if free.any() else (gradient[upper].max() if upper.any() else 0.0)
    assert gradient[free] == pytest.approx(level, abs=1e-9 * unit)
    assert (gradient[lower] >= level - 1e-9 * unit).all()
    assert (gradient[upper] <= level + 1e-9 * unit).all()


@pytest.mark.parametrize("cap", [1.0, 0.25])
def test_least_variance_equals_slsqp(cap):
    rng = np.random.default_rng(4)
    for n in (5, 9):
        S = random_covariance(rng, n)
        found = minimize(
            lambda w, S=S: w @ S @ w,
            np.full(n, 1.0 / n),
            jac=lambda w, S=S: 2.0 * S @ w,
            bounds=[(0.0, cap)] * n,
            constraints={"type": "eq", "fun": lambda w: w.sum() - 1.0},
            options={"ftol": 1e-14, "maxiter": 500},
        )
        w = least_variance(S, cap)[0][0]
        assert w @ S @ w <= found.fun * (1.0 + 1e-9)
        assert w == pytest.approx(found.x, abs=1e-4)


def test_awkward_covariances():
    weights, status = least_variance(np.diag([0.04, 0.0, 0.01]), 1.0)
    assert status[0] == 0
    assert weights[0] == pytest.approx([0.0, 1.0, 0.0], abs=1e-6)
    twins = np.array([[0.01, 0.01, 0.0], [0.01, 0.01, 0.0], [0.0, 0.0, 0.02]])
    weights, status = least_variance(twins, 1.0)
    assert status[0] == 0
    assert weights[0] @ twins @ weights[0] == pytest.approx(0.01 * 0.02 / 0.03, rel=1e-9)
    weights, status = least_variance(twins, 1.0 / 3.0)
    assert weights[0] == pytest.approx(1.0 / 3.0, abs=1e-12)


def test_a_warm_start_reaches_the_same_portfolio():
    rng = np.random.default_rng(8)
    path = np.array([random_covariance(np.random.default_rng(8), 8) * np.exp(0.1 * k) for k in range(30)])
    path += np.array([random_covariance(rng, 8, 0.2) * 0.3 for _ in range(30)])
    eligible = np.ones((30, 8), np.bool_)
    eligible[10:15, 3] = False
    for solver, extra in ((kernels.minimum_variances, 0.4), (kernels.risk_parities, np.ones(8))):
        chained = solver(path, eligible, extra)[0]
        alone = np.array([solver(path[k : k + 1], eligible[k : k + 1], extra)[0][0] for k in range(30)])
        assert chained == pytest.approx(alone, abs=1e-8)
        assert (chained[10:15, 3] == 0.0).all()


@given(st.integers(0, 10_000), st.integers(1, 12), st.floats(0.0, 2.0))
def test_risk_parity_meets_its_budgets(seed, n, condition):
    rng = np.random.default_rng(seed)
    S, b = random_covariance(rng, n, condition), rng.uniform(0.2, 3.0, n)
    weights, status = kernels.risk_parities(S[None], np.ones((1, n), np.bool_), b)
    w = weights[0]
    assert status[0] == 0
    assert w.sum() == pytest.approx(1.0, abs=1e-12)
    assert w * (S @ w) / (w @ S @ w) == pytest.approx(b / b.sum(), rel=1e-8)


def test_risk_parity_in_closed_form():
    sd, rho = np.array([0.1, 0.2, 0.4]), 0.3
    S = np.outer(sd, sd) * (np.full((3, 3), rho) + (1.0 - rho) * np.eye(3))
    weights, _ = kernels.risk_parities(S[None], np.ones((1, 3), np.bool_), np.ones(3))
    assert weights[0] == pytest.approx((1.0 / sd) / (1.0 / sd).sum(), rel=1e-9)  # equal correlations
    S[1, :] = S[:, 1] = 0.0
    assert kernels.risk_parities(S[None], np.ones((1, 3), np.bool_), np.ones(3))[1][0] == FLAT


def test_compiled_equals_python(monkeypatch):
    path = np.array([random_covariance(np.random.default_rng(k), 4) for k in range(5)])
    eligible = np.ones((5, 4), np.bool_)
    eligible[2] = False
    eligible[3, 1] = False
    fast = kernels.minimum_variances(path, eligible, 0.5), kernels.risk_parities(path, eligible, np.ones(4))
    for name in ("_least_variance", "_equality_solution", "_descend"):
        monkeypatch.setattr(kernels, name, getattr(kernels, name).py_func)
    slow = (
        kernels.minimum_variances.py_func(path, eligible, 0.5),
        kernels.risk_parities.py_func(path, eligible, np.ones(4)),
    )
    for (w, status), (v, other) in zip(fast, slow, strict=True):
        assert w == pytest.approx(v, abs=1e-12, nan_ok=True)
        assert status.tolist() == other.tolist()
        assert status[2] == NO_ONE_ELIGIBLE


@pytest.mark.parametrize("kind", ["minimum_variance", "risk_parity"])
def test_targets_of_a_backtest_are_those_of_each_window(make_market, random_levels, kind):
    levels = random_levels(900, 6, seed=2)
    levels[:200, 5] = np.nan
    market = make_market(levels)
    config = BacktestConfig(start="2010-09-01", strategy={"kind": kind}, window={"lookback": 80})
    result = walk_forward(config, market)
    for decided, target in zip(result.decision_dates, result.targets, strict=True):
        row = int(np.searchsorted(market.days, decided))
        window = levels[row - 80 : row + 1]
        some = ~np.isnan(window).any(axis=0)
        S = np.cov(window[1:, some] / window[:-1, some] - 1.0, rowvar=False)
        share = np.ones((1, some.sum()), np.bool_)
        alone = (
            kernels.minimum_variances(S[None], share, 1.0)
            if kind == "minimum_variance"
            else kernels.risk_parities(S[None], share, np.ones(some.sum()))
        )[0][0]
        assert target[some] == pytest.approx(alone, abs=1e-6)
        assert (target[~some] == 0.0).all()
