"""Promises against outcomes: Murphy's identity, closed forms, and intervals that know of the overlap."""

import numpy as np
import pytest
from goalplan.backtests.scores import block_share, reliability
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays


@given(
    arrays(np.float64, (30, 2), elements=st.floats(0.0, 1.0)),
    arrays(np.bool_, (30, 2)),
)
def test_brier_is_the_mean_square_and_the_sum_of_its_parts(promised, came):
    found = reliability(promised, came.astype(float), 3)
    assert found.brier.value == pytest.approx(((promised - came) ** 2).mean())
    total = found.reliability - found.resolution + found.uncertainty + found.within
    assert total == pytest.approx(found.brier.value)
    assert sum(b.count for b in found.bins) == 60


def test_parts_by_hand():
    # Ten at .8, of which 6 came; ten at .2, of which 2 came.
    promised = np.repeat([0.8, 0.2], 10)[:, None]
    came = np.array([1.0] * 6 + [0.0] * 4 + [1.0] * 2 + [0.0] * 8)[:, None]
    found = reliability(promised, came, 1)
    assert found.reliability == pytest.approx(0.5 * 0.2**2)
    assert found.resolution == pytest.approx(0.2**2)
    assert found.uncertainty == pytest.approx(0.4 * 0.6)
    assert found.within == pytest.approx(0.0, abs=1e-15)
    assert [b.came.value for b in found.bins] == pytest.approx([0.2, 0.6])


def test_a_calibrated_forecaster_is_inside_its_intervals():
    rng = np.random.default_rng(3)
    promised = rng.uniform(size=(1000, 1))
    found = reliability(promised, (rng.uniform(size=promised.shape) < promised).astype(float), 1)
    for each in found.bins:
        error = (each.promised * (1.0 - each.promised) / each.count) ** 0.5
        assert abs(each.promised - each.came.value) < 4.0 * error
    assert found.reliability < 8.0 / 1000  # six bins: a chi-squared of six over n, quarters at most
    assert found.brier.value == pytest.approx(1.0 / 6.0, abs=4.0 * 0.16 / 1000**0.5)


def test_missing_promises_count_nowhere():
    promised = np.array([[0.7, np.nan], [0.7, 0.7]])
    came = np.array([[1.0, np.nan], [0.0, 1.0]])
    found = reliability(promised, came, 1)
    assert found.count == 3
    assert found.came.value == pytest.approx(2.0 / 3.0)


def test_overlap_widens_the_interval_as_theory_says():
    """Runs of 12 equal outcomes: the error is that of n / 12 independent ones."""
    rng = np.random.default_rng(5)
    runs = np.repeat((rng.uniform(size=100) < 0.5).astype(float), 12)
    naive, honest = block_share(runs, 1), block_share(runs, 24)
    wanted = 2.0 * 1.645 * 0.5 / 10.0
    assert honest.high - honest.low == pytest.approx(wanted, rel=0.3)
    assert naive.high - naive.low < 0.5 * (honest.high - honest.low)


def test_too_few_windows_say_so():
    found = block_share(np.ones(20), 36)
    assert (found.low, found.high) == (0.0, 1.0)
