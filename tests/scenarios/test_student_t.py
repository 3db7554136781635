"""The Student-t model against its exact law; tolerances are four standard errors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from goalplan.scenarios import DataError, LognormalModel, Market, reference_assumptions, simulate
from goalplan.scenarios.assumptions import Assumptions
from goalplan.scenarios.student_t import StudentT, fit_degrees


@pytest.fixture(scope="module")
def chosen(embedded: Market) -> Assumptions:
    reference = reference_assumptions(embedded)
    return reference.select(["us_equity", "cn_equity_mid", "gold", "cn_cash"], ["cpi", "home:shenzhen"])


def test_mean_and_variance_are_those_of_the_assumptions(chosen: Assumptions) -> None:
    paths = simulate(StudentT(chosen, 6.0, False), 12, 20_000, 3, "judge")
    months = np.concatenate([paths.assets, paths.indices], axis=2).reshape(-1, 6)
    wanted = (1.0 + np.append(chosen.mean, chosen.index_mean)) ** (1.0 / 12.0)
    assert (np.abs(months.mean(axis=0) - wanted) < 4.0 * months.std(axis=0) / np.sqrt(months.shape[0])).all()
    _, cov = chosen.monthly_log_moments()
    logs = np.log(months)
    square = (logs - logs.mean(axis=0)) ** 2 / np.diag(cov)
    assert (np.abs(square.mean(axis=0) - 1.0) < 4.0 * square.std(axis=0) / np.sqrt(months.shape[0])).all()
    rho = cov / np.sqrt(np.outer(np.diag(cov), np.diag(cov)))
    # A correlation of elliptical months has (1 + excess kurtosis / 3) times the normal variance: 2 at 6 degrees.
    assert (
        np.abs(np.corrcoef(logs.T) - rho) < 4.5 * np.sqrt(2.0 / months.shape[0]) * (1 - rho**2) + 1e-9
    ).all()


def test_tails_are_those_of_a_student_t_of_unit_variance(chosen: Assumptions) -> None:
    # v = 5: value at risk 2.606464 and expected shortfall 3.448837 at 99 %. Halving the cut tail moves the
    # variance by 0.13 % and so both by half of it.
    n = 240_000
    logs = np.log(simulate(StudentT(chosen, 5.0, False), 12, n // 12, 5, "judge").assets[:, :, 0]).ravel()
    loss = np.sort(-(logs - logs.mean()) / (chosen.volatility[0] / np.sqrt(12.0)))
    density = 0.00862  # of the unit-variance t at its 99 % quantile
    quantile, tail = loss[int(0.99 * n)], loss[int(0.99 * n) :]
    assert abs(quantile - 2.606464) < 4.0 * np.sqrt(0.99 * 0.01 / n) / density + 0.002
    error = np.sqrt((tail.var() + 0.99 * (tail.mean() - quantile) ** 2) / tail.size)
    assert abs(tail.mean() - 3.448837) < 4.0 * error + 0.003


def test_months_are_the_product_of_their_days(chosen: Assumptions) -> None:
    model = StudentT(chosen, 4.0)
    months = simulate(model, 5, 9, 3, "judge", first=100)
    days = simulate(model, 5, 9, 3, "judge", first=100, steps_per_month=21)
    np.testing.assert_allclose(days.assets.reshape(9, 5, 21, 4).prod(axis=2), months.assets, rtol=1e-12)
    assert (days.indices == months.indices).all()


def test_chunks_and_column_order_do_not_change_a_path(chosen: Assumptions) -> None:
    model = StudentT(chosen, 4.0, True, True)
    whole = simulate(model, 5, 300, 3, "judge")
    part = simulate(model, 5, 50, 3, "judge", first=130)
    assert (part.assets == whole.assets[130:180]).all()
    turned = chosen.select(chosen.asset_ids[::-1], chosen.index_ids[::-1])
    other = simulate(StudentT(turned, 4.0, True, True), 5, 50, 3, "judge", first=130)
    np.testing.assert_allclose(other.assets[:, :, ::-1], part.assets, rtol=1e-13)
    np.testing.assert_allclose(other.indices[:, :, ::-1], part.indices, rtol=1e-13)


def test_fat_tails_are_not_rosier(chosen: Assumptions) -> None:
    """Deep losses of a month are likelier than under the lognormal model of the same mean and variance."""
    fat = simulate(StudentT(chosen, 4.0, False), 12, 20_000, 1, "judge").assets
    thin = simulate(LognormalModel(chosen, False, False), 12, 20_000, 1, "judge").assets
    n = 240_000
    for depth in (3.0, 4.0):
        limit = np.exp(-depth * chosen.volatility / np.sqrt(12.0))
        p, q = (fat < limit).mean(axis=(0, 1)), (thin < limit).mean(axis=(0, 1))
        assert (p - q > 4.0 * np.sqrt((p + q) / n)).all()


@pytest.mark.parametrize("degrees", [4.0, 12.0])
def test_planted_degrees_of_freedom_are_found(degrees: float) -> None:
    rng = np.random.default_rng(3)
    factor = np.array([[0.05, 0, 0], [0.01, 0.02, 0], [0.0, 0.004, 0.01]])
    scale = np.sqrt((degrees - 2.0) / rng.chisquare(degrees, 4000))
    returns = 0.005 + scale[:, None] * (rng.standard_normal((4000, 3)) @ factor.T)
    # Fisher information of v in three dimensions, by simulation: relative error about 5 % at 4, 9 % at 12.
    assert fit_degrees(returns) == pytest.approx(degrees, rel=0.2 if degrees < 6 else 0.36)


def test_normal_returns_have_many_degrees() -> None:
    assert fit_degrees(np.random.default_rng(1).standard_normal((2000, 4))) > 40.0


def test_fit_on_the_embedded_market(embedded: Market) -> None:
    model = StudentT.fit(embedded, reference_assumptions(embedded))
    assert 4.0 < model.degrees < 9.0
    assert hash(model) == hash(replace(model))


@pytest.mark.parametrize("degrees", [2.0, 101.0, float("nan")])
def test_degrees_out_of_range_are_named(chosen: Assumptions, degrees: float) -> None:
    with pytest.raises(ValueError, match=r"degrees is .*; allowed are 2\.5 to 100"):
        StudentT(chosen, degrees)


def test_short_still_and_singular_histories_are_refused(small: Any) -> None:
    market = small.market(small.monthly(50))
    assumptions = reference_assumptions(market)
    with pytest.raises(DataError, match=r"49 months .* the Student-t model needs 60"):
        StudentT.fit(market, assumptions)
    still = small.monthly().assign(bonds=100.0)
    with pytest.raises(DataError, match=r"\['bonds'\] never move"):
        StudentT.fit(small.market(still), assumptions)
    twins = small.monthly()
    twins["bonds"] = twins["shares"] * 2.0
    with pytest.raises(DataError, match="singular, some move as one"):
        StudentT.fit(small.market(twins), assumptions)
