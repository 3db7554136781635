"""The menu: efficient, within its bounds, equally spaced, and the same whatever the order of the assets."""

import datetime as dt
import threading

import numpy as np
import pytest
from goalplan.engine.menu.bounds import InfeasibleBounds, menu_bounds
from goalplan.engine.menu.menu import Menu, build_menu
from goalplan.engine.request import Limits
from goalplan.scenarios import Asset
from goalplan.scenarios.assumptions import Assumptions
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

CLASSES = ("equity", "equity", "bond", "commodity", "bond", "cash", "equity", "bond")


def make_assets(N, fee=0.0, cost=0.0, esg=None):
    return tuple(
        Asset(
            id=f"{CLASSES[i % 8]}{i}", name_zh="资产", name_en="Asset", asset_class=CLASSES[i % 8],
            region="CN", currency="CNY", risk_level=3, fee=float(np.broadcast_to(fee, N)[i]),
            trading_cost=float(np.broadcast_to(cost, N)[i]), exempt=False,
            esg=None if esg is None else esg[i], source="made up",
        )
        for i in range(N)
    )  # fmt: skip


def make_assumptions(assets, mean, volatility, correlation, max_weight=1.0):
    N = len(assets)
    return Assumptions(
        name="made up", asset_ids=tuple(a.id for a in assets), mean=np.asarray(mean, dtype=float),
        volatility=np.asarray(volatility, dtype=float), index_ids=(), index_mean=np.zeros(0),
        index_volatility=np.zeros(0), correlation=np.asarray(correlation, dtype=float), cash=0.02, years=20.0,
        max_weight=np.array(np.broadcast_to(max_weight, N), dtype=float), source="made up",
        as_of=dt.date(2026, 1, 1), rationale="a test",
    )  # fmt: skip


def random_market(seed, N=8, **more):
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(N, 3))
    covariance = factors @ factors.T + np.diag(rng.uniform(0.3, 1.0, N))
    sd = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(sd, sd)
    correlation = 0.5 * (correlation + correlation.T)
    np.fill_diagonal(correlation, 1.0)
    volatility = rng.uniform(0.02, 0.3, N)
    volatility[5 % N] = 0.004
    assets = make_assets(N, fee=rng.uniform(0.0, 0.01, N), cost=rng.uniform(0.0, 0.003, N), **more)
    return assets, make_assumptions(assets, 0.018 + 0.2 * volatility, volatility, correlation)


def monthly(assumptions, assets):
    """Mean and covariance of one month's gross returns net of fees, from the definition."""
    log_mean, log_covariance = assumptions.monthly_log_moments()
    mean = np.exp(log_mean + np.diag(log_covariance) / 2.0) * (1.0 - np.array([a.fee for a in assets]) / 12.0)
    return mean, np.outer(mean, mean) * (np.exp(log_covariance) - 1.0)


def test_two_assets_have_the_textbook_minimum_variance():
    assets = make_assets(2)
    assumptions = make_assumptions(assets, [0.05, 0.07], [0.10, 0.20], [[1.0, 0.1], [0.1, 1.0]])
    S = monthly(assumptions, assets)[1]
    exact = (S[1, 1] - S[0, 1]) / (S[0, 0] + S[1, 1] - 2.0 * S[0, 1])
    menu = build_menu(assumptions, assets, Limits(max_weight=1.0))
    np.testing.assert_allclose(menu.weights[0], [exact, 1.0 - exact], rtol=1e-10)
    np.testing.assert_allclose(menu.weights[-1], [0.0, 1.0], atol=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_every_portfolio_meets_the_optimality_conditions(seed):
    """No feasible move along two assets lowers the variance at the same or a higher mean, to first order."""
    assets, assumptions = random_market(seed)
    menu = build_menu(assumptions, assets, Limits(max_weight=0.5))
    mean, S = monthly(assumptions, assets)
    upper = np.where([a.asset_class == "cash" for a in assets], 1.0, 0.5)
    for w in menu.weights[:-1]:
        gradient = S @ w
        inside = (w > 1e-9) & (w < upper - 1e-9)
        # gradient = a + b mean on the free assets, b >= 0; above it at the lower bounds, below at the upper
        plane = np.column_stack([np.ones(inside.sum()), mean[inside]])
        (a, b), *_ = np.linalg.lstsq(plane, gradient[inside], rcond=None)
        scale = np.abs(S).max()
        if inside.sum() >= 2:
            np.testing.assert_allclose(plane @ [a, b], gradient[inside], atol=1e-10 * scale)
            assert b >= -1e-9
        if inside.sum() >= 3:
            excess = gradient - a - b * mean
            assert (excess[w <= 1e-9] >= -1e-9 * scale).all()
            assert (excess[w >= upper - 1e-9] <= 1e-9 * scale).all()


def test_agrees_with_another_solver():
    assets, assumptions = random_market(11)
    limits = Limits(max_weight=0.4, groups={"equity": (0.1, 0.5), "bond": (0.0, 0.6)})
    menu = build_menu(assumptions, assets, limits, size=5)
    mean, S = monthly(assumptions, assets)
    bounds = menu_bounds(assets, limits, assumptions.max_weight)
    for w in menu.weights[1:-1]:
        found = minimize(
            lambda x: 1e3 * x @ S @ x, np.full(8, 1 / 8), jac=lambda x: 2e3 * S @ x, method="SLSQP",
            bounds=list(zip(bounds.lower, bounds.upper, strict=True)),
            constraints=[
                {"type": "eq", "fun": lambda x: x.sum() - 1.0},
                {"type": "ineq", "fun": lambda x, w=w: 1e3 * mean @ (x - w)},
                {"type": "ineq", "fun": lambda x: bounds.row_limits - bounds.rows @ x},
            ],
            options={"ftol": 1e-14, "maxiter": 500},
        )  # fmt: skip
        assert w @ S @ w <= found.fun / 1e3 * (1.0 + 1e-7)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10**6), cap=st.floats(0.3, 1.0), equity=st.floats(0.2, 1.0), size=st.integers(2, 15)
)
def test_bounds_budget_spacing_and_rising_risk(seed, cap, equity, size):
    assets, assumptions = random_market(seed)
    limits = Limits(max_weight=cap, groups={"equity": (0.0, equity)})
    menu = build_menu(assumptions, assets, limits, size=size)
    bounds = menu_bounds(assets, limits, assumptions.max_weight)
    assert menu.size == size
    assert np.abs(menu.weights.sum(axis=1) - 1.0).max() <= 1e-12
    assert (menu.weights >= bounds.lower).all()
    assert bounds.violation(menu.weights) <= 1e-9
    assert (np.diff(menu.volatility) > 0.0).all()
    steps = np.diff(menu.weights @ monthly(assumptions, assets)[0])
    np.testing.assert_allclose(steps, steps.mean(), rtol=1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_permuting_assets_permutes_weights_only(seed):
    assets, assumptions = random_market(seed)
    order = np.random.default_rng(seed).permutation(8)
    shuffled = tuple(assets[i] for i in order)
    limits = Limits(max_weight=0.4, groups={"bond": (0.1, 0.7)})
    menu = build_menu(assumptions, assets, limits)
    other = build_menu(assumptions.select([a.id for a in shuffled]), shuffled, limits)
    np.testing.assert_allclose(other.weights, menu.weights[:, order], atol=1e-9)
    np.testing.assert_allclose(other.mean, menu.mean, rtol=1e-12)


def test_lognormal_match_has_the_portfolio_s_mean_and_variance():
    assets, assumptions = random_market(3)
    menu = build_menu(assumptions, assets)
    mean, S = monthly(assumptions, assets)
    law = menu.lognormal(advisory_fee=0.012, drag=0.024)
    m, sd = law.log_moments(1.0 / 12.0)
    gross = np.exp(m + sd**2 / 2.0)
    np.testing.assert_allclose(gross, menu.weights @ mean * 0.999 * 0.998, rtol=1e-13)
    variance = gross**2 * np.expm1(sd**2)
    exact = np.einsum("ki,ij,kj->k", menu.weights, S, menu.weights) * (0.999 * 0.998) ** 2
    np.testing.assert_allclose(variance, exact, rtol=1e-10)
    np.testing.assert_allclose((1.0 + menu.mean) ** (1.0 / 12.0), menu.weights @ mean, rtol=1e-13)


def test_drag_is_what_rebalancing_costs():
    """Mean of the traded cost of a mix that drifts for one month, four standard errors."""
    assets, assumptions = random_market(5)
    menu = build_menu(assumptions, assets, Limits(max_weight=0.3))
    log_mean, log_covariance = assumptions.monthly_log_moments()
    rng = np.random.default_rng(0)
    R = np.exp(rng.multivariate_normal(log_mean, log_covariance, 200_000))
    for k in (3, 9, 14):
        w = menu.weights[k]
        traded = (menu.trading_cost * w * np.abs(R / (R @ w)[:, None] - 1.0)).sum(axis=1)
        error = 4.0 * traded.std() / np.sqrt(len(R))
        assert abs(12.0 * traded.mean() - menu.drag[k]) <= 12.0 * error + 0.03 * menu.drag[k]


def test_the_cap_spares_cash_and_assets_with_bounds_of_their_own():
    assets, _ = random_market(1)
    ids = [a.id for a in assets]
    bounds = menu_bounds(assets, Limits(max_weight=0.2, bounds={ids[0]: (0.05, 0.5)}), np.full(8, 0.3))
    np.testing.assert_array_equal(bounds.upper, [0.5, 0.2, 0.2, 0.2, 0.2, 1.0, 0.2, 0.2])
    assert bounds.lower[0] == 0.05
    tighter = menu_bounds(assets, Limits(max_weight=0.9), np.full(8, 0.3))
    np.testing.assert_array_equal(tighter.upper, [0.3, 0.3, 0.3, 0.3, 0.3, 1.0, 0.3, 0.3])


def test_excluded_and_unscored_assets_are_not_held():
    assets, assumptions = random_market(1, esg=[90.0, 20.0, 60.0, None, 70.0, 50.0, 80.0, 10.0])
    limits = Limits(max_weight=1.0, exclude=(assets[0].id,), min_esg=60.0)
    weights = build_menu(assumptions, assets, limits).weights
    assert (weights[:, [0, 3]] == 0.0).all()
    assert (weights @ [90.0, 20.0, 60.0, 0.0, 70.0, 50.0, 80.0, 10.0] >= 60.0 - 1e-9).all()


def test_stress_limits_hold_in_every_portfolio():
    assets, assumptions = random_market(2)
    losses = np.random.default_rng(2).uniform(-0.05, 0.6, (3, 8)) * (assumptions.volatility > 0.01)
    free = build_menu(assumptions, assets).weights @ losses.T
    limits = np.array([0.12, 0.15, 0.2])
    assert (free.max(axis=0) > limits).all()
    menu = build_menu(assumptions, assets, stress=losses, stress_limits=limits)
    assert (menu.weights @ losses.T <= limits).all()


def test_further_rows_bind():
    assets, assumptions = random_market(2)
    row = np.array([[1.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    menu = build_menu(assumptions, assets, rows=row, row_limits=[-0.05])
    assert (menu.weights[:, 0] - menu.weights[:, 1] <= -0.05 + 1e-9).all()


def test_one_asset_or_one_mean_leaves_one_portfolio():
    assets = make_assets(1)
    one = build_menu(make_assumptions(assets, [0.03], [0.1], [[1.0]]), assets, Limits(max_weight=1.0))
    np.testing.assert_allclose(one.weights, [[1.0]], rtol=1e-12)
    assets = make_assets(2)
    flat = make_assumptions(assets, [0.03, 0.03], [0.1, 0.1], [[1.0, 0.2], [0.2, 1.0]])
    np.testing.assert_allclose(
        build_menu(flat, assets, Limits(max_weight=1.0)).weights, [[0.5, 0.5]], rtol=1e-9
    )


def test_ties_at_the_top_are_mixed_for_least_risk():
    assets = make_assets(3)
    tied = make_assumptions(assets, [0.06, 0.06, 0.02], [0.2, 0.2, 0.05], np.eye(3))
    top = build_menu(tied, assets, Limits(max_weight=1.0)).weights[-1]
    np.testing.assert_allclose(top, [0.5, 0.5, 0.0], atol=1e-4)


def test_an_asset_without_volatility_is_the_calm_end():
    assets = make_assets(3)
    sure = make_assumptions(assets, [0.06, 0.05, 0.02], [0.2, 0.15, 0.0], np.eye(3))
    menu = build_menu(sure, assets, Limits(max_weight=1.0))
    np.testing.assert_allclose(menu.weights[0], [0.0, 0.0, 1.0], atol=1e-9)
    assert menu.volatility[0] < 1e-9


def test_conflicting_bounds_are_an_answer_that_names_the_remedy():
    assets, assumptions = random_market(1)
    ids = [a.id for a in assets]
    with pytest.raises(InfeasibleBounds, match="raise max_weight or bounds, or allow more assets"):
        build_menu(assumptions, assets, Limits(max_weight=0.05, bounds={ids[5]: (0.0, 0.1)}))
    with pytest.raises(InfeasibleBounds, match="loosen one of them"):
        build_menu(assumptions, assets, Limits(max_weight=0.15, groups={"equity": (0.6, 1.0)}))
    with pytest.raises(InfeasibleBounds, match="may not hold"):
        build_menu(assumptions, assets, Limits(bounds={"reits": (0.1, 0.2)}))


def test_wrong_shapes_are_refused():
    assets, assumptions = random_market(1)
    with pytest.raises(ValueError, match="those of the assumptions in their order"):
        build_menu(assumptions, assets[::-1])
    with pytest.raises(ValueError, match="one limit a row"):
        build_menu(assumptions, assets, stress=np.ones((2, 8)), stress_limits=[0.1])
    with pytest.raises(ValueError, match="size: 0"):
        build_menu(assumptions, assets, size=0)


def test_the_same_request_is_solved_once_and_threads_agree():
    assets, assumptions = random_market(4)
    assert build_menu(assumptions, assets) is build_menu(assumptions, list(assets), Limits())
    alone = [build_menu(*reversed(random_market(100 + i))) for i in range(4)]
    found: dict[int, Menu] = {}

    def work(number):
        from goalplan.engine.menu.menu import _menu

        _menu.cache_clear()
        found[number] = build_menu(*reversed(random_market(100 + number % 4)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, menu in found.items():
        assert menu.weights.tobytes() == alone[number % 4].weights.tobytes()
