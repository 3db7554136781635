"""Scores against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from goalplan.backtests.scores import block_error, crps, log_score, pit


@pytest.fixture(scope="module")
def normal() -> np.ndarray:
    rng = np.random.default_rng(1)
    x = rng.standard_normal(20_000)
    return (x - x.mean()) / x.std()


def test_pit_counts_ties_by_half() -> None:
    assert pit(np.array([1.0, 2.0, 2.0, 3.0]), 2.0) == 0.5
    assert pit(np.array([1.0, 2.0]), 5.0) == 1.0


@pytest.mark.parametrize("outcome", [0.0, 0.7, -2.5])
def test_crps_of_a_normal(normal: np.ndarray, outcome: float) -> None:
    # Gneiting, Raftery (2007), (21): y (2 Phi - 1) + 2 phi - 1/sqrt(pi).
    from scipy.special import ndtr

    density = np.exp(-0.5 * outcome**2) / np.sqrt(2.0 * np.pi)
    exact = outcome * (2.0 * ndtr(outcome) - 1.0) + 2.0 * density - 1.0 / np.sqrt(np.pi)
    assert crps(normal, outcome) == pytest.approx(exact, abs=4.0 / np.sqrt(20_000))


def test_crps_by_its_definition() -> None:
    x = np.array([0.3, -1.0, 2.0, 0.3])
    exact = np.abs(x - 0.5).mean() - 0.5 * np.abs(x[:, None] - x).mean()
    assert crps(x, 0.5) == pytest.approx(exact, rel=1e-14)


def test_log_score_of_a_normal(normal: np.ndarray) -> None:
    exact = 0.5 * np.log(2.0 * np.pi) + 0.5 * 0.5**2
    assert log_score(normal, 0.5) == pytest.approx(exact, abs=0.05)
    assert 10.0 < log_score(normal, 12.0) < 20.0  # a miss has a price, not an infinite one
    assert np.isfinite(log_score(np.ones(10), 3.0))


def test_block_error_of_independent_and_of_overlapping_values() -> None:
    rng = np.random.default_rng(2)
    z = rng.standard_normal(4000)
    assert block_error(z, 1) == pytest.approx(z.std() / np.sqrt(4000), rel=0.001)
    moving = np.convolve(z, np.ones(12), "valid")  # the mean of overlapping sums: 12 / sqrt(n)
    assert block_error(moving, 48) == pytest.approx(12.0 / np.sqrt(4000), rel=0.35)
    assert np.isnan(block_error(z[:10], 6))
