"""Views on scenarios and on means."""

from __future__ import annotations

import numpy as np
import pytest
from goalplan.scenarios import DataError, Market, reference_assumptions
from goalplan.scenarios.assumptions import Assumptions
from goalplan.scenarios.views import View, black_litterman, entropy_pooling, with_views

FIVE = np.array([-0.2, -0.1, 0.0, 0.1, 0.2])

# He and Litterman (1999): Australia, Canada, France, Germany, Japan, United Kingdom, United States.
VOLATILITY = np.array([0.160, 0.203, 0.248, 0.271, 0.210, 0.200, 0.187])
EQUILIBRIUM = np.array([0.016, 0.022, 0.052, 0.055, 0.116, 0.124, 0.615])
CORRELATION = np.array(
    [
        [1, 0.488, 0.478, 0.515, 0.439, 0.512, 0.491],
        [0.488, 1, 0.664, 0.655, 0.310, 0.608, 0.779],
        [0.478, 0.664, 1, 0.861, 0.355, 0.783, 0.668],
        [0.515, 0.655, 0.861, 1, 0.354, 0.777, 0.653],
        [0.439, 0.310, 0.355, 0.354, 1, 0.405, 0.306],
        [0.512, 0.608, 0.783, 0.777, 0.405, 1, 0.652],
        [0.491, 0.779, 0.668, 0.653, 0.306, 0.652, 1],
    ]
)
SIGMA = CORRELATION * np.outer(VOLATILITY, VOLATILITY)


@pytest.fixture(scope="module")
def reference(embedded: Market) -> Assumptions:
    return reference_assumptions(embedded)


def test_entropy_pooling_of_five_scenarios() -> None:
    pooled = entropy_pooling(FIVE, [0.05])
    exact = [0.11205376, 0.14490278, 0.18738163, 0.24231333, 0.31334849]
    np.testing.assert_allclose(pooled.probability, exact, atol=6e-9)
    assert pooled.divergence == pytest.approx(0.0633721401, abs=1e-10)
    assert pooled.effective == pytest.approx(4.692970600, abs=1e-8)


def test_views_that_hold_already_change_nothing() -> None:
    pooled = entropy_pooling(np.stack([FIVE, FIVE], axis=1), [-0.1, 0.1], ["at_least", "at_most"])
    np.testing.assert_allclose(pooled.probability, 0.2, atol=1e-12)
    assert pooled.effective == pytest.approx(5.0)


def test_a_bound_binds_as_an_equality_does() -> None:
    bound = entropy_pooling(FIVE, [0.05], ["at_least"])
    np.testing.assert_allclose(bound.probability, entropy_pooling(FIVE, [0.05]).probability, atol=1e-9)


def test_normal_scenarios_are_shifted_as_theory_says() -> None:
    """A view on the mean of a normal shifts it and keeps the variance; divergence is shift^2 / (2 variance)."""
    rng = np.random.default_rng(4)
    x = rng.standard_normal(100_000)
    x = (x - x.mean()) / x.std()
    pooled = entropy_pooling(np.stack([x, x**2], axis=1), [0.3, 1.09])
    assert pooled.probability @ x == pytest.approx(0.3, abs=1e-9)
    assert pooled.divergence == pytest.approx(0.045, abs=0.002)
    assert pooled.effective / 100_000 == pytest.approx(np.exp(-0.045), abs=0.002)


def test_confidence_pools_with_the_prior() -> None:
    full, half = entropy_pooling(FIVE, [0.05]), entropy_pooling(FIVE, [0.05], confidence=0.5)
    np.testing.assert_allclose(half.probability, 0.5 * full.probability + 0.1, atol=1e-12)
    assert half.effective > full.effective


def test_views_that_contradict_each_other_are_refused() -> None:
    both = np.stack([FIVE, FIVE], axis=1)
    for targets, relations in (([0.05, 0.02], None), ([0.1, 0.05], ["at_least", "at_most"])):
        with pytest.raises(DataError, match="contradict each other or lie beyond the scenarios"):
            entropy_pooling(both, targets, relations)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"its scenarios run from -0\.2 to 0\.2"):
        entropy_pooling(FIVE, [0.3])


def test_too_few_effective_scenarios_are_refused() -> None:
    x = np.random.default_rng(1).standard_normal(2000)
    with pytest.raises(
        DataError, match=r"leave \d+\.\d effective scenarios of 2000, at least 10% are needed"
    ):
        entropy_pooling(x, [2.6])


def test_wrong_views_are_named() -> None:
    with pytest.raises(DataError, match="2 targets"):
        entropy_pooling(FIVE, [0.0, 0.1])
    with pytest.raises(DataError, match=r"relations \['above'\]"):
        entropy_pooling(FIVE, [0.0], ["above"])  # type: ignore[list-item]
    with pytest.raises(DataError, match="prior must be positive"):
        entropy_pooling(FIVE, [0.0], prior=[0.5, 0.5, 0.0, 0.0, 0.0])
    with pytest.raises(DataError, match="confidence is 0"):
        View(weights={"gold": 1.0}, value=0.05, confidence=0.0)
    with pytest.raises(DataError, match="at least one that is not 0"):
        View(weights={}, value=0.05)


def test_equilibrium_and_view_of_he_and_litterman() -> None:
    prior = 2.5 * SIGMA @ EQUILIBRIUM
    np.testing.assert_allclose(100 * prior, [3.94, 6.92, 8.36, 9.03, 4.30, 6.77, 7.56], atol=0.006)
    pick = np.array([0, 0, -0.295, 1.0, 0, -0.705, 0])
    mean, covariance = black_litterman(prior, SIGMA, pick, 0.05, tau=0.05)
    np.testing.assert_allclose(100 * mean, [4.328, 7.576, 9.288, 11.037, 4.506, 6.953, 8.069], atol=6e-4)
    weights = 100 * np.linalg.solve(2.5 * covariance, mean)
    np.testing.assert_allclose(weights, [1.52, 2.10, -3.95, 35.41, 11.05, -9.46, 58.57], atol=6e-3)


@pytest.mark.parametrize("confidence", [0.25, 1.0])
def test_a_single_view_goes_its_confidence_of_the_way(reference: Assumptions, confidence: float) -> None:
    viewed = with_views(reference, [View(weights={"gold": 1.0}, value=0.02, confidence=confidence)])
    k = reference.asset_ids.index("gold")
    assert viewed.mean[k] == pytest.approx(
        (1.0 - confidence) * reference.mean[k] + confidence * 0.02, abs=1e-12
    )
    assert (viewed.correlation == reference.correlation).all()
    assert viewed.name == "reference with views"
    assert "+1 gold earns 2.00% a year" in viewed.rationale
    assert viewed.digest != reference.digest


def test_views_pull_correlated_assets_along(reference: Assumptions) -> None:
    up = with_views(reference, [View(weights={"us_equity": 1.0}, value=0.10)])
    k = reference.asset_ids.index("us_nasdaq")
    assert up.mean[k] > reference.mean[k] + 0.01


def test_certain_views_that_contradict_are_refused(reference: Assumptions) -> None:
    views = [View(weights={"gold": 1.0}, value=v, confidence=1.0) for v in (0.02, 0.04)]
    with pytest.raises(DataError, match="certain views contradict each other"):
        with_views(reference, views)
    doubted = with_views(reference, [View(weights={"gold": 1.0}, value=v) for v in (0.02, 0.04)])
    assert 0.02 < doubted.mean[reference.asset_ids.index("gold")] < 0.07
    with pytest.raises(DataError, match=r"unknown assets \['silver'\]"):
        with_views(reference, [View(weights={"silver": 1.0}, value=0.02)])
    assert with_views(reference, []) is reference
