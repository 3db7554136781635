"""Scenarios to try risk programmes on, and the oracle's answer to compare with."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def fat_tailed(scenarios: int, assets: int, seed: int = 0) -> FloatArray:
    """Daily returns of a factor market with Student-t tails, riskier assets earning more."""
    draw = np.random.default_rng(seed)
    loadings = draw.normal(size=(assets, 3)) * 0.5 + np.array([0.7, 0.0, 0.0])
    shocks = draw.standard_t(4, size=(scenarios, 3)) @ loadings.T + 0.7 * draw.standard_t(
        5, size=(scenarios, assets)
    )
    volatility, mean = np.linspace(0.002, 0.016, assets), np.linspace(0.0001, 0.0005, assets)
    return np.ascontiguousarray(shocks / np.sqrt(2.0) * volatility + mean)


def monthly_paths(paths: int, months: int, assets: int, seed: int = 0) -> FloatArray:
    """Monthly returns (paths, months, assets)."""
    flat = fat_tailed(paths * months, assets, seed) * np.sqrt(21.0)
    return np.ascontiguousarray(flat.reshape(paths, months, assets))


@pytest.fixture(scope="session")
def market() -> FloatArray:
    """Give 400 days of 6 assets."""
    return fat_tailed(400, 6)
