"""Filtered historical simulation against its exact law; tolerances are four standard errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from goalplan.scenarios import DataError, Market, reference_assumptions, simulate
from goalplan.scenarios.assumptions import Assumptions
from goalplan.scenarios.filtered import FilteredHistorical, colour
from goalplan.scenarios.paths import Draw
from goalplan.scenarios.volatility import _garch, fit_turbulence


@pytest.fixture(scope="module")
def fitted(embedded: Market) -> FilteredHistorical:
    chosen = reference_assumptions(embedded).select(["us_equity", "cn_equity_mid", "gold"], ["cpi", "cash"])
    return FilteredHistorical.fit(embedded, chosen)


def certain(model: FilteredHistorical, start: Any) -> FilteredHistorical:
    return FilteredHistorical(model.market, model.assumptions, start, parameter_uncertainty=False)


@pytest.mark.parametrize("start", ["today", "stationary"])
def test_expected_growth_is_that_of_the_assumptions(fitted: FilteredHistorical, start: Any) -> None:
    paths = simulate(certain(fitted, start), 12, 8000, 3, "judge")
    assumed: Assumptions = fitted.assumptions
    growth = np.concatenate([paths.assets, paths.indices], axis=2).mean(axis=1)
    wanted = (1.0 + np.append(assumed.mean, assumed.index_mean)) ** (1.0 / 12.0)
    assert (np.abs(growth.mean(axis=0) - wanted) < 4.0 * growth.std(axis=0) / np.sqrt(8000) + 1e-6).all()


def test_long_run_volatility_is_that_of_the_assumptions(fitted: FilteredHistorical) -> None:
    paths = simulate(certain(fitted, "stationary"), 36, 4000, 4, "judge")
    logs = np.log(np.concatenate([paths.assets, paths.indices], axis=2))[:, 24:]
    _, cov = fitted.assumptions.monthly_log_moments()
    square = ((logs - logs.mean(axis=(0, 1))) ** 2).mean(axis=1) / np.diag(cov)
    error = square.std(axis=0) / np.sqrt(4000)
    assert (np.abs(square.mean(axis=0) - 1.0) < 4.0 * np.hypot(error, 0.02)).all()


def test_volatility_starts_where_history_ended(fitted: FilteredHistorical) -> None:
    """The first day's deviation is that of the assumptions times the root of today's relative variance."""
    turbulence = fit_turbulence(fitted.market, fitted.assumptions)
    coloured = colour(turbulence, fitted.assumptions)
    paths = simulate(certain(fitted, "today"), 1, 20_000, 5, "judge", steps_per_month=21)
    first = np.log(paths.assets[:, 0, [1, 2, 0]])  # canonical: cn_equity_mid, gold, us_equity
    exact = coloured.shape[4] ** 2 * turbulence.now
    off = (first - first.mean(axis=0)) ** 2
    assert (np.abs(off.mean(axis=0) - exact) < 4.0 * off.std(axis=0) / np.sqrt(20_000)).all()


@pytest.mark.parametrize("parts", [3, 21])
def test_months_are_the_product_of_their_days(fitted: FilteredHistorical, parts: int) -> None:
    months = simulate(fitted, 5, 9, 3, "judge", first=100)
    days = simulate(fitted, 5, 9, 3, "judge", first=100, steps_per_month=parts)
    np.testing.assert_allclose(days.assets.reshape(9, 5, parts, 3).prod(axis=2), months.assets, rtol=1e-12)
    assert (days.indices == months.indices).all()


def test_chunks_do_not_change_a_path(fitted: FilteredHistorical) -> None:
    whole, part = simulate(fitted, 4, 200, 3, "judge"), simulate(fitted, 4, 20, 3, "judge", first=130)
    assert (part.assets == whole.assets[130:150]).all()
    assert (part.indices == whole.indices[130:150]).all()


def test_compiled_paths_equal_plain_python(fitted: FilteredHistorical) -> None:
    from goalplan.scenarios import _filtered_kernels as kernels

    request = Draw(months=2, paths=3, seed=4, stream="judge", steps_per_month=7, first=1)
    assets, indices = fitted.draw(request)
    rng = np.random.default_rng(1)
    rows, now = rng.standard_normal((50, 2)), np.array([0.5, 2.0])
    shape = np.array([[0.05, 0.02], [0.03, 0.1], [0.1, 0.0], [0.87, 0.88], [0.01, 0.002], [3e-4, 1e-4],
                      [-0.1, 0.0], [0.1, 0.05], [9.0, 1.5]])  # fmt: skip
    follow, own, centre = rng.standard_normal((1, 2)), np.array([[0.01]]), np.array([0.002])
    shift, place = 0.001 * rng.standard_normal((3, 3)), np.array([1, 0, 0])
    use = request.uses("block", "month")
    results = []
    for paths in (kernels.filtered_paths, kernels.filtered_paths.py_func):
        a, i = np.empty((3, 14, 2)), np.empty((3, 2, 1))
        paths(*request.key, use, 1, rows, shape, now, 21, follow, own, centre, shift, place, a, i)
        results.append((a, i))
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=1e-12)
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=1e-12)
    assert np.isfinite(assets).all()
    assert np.isfinite(indices).all()


def garch(x: np.ndarray) -> Any:
    """The same law fitted by the package `arch`, an independent solver."""
    from arch import arch_model

    model = arch_model(x, mean="Zero", vol="GARCH", p=1, o=1, q=1, rescale=False)
    return model.fit(disp="off", show_warning=False)


@pytest.mark.parametrize("name", ["cn_equity_large", "us_equity", "cn_treasury", "cn_cash", "gold"])
def test_fitted_volatility_is_that_of_arch(embedded: Market, name: str) -> None:
    chosen = reference_assumptions(embedded).select([name], [])
    ours = fit_turbulence(embedded, chosen)
    logs = np.diff(np.log(embedded.daily[:, embedded.asset_ids.index(name)]))
    logs = logs[~np.isnan(logs)]
    other = garch((logs - logs.mean()) / logs.std())
    got = np.array([ours.alpha[0], ours.gamma[0], ours.beta[0]])
    np.testing.assert_allclose(got, other.params.iloc[1:], atol=1e-4)
    exact = np.asarray(other.resid / other.conditional_volatility)
    np.testing.assert_allclose(ours.residuals[:, 0], (exact - exact.mean()) / exact.std(), atol=2e-3)


def test_likelihood_has_the_gradient_it_says_and_its_plain_twin() -> None:
    from goalplan.scenarios._volatility_kernels import garch_likelihood

    x, p = np.random.default_rng(2).standard_normal(400), np.array([0.05, 0.03, 0.12, 0.9])
    h, slope, spare = np.empty(400), np.empty(4), np.empty(4)
    value = garch_likelihood(x, *p, 1.3, h, slope)
    assert garch_likelihood.py_func(x, *p, 1.3, h, spare) == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(slope, spare, rtol=1e-11)
    for k in range(4):
        up, down = p.copy(), p.copy()
        up[k], down[k] = p[k] + 1e-6, p[k] - 1e-6
        moved = (garch_likelihood(x, *up, 1.3, h, spare) - garch_likelihood(x, *down, 1.3, h, spare)) / 2e-6
        assert slope[k] == pytest.approx(moved, rel=1e-6)


def test_planted_volatility_is_found() -> None:
    """20,000 steps of a known law: within four standard errors, those that `arch` reports."""
    rng, h = np.random.default_rng(8), 1.0
    x = np.empty(20_000)
    for t in range(x.size):
        x[t] = np.sqrt(h) * rng.standard_normal()
        h = 0.05 + (0.04 + 0.1 * (x[t] < 0.0)) * x[t] ** 2 + 0.86 * h
    (alpha, gamma, beta, _, _), _ = _garch(x, "planted")
    error = np.asarray(garch(x).std_err)[1:]
    assert (np.abs(np.array([alpha, gamma, beta]) - [0.04, 0.1, 0.86]) < 4.0 * error).all()


def test_a_monthly_market_is_drawn_by_months(small: Any) -> None:
    market = small.market(small.monthly(150))
    assumptions = reference_assumptions(market)
    model = FilteredHistorical.fit(market, assumptions)
    assert simulate(model, 6, 10, 1, "judge").assets.shape == (10, 6, 3)
    with pytest.raises(ValueError, match=r"steps_per_month is 21; .* \(monthly\) has \[1\]"):
        simulate(model, 6, 10, 1, "judge", steps_per_month=21)


def test_bad_input_is_named(small: Any, fitted: FilteredHistorical) -> None:
    market = small.market(small.monthly(100))
    with pytest.raises(DataError, match=r"99 months .* filtered historical simulation needs 120"):
        FilteredHistorical.fit(market, reference_assumptions(market))
    short = small.market(small.daily(600))
    with pytest.raises(DataError, match=r"599 days .* filtered historical simulation needs 750"):
        FilteredHistorical.fit(short, reference_assumptions(short))
    with pytest.raises(ValueError, match=r"steps_per_month is 5; .* has \[1, 3, 7, 21\]"):
        simulate(fitted, 6, 10, 1, "judge", steps_per_month=5)
    with pytest.raises(ValueError, match="start is 'now'"):
        FilteredHistorical(fitted.market, fitted.assumptions, "now")  # type: ignore[arg-type]
