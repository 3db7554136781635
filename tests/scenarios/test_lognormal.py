"""The lognormal model against its exact law; tolerances are four standard errors."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from goalplan.scenarios.assumptions import Assumptions
from goalplan.scenarios.lognormal import LognormalModel
from goalplan.scenarios.market import Market
from goalplan.scenarios.paths import ReturnPaths, Stream, simulate
from goalplan.scenarios.reference import reference_assumptions

STREAM: Stream = "judge"


def one_asset(mu: float, sigma: float, years: float = 20.0) -> Assumptions:
    """Geometric Brownian motion with drift mu and volatility sigma: mean log growth mu - sigma^2/2 a year."""
    return Assumptions(
        name="one asset",
        asset_ids=("asset",),
        mean=np.array([np.expm1(mu)]),
        volatility=np.array([sigma]),
        index_ids=(),
        index_mean=np.empty(0),
        index_volatility=np.empty(0),
        correlation=np.eye(1),
        cash=0.0,
        years=years,
        max_weight=np.ones(1),
        source="closed form",
        as_of=datetime.date(2026, 1, 1),
        rationale="closed form",
    )


def draw(
    mu: float,
    sigma: float,
    months: int,
    paths: int,
    *,
    steps: int = 1,
    doubt: bool = False,
    years: float = 20.0,
) -> ReturnPaths:
    model = LognormalModel(one_asset(mu, sigma, years), doubt, False)
    return simulate(model, months, paths, 1, STREAM, steps_per_month=steps)


def assert_near(sample: np.ndarray, exact: float) -> None:
    assert abs(sample.mean() - exact) < 4.0 * sample.std() / np.sqrt(sample.size)


@pytest.fixture(scope="module")
def reference(embedded: Market) -> Assumptions:
    return reference_assumptions(embedded)


@pytest.mark.parametrize("steps", [1, 4])
def test_moments_of_all_series(reference: Assumptions, steps: int) -> None:
    paths = simulate(LognormalModel(reference, False, False), 12, 6000, 3, STREAM, steps_per_month=steps)
    months = paths.assets.reshape(6000, 12, steps, -1).prod(axis=2)
    x = np.log(np.concatenate([months, paths.indices], axis=2)).reshape(72_000, -1)
    mean, cov = reference.monthly_log_moments()
    deviation = np.sqrt(np.diag(cov))
    assert (np.abs(x.mean(axis=0) - mean) < 4.0 * deviation / np.sqrt(72_000)).all()
    assert (np.abs(x.std(axis=0) / deviation - 1.0) < 4.0 / np.sqrt(2 * 72_000)).all()
    rho = cov / np.outer(deviation, deviation)
    assert (np.abs(np.corrcoef(x.T) - rho) < 4.5 * (1.0 - rho**2) / np.sqrt(72_000) + 1e-12).all()


def test_mean_growth_of_a_year_is_one_plus_the_mean(reference: Assumptions) -> None:
    paths = simulate(LognormalModel(reference, False, False), 12, 40_000, 4, STREAM)
    for k, growth in enumerate(paths.assets.prod(axis=1).T):
        assert_near(growth, 1.0 + reference.mean[k])


def test_steps_within_a_month_are_independent_and_alike(reference: Assumptions) -> None:
    paths = simulate(LognormalModel(reference, False, False), 2, 4000, 5, STREAM, steps_per_month=21)
    mean, cov = reference.monthly_log_moments()
    deviation = np.sqrt(np.diag(cov))[:12] / np.sqrt(21.0)
    z = (np.log(paths.assets) - mean[:12] / 21.0) / deviation
    n = 4000.0
    assert np.abs(z.mean(axis=0)).max() < 5.0 / np.sqrt(n)
    assert np.abs(z.var(axis=0) - 1.0).max() < 5.0 * np.sqrt(2.0 / n)
    between = np.corrcoef(z[:, :, 3].T) - np.eye(42)
    assert np.abs(between).max() < 5.0 / np.sqrt(n)


def test_wealth_with_yearly_contributions() -> None:
    # W0 = 100, 5 more before the returns of years 2 to 10, mu = .07, sigma = .15: exact mean and deviation.
    growth = draw(0.07, 0.15, 120, 40_000).assets[:, :, 0].reshape(-1, 10, 12).prod(axis=2)
    wealth = 100.0 * growth[:, 0]
    for year in range(1, 10):
        wealth = (wealth + 5.0) * growth[:, year]
    assert_near(wealth, 266.2814)
    assert_near((wealth - 266.2814) ** 2, 118.7564**2)


def test_home_goal_with_monthly_contributions() -> None:
    growth = draw(0.05, 0.08, 36, 40_000).assets[:, :, 0]
    wealth = np.full(40_000, 300.0)
    for month in range(36):
        wealth = (wealth + 5.0) * growth[:, month]
    assert_near(wealth, 543.1562)
    assert_near((wealth - 543.1562) ** 2, 63.2315**2)
    # Simulated elsewhere with a standard error of .001, which is added to ours.
    assert abs((wealth >= 500.0).mean() - 0.744) < 4.0 * np.hypot(0.001, 0.0022)
    assert abs((wealth >= 520.0).mean() - 0.623) < 4.0 * np.hypot(0.001, 0.0024)


def test_static_probability_and_shortfall() -> None:
    # W0 = 100, G = 110, mu = .04, s = .06, T = 3.
    wealth = 100.0 * draw(0.04, 0.06, 36, 40_000).assets[:, :, 0].prod(axis=1)
    assert_near((wealth >= 110.0).astype(float), 0.573627)
    assert_near(np.maximum(110.0 - wealth, 0.0), 3.370124)
    assert_near((110.0 - wealth)[wealth < 110.0], 7.904173)


@pytest.mark.parametrize(("steps", "published"), [(21, 0.186844), (1, 0.157874)])
def test_loss_of_a_fifth_from_the_start(steps: int, published: float) -> None:
    # mu = .07, s = .15, 3 years; the continuous barrier shifted by 0.5826 s sqrt(dt), good to about 1e-3.
    paths = 20_000
    growth = draw(0.07, 0.15, 36, paths, steps=steps).assets[:, :, 0]
    lost = (np.cumprod(growth, axis=1).min(axis=1) <= 0.8).mean()
    assert abs(lost - published) < 4.0 * np.sqrt(0.187 * 0.813 / paths) + 1e-3


@pytest.mark.parametrize("steps", [1, 21])
def test_mean_deepest_fall_without_drift(steps: int) -> None:
    # Continuous: 1.2533 s sqrt(T); seen n times a year, peak and trough are each missed by .5826 s / sqrt(n).
    sigma, T, paths = 0.15, 3, 10_000
    logs = np.cumsum(np.log(draw(sigma**2 / 2.0, sigma, 12 * T, paths, steps=steps).assets[:, :, 0]), axis=1)
    fall = (np.maximum(0.0, np.maximum.accumulate(logs, axis=1)) - logs).max(axis=1)
    exact = sigma * (1.2533 * np.sqrt(T) - 2.0 * 0.5826 / np.sqrt(12 * steps))
    assert abs(fall.mean() - exact) < 4.0 * fall.std() / np.sqrt(paths)


def test_uncertain_means_lower_a_probability_above_one_half() -> None:
    # W0 = 100, G = 150, m = .06, s = .15, T = 10, mean known from 20 years.
    known = draw(0.06, 0.15, 120, 40_000)
    doubted = draw(0.06, 0.15, 120, 40_000, doubt=True)
    assert_near((100.0 * known.assets[:, :, 0].prod(axis=1) >= 150.0).astype(float), 0.568653)
    assert_near((100.0 * doubted.assets[:, :, 0].prod(axis=1) >= 150.0).astype(float), 0.556148)


@pytest.mark.parametrize(("T", "years"), [(1, 20.0), (10, 20.0), (10, 5.0)])
def test_variance_of_log_growth_under_uncertain_means(T: int, years: float) -> None:
    growth = np.log(draw(0.06, 0.15, 12 * T, 20_000, doubt=True, years=years).assets[:, :, 0]).sum(axis=1)
    exact = 0.15**2 * T + 0.15**2 * T**2 / years
    assert growth.var() == pytest.approx(exact, rel=4.0 * np.sqrt(2.0 / 20_000))
    assert_near(growth, (0.06 - 0.15**2 / 2.0) * T)


def test_the_drawn_mean_stays_on_its_path(reference: Assumptions) -> None:
    """Halves of a path are correlated by T/2 years / (n + T/2), not independent."""
    paths = simulate(LognormalModel(reference, True, False), 240, 4000, 6, STREAM)
    logs = np.log(paths.assets)
    first, second = logs[:, :120].sum(axis=1), logs[:, 120:].sum(axis=1)
    rho = 10.0 / (reference.years + 10.0)
    for a, b in zip(first.T, second.T, strict=True):
        assert np.corrcoef(a, b)[0, 1] == pytest.approx(rho, abs=4.0 * (1.0 - rho**2) / np.sqrt(4000))


def test_no_volatility_gives_a_sure_path() -> None:
    paths = draw(0.03, 0.0, 24, 10, steps=3, doubt=True)
    np.testing.assert_allclose(paths.assets, np.exp(0.03 / 36.0), rtol=1e-13)


def test_compiled_paths_equal_a_numpy_rewrite(reference: Assumptions) -> None:
    """The whole of the kernel again, from the same normals, in plain numpy."""
    from goalplan.scenarios import _kernels as kernels
    from goalplan.scenarios.paths import Draw

    chosen = reference.select(["us_equity", "cn_cash", "gold"], ["cpi", "cash"])
    request = Draw(months=3, paths=20, seed=9, stream=STREAM, steps_per_month=4, first=5)
    month, step, doubt = (int(use) for use in request.uses("month", "step", "mean"))

    def normals(at: int, rows: int, use: int) -> np.ndarray:
        bits, out = np.empty((4, kernels.LANES), dtype=np.uint64), np.empty((8, kernels.LANES))
        kernels.normals(*request.key, 5, at, rows, use, bits, out)
        return out[:rows, :20]

    order = [1, 2, 0, 4, 3]  # cn_cash, gold, us_equity; cash, cpi
    mean, cov = chosen.monthly_log_moments()
    mean, factor = mean[order], np.linalg.cholesky(cov[np.ix_(order, order)])
    theta = normals(0, 5, doubt) / np.sqrt(12.0 * chosen.years)
    assets, indices = np.empty((20, 12, 3)), np.empty((20, 3, 2))
    for m in range(3):
        z = normals(m, 5, month) + theta
        indices[:, m, [1, 0]] = np.exp(mean[:, None] + factor @ z)[3:].T
        rest = 2.0 * z[:3]
        for k in range(4):
            left = 4 - k
            now = rest / left + np.sqrt(1.0 - 1.0 / left) * normals(4 * m + k, 3, step) if left > 1 else rest
            rest = rest - now
            assets[:, 4 * m + k, [1, 2, 0]] = np.exp(mean[:3, None] / 4.0 + factor[:3, :3] @ now / 2.0).T
    got = simulate(LognormalModel(chosen, True, False), 3, 20, 9, STREAM, steps_per_month=4, first=5)
    np.testing.assert_allclose(got.assets, assets, rtol=1e-12)
    np.testing.assert_allclose(got.indices, indices, rtol=1e-12)
