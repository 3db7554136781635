"""Regime switching against its exact law; tolerances are four standard errors."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pytest
from goalplan.scenarios import DataError, Market, reference_assumptions, simulate
from goalplan.scenarios.assumptions import Assumptions
from goalplan.scenarios.markov import fit_chain, stationary
from goalplan.scenarios.regime import Regimes, RegimeSwitching

TRANSITION = np.array([[0.95, 0.05], [0.2, 0.8]])


def two_states(**changes: Any) -> Regimes:
    """Two regimes of one asset: means .01 and -.02, deviations .03 and .07."""
    plain: dict[str, Any] = {
        "asset_ids": ("asset",),
        "transition": TRANSITION,
        "mean": [[0.01], [-0.02]],
        "covariance": [[[0.0009]], [[0.0049]]],
        "today": [0.0, 1.0],
    }
    return Regimes(**(plain | changes))


@pytest.fixture(scope="module")
def single() -> Assumptions:
    """The long-run moments of `two_states`: mean .004 and deviation .0429418 a month."""
    growth = 0.8 * np.exp(0.01 + 0.0009 / 2.0) + 0.2 * np.exp(-0.02 + 0.0049 / 2.0)
    return Assumptions(
        name="one asset",
        asset_ids=("asset",),
        mean=np.array([growth**12 - 1.0]),
        volatility=np.array([0.0429418 * np.sqrt(12.0)]),
        index_ids=(),
        index_mean=np.empty(0),
        index_volatility=np.empty(0),
        correlation=np.eye(1),
        cash=0.0,
        years=20.0,
        max_weight=np.ones(1),
        source="closed form",
        as_of=datetime.date(2026, 1, 1),
        rationale="closed form",
    )


def assert_near(by_path: np.ndarray, exact: float) -> None:
    assert abs(by_path.mean() - exact) < 4.0 * by_path.std() / np.sqrt(by_path.size)


def test_moments_of_two_regimes(single: Assumptions) -> None:
    # Stationary (.8, .2), mean .004, sd .0429418, skew -.760147, kurtosis 5.869947, lag-1 autocorrelation
    # .0585683, deviation of a sum of 12 months .170732.
    model = RegimeSwitching(single, two_states(), parameter_uncertainty=False)
    x = np.log(simulate(model, 24, 20_000, 1, "judge").assets[:, :, 0])
    assert_near(x.mean(axis=1), 0.004)
    z = (x - 0.004) / 0.0429418
    assert_near((z**2).mean(axis=1), 1.0)
    assert_near((z**3).mean(axis=1), -0.760147)
    assert_near((z**4).mean(axis=1), 5.869947)
    assert_near((z[:, 1:] * z[:, :-1]).mean(axis=1), 0.0585683)
    year = x.reshape(-1, 2, 12).sum(axis=2) - 0.048
    assert_near((year**2).mean(axis=1), 0.170732**2)


def test_start_from_today_forgets_at_the_rate_of_the_chain(single: Assumptions) -> None:
    """In regime 2 now, the chance of it t months on is .2 + .8 x .75^t, .75 the chain's second eigenvalue."""
    model = RegimeSwitching(single, two_states(), "today", parameter_uncertainty=False)
    x = np.log(simulate(model, 12, 20_000, 1, "judge").assets[:, :, 0])
    for month in (0, 3, 11):
        turbulent = 0.2 + 0.8 * 0.75 ** (month + 1)
        assert_near(x[:, month], 0.01 - 0.03 * turbulent)


def test_long_run_moments_are_those_of_the_assumptions(embedded: Market) -> None:
    chosen = reference_assumptions(embedded).select(["us_equity", "cn_equity_mid", "gold"], ["cpi"])
    model = RegimeSwitching.fit(embedded, chosen)
    assert model.name == "2 regimes from stationary with uncertain means and covariance"
    paths = simulate(
        RegimeSwitching(chosen, model.regimes, parameter_uncertainty=False), 12, 20_000, 4, "judge"
    )
    months = np.concatenate([paths.assets, paths.indices], axis=2)
    wanted = (1.0 + np.append(chosen.mean, chosen.index_mean)) ** (1.0 / 12.0)
    _, cov = chosen.monthly_log_moments()
    logs = np.log(months)
    off = logs - logs.mean(axis=(0, 1))
    for i in range(4):
        assert_near(months[:, :, i].mean(axis=1), wanted[i])
        for j in range(i + 1):
            assert_near((off[:, :, i] * off[:, :, j]).mean(axis=1), cov[i, j])


def test_months_are_the_product_of_their_days(embedded: Market) -> None:
    model = RegimeSwitching.fit(
        embedded, reference_assumptions(embedded).select(["us_equity", "gold"], ["cpi"])
    )
    months = simulate(model, 5, 9, 3, "judge", first=100)
    days = simulate(model, 5, 9, 3, "judge", first=100, steps_per_month=21)
    np.testing.assert_allclose(days.assets.reshape(9, 5, 21, 2).prod(axis=2), months.assets, rtol=1e-12)
    assert (days.indices == months.indices).all()


def planted(months: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    state, states = 0, []
    for _ in range(months):
        state = int(rng.random() < 0.1) if state == 0 else int(rng.random() < 0.8)
        states.append(state)
    s = np.array(states)
    mean, deviation = np.array([[0.01, 0.002], [-0.02, 0.001]]), np.array([[0.02, 0.01], [0.07, 0.02]])
    return mean[s] + deviation[s] * rng.standard_normal((months, 2))


def test_planted_regimes_are_found() -> None:
    chain = fit_chain(planted(2000, 5), 2, "test")
    # About 670 months and 135 changes in the rarer regime: four standard errors, doubled for hidden states.
    np.testing.assert_allclose(chain.transition, [[0.9, 0.1], [0.2, 0.8]], atol=0.09)
    deviation = np.sqrt(np.diagonal(chain.covariance, axis1=1, axis2=2))
    np.testing.assert_allclose(deviation, [[0.02, 0.01], [0.07, 0.02]], rtol=0.2)
    assert chain.today.sum() == pytest.approx(1.0)


def test_the_likelihood_rises_to_that_of_a_brute_sum() -> None:
    """The recursions against all 2^8 sequences of a short series."""
    from itertools import pairwise, product

    from goalplan.scenarios.markov import _log_densities, _smooth

    x = planted(8, 1)
    mean, covariance = np.array([[0.0, 0.0], [0.01, 0.0]]), np.array([np.eye(2) * 0.001, np.eye(2) * 0.004])
    start, logs = np.array([0.7, 0.3]), _log_densities(x, mean, covariance)
    weights, pairs, first = [], np.zeros((2, 2)), np.zeros(2)
    for path in product((0, 1), repeat=8):
        p = start[path[0]] * np.prod([TRANSITION[a, b] for a, b in pairwise(path)])
        weights.append(p * np.exp(logs[np.arange(8), path].sum()))
        first[path[0]] += weights[-1]
        for a, b in pairwise(path):
            pairs[a, b] += weights[-1]
    smoothed, got, _, likelihood = _smooth(logs, start, TRANSITION)
    assert likelihood == pytest.approx(np.log(sum(weights)), rel=1e-12)
    np.testing.assert_allclose(got, pairs / sum(weights), rtol=1e-10)
    np.testing.assert_allclose(smoothed[0], first / sum(weights), rtol=1e-10)


def test_one_great_change_is_refused(small: Any) -> None:
    rng = np.random.default_rng(2)
    frame = small.monthly(241, ("shares", "bonds"))
    deviation = np.where(np.arange(241) < 120, 0.02, 0.08)[:, None] * np.array([1.0, 0.3])
    frame.iloc[:, :] = 100.0 * np.exp((deviation * rng.standard_normal((241, 2))).cumsum(axis=0) * 0.5)
    market = small.market(frame)
    with pytest.raises(
        DataError, match=r"regimes are not stationary, regime \d of 2 lasts .* begin after the"
    ):
        RegimeSwitching.fit(market, reference_assumptions(market))


def test_a_history_that_is_too_short_is_refused(small: Any) -> None:
    market = small.market(small.monthly(100))
    with pytest.raises(DataError, match=r"99 months .* a model of 2 regimes needs 120"):
        RegimeSwitching.fit(market, reference_assumptions(market))


def test_a_chain_without_a_single_long_run_law_is_refused() -> None:
    np.testing.assert_allclose(stationary(TRANSITION), [0.8, 0.2], rtol=1e-12)
    for bad in (np.eye(2), np.array([[0.0, 1.0], [1.0, 0.0]])):
        with pytest.raises(DataError, match="no single long-run law"):
            two_states(transition=bad)


def test_wrong_regimes_are_named(single: Assumptions) -> None:
    with pytest.raises(DataError, match="transition must hold probabilities"):
        two_states(transition=[[0.9, 0.2], [0.2, 0.8]])
    with pytest.raises(DataError, match="covariance of regime 2 is not positive definite"):
        two_states(covariance=[[[0.0009]], [[0.0]]])
    with pytest.raises(DataError, match=r"mean has shape \(1, 1\), \(2, 1\) is needed"):
        two_states(mean=[[0.01]])
    with pytest.raises(DataError, match=r"they are of \['other'\]"):
        RegimeSwitching(single, two_states(asset_ids=("other",)))
    with pytest.raises(ValueError, match="start is 'now'"):
        RegimeSwitching(single, two_states(), "now")  # type: ignore[arg-type]
    assert two_states() == two_states()
    assert hash(two_states()) == hash(two_states())
