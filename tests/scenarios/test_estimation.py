"""Estimators against published vectors, independent implementations and their own limits."""

from __future__ import annotations

import numpy as np
import pytest
from arch.bootstrap import optimal_block_length
from goalplan.scenarios.errors import DataError
from goalplan.scenarios.estimation import (
    block_length,
    is_positive_definite,
    ledoit_wolf,
    pairwise_correlation,
    shrunk_correlation,
)
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.signal import lfilter
from sklearn.covariance import ledoit_wolf as sklearn_ledoit_wolf

# Eight returns of three assets, per cent; the intensity below comes from an independent script.
EIGHT = np.array(
    [(1.2, -0.4, 2.0), (0.3, 0.1, -1.0), (-1.5, 0.4, -3.0), (2.1, -0.2, 3.5),
     (-0.4, 0.3, 0.6), (0.9, 0.0, 1.2), (-1.1, 0.5, -1.8), (1.7, -0.3, 2.2)]
)  # fmt: skip


def autoregression(phi: float, n: int, seed: int) -> np.ndarray:
    return lfilter([1.0], [1.0, -phi], np.random.default_rng(seed).normal(size=n))


def test_ledoit_wolf_intensity_of_the_worked_example() -> None:
    assert ledoit_wolf(EIGHT)[1] == pytest.approx(0.1676548731, abs=1e-10)


@given(arrays(np.float64, (30, 5), elements=st.floats(-0.5, 0.5)))
def test_ledoit_wolf_equals_scikit_learn(returns: np.ndarray) -> None:
    if returns.var(axis=0).max() < 1e-12:
        return
    covariance, intensity = ledoit_wolf(returns)
    theirs, their_intensity = sklearn_ledoit_wolf(returns)
    assert intensity == pytest.approx(their_intensity, abs=1e-9)
    np.testing.assert_allclose(covariance, theirs, atol=1e-12)


def test_ledoit_wolf_of_one_series_or_of_equal_variances_shrinks_fully() -> None:
    covariance, intensity = ledoit_wolf(EIGHT[:, :1])
    assert intensity == 1.0
    assert covariance[0, 0] == pytest.approx(EIGHT[:, 0].var())


def test_shrunk_correlation_has_a_unit_diagonal_and_ignores_scale() -> None:
    correlation = shrunk_correlation(EIGHT, "abc")
    np.testing.assert_array_equal(np.diag(correlation), 1.0)
    np.testing.assert_allclose(correlation, shrunk_correlation(EIGHT * [1.0, 100.0, 0.01], "abc"), atol=1e-12)
    sample = np.corrcoef(EIGHT.T)
    assert (np.abs(correlation - np.eye(3)) <= np.abs(sample - np.eye(3)) + 1e-15).all()


def test_a_constant_series_is_named() -> None:
    with pytest.raises(DataError, match="b is constant"):
        shrunk_correlation(EIGHT * [1.0, 0.0, 1.0], "abc")


def test_pairwise_correlation_uses_the_rows_that_a_pair_shares() -> None:
    rng = np.random.default_rng(1)
    common = rng.normal(size=(400, 1))
    changes = common + 0.1 * rng.normal(size=(400, 3))
    changes[:150, 1] = np.nan
    changes[300:, 2] = np.nan
    got = pairwise_correlation(changes, 1, "abc")
    for i, j, rows in ((0, 1, slice(150, 400)), (0, 2, slice(0, 300)), (1, 2, slice(150, 300))):
        r = np.corrcoef(changes[rows, i], changes[rows, j])[0, 1]
        n = rows.stop - rows.start
        assert got[i, j] == pytest.approx(r * (1.0 - (1.0 - r * r) ** 2 / (n - 1.0) / r**2), rel=1e-9)
    np.testing.assert_array_equal(got, got.T)


def test_pairwise_correlation_drops_what_noise_could_have_made() -> None:
    rng = np.random.default_rng(2)
    changes = rng.normal(size=(60, 6))
    kept = pairwise_correlation(changes, 12, "abcdef")[np.triu_indices(6, 1)]
    raw = np.corrcoef(changes.T)[np.triu_indices(6, 1)]
    assert (kept == 0.0).sum() >= 13
    assert (np.abs(kept) <= np.abs(raw)).all()


def test_series_that_hardly_overlap_are_named() -> None:
    changes = np.random.default_rng(3).normal(size=(100, 3))
    changes[:80, 1] = np.nan
    changes[50:, 2] = np.nan
    with pytest.raises(DataError, match="b and c overlap for less than 3 years"):
        pairwise_correlation(changes, 12, "abc")


def test_a_series_without_any_value_is_named() -> None:
    changes = np.random.default_rng(3).normal(size=(100, 2))
    changes[:, 1] = np.nan
    with pytest.raises(DataError, match="a and b overlap for less than 3 years"):
        pairwise_correlation(changes, 12, "ab")


def test_positive_definite_asks_for_a_floor() -> None:
    assert is_positive_definite(np.array([[1.0, 0.99], [0.99, 1.0]]))
    assert not is_positive_definite(np.array([[1.0, 0.9999], [0.9999, 1.0]]))


@pytest.mark.parametrize("phi", [0.3, 0.5, 0.8])
def test_block_length_of_a_long_autoregression_nears_its_closed_form(phi: float) -> None:
    # For AR(1), G / g(0) = 2 phi / (1 - phi^2), so the optimum is (2 phi / (1 - phi^2))^(2/3) n^(1/3).
    n = 9_000
    lengths = [block_length(autoregression(phi, n, seed)) for seed in range(8)]
    assert np.mean(lengths) == pytest.approx(
        (2.0 * phi / (1.0 - phi**2)) ** (2 / 3) * n ** (1 / 3), rel=0.12
    )  # 4 s.e.


@pytest.mark.parametrize("n", [255, 1000])
def test_block_length_is_near_that_of_arch(n: int) -> None:
    # arch takes the first quiet lag itself for the bandwidth, the paper the lag before it.
    series = [autoregression(0.5, n, seed) for seed in range(8)]
    ours = np.mean([block_length(x) for x in series])
    theirs = np.mean([float(optimal_block_length(x)["stationary"].iloc[0]) for x in series])
    assert ours == pytest.approx(theirs, rel=0.15)


def test_block_length_of_independent_returns_is_about_one() -> None:
    assert np.mean([block_length(autoregression(0.0, 1000, seed)) for seed in range(8)]) < 2.0


def test_block_length_of_a_constant_series_is_refused() -> None:
    with pytest.raises(DataError, match="constant"):
        block_length(np.ones(100))
