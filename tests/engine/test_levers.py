"""The lever's root: on laws that are known, with few solves, and where there is none."""

from collections import Counter
from statistics import NormalDist

import numpy as np
import pytest
from goalplan.engine.levers import smallest_sufficient
from hypothesis import given
from hypothesis import strategies as st

CDF = NormalDist().cdf
HIGH, STEP = 30_000.0, 10.0


def search(middle, spread, error, wanted, start=8_000.0):
    """Search a law whose lattice is `error` above the judge; what was found and how often each was asked."""
    asked: Counter[str] = Counter()
    seen = {}

    def lattice(x):
        asked["lattice"] += x not in seen
        return seen.setdefault(x, np.array([CDF((x - m) / spread) for m in middle]) + error)

    def validated(x):
        asked["validated"] += 1
        return lattice(x) - error

    return smallest_sufficient(lattice, validated, np.array(wanted), HIGH, STEP, start), asked


@given(
    st.lists(st.floats(500.0, 20_000.0), min_size=1, max_size=3),
    st.floats(150.0, 4_000.0),
    st.floats(-0.03, 0.03),
    st.floats(0.3, 0.97),
    st.floats(0.0, 20_000.0),
)
def test_the_answer_reaches_the_wanted_probability_and_is_the_smallest(middle, spread, error, wanted, start):
    found, asked = search(middle, spread, error, [wanted] * len(middle), start)
    exact = max(m + spread * NormalDist().inv_cdf(wanted) for m in middle)
    assert found == pytest.approx(max(exact, 0.0), abs=STEP + 0.002 * spread)
    assert asked["validated"] <= 3
    assert asked["lattice"] <= 40


def test_two_validations_are_enough_near_by():
    found, asked = search([7_000.0], 1_500.0, 0.01, [0.85])
    assert found == pytest.approx(7_000.0 + 1_500.0 * NormalDist().inv_cdf(0.85), abs=STEP)
    assert asked["validated"] <= 2
    assert asked["lattice"] <= 6


def test_what_nothing_reaches_is_none_and_what_needs_nothing_is_zero():
    assert search([1e6], 100.0, 0.0, [0.5])[0] is None
    assert search([-1e6], 100.0, 0.0, [0.5])[0] == 0.0


@pytest.mark.parametrize("wanted", [1e-300, 1e-9, 1.0 - 1e-9])
def test_a_probability_in_the_tails_is_told_from_never_and_from_always(wanted):
    at = 20_000.0

    def known(x):
        return np.array([float(x >= at)])

    assert smallest_sufficient(known, known, np.array([wanted]), HIGH, STEP, 8_000.0) == at


@pytest.mark.parametrize(
    "bend",
    [
        lambda x: 0.6 * x / (x + 500.0),  # never reaches .7: each secant step shrinks
        lambda x: 0.6999 - 0.5 / (1.0 + x),  # nor this, by a hair
        lambda x: 0.0 if x < 29_870.0 else 0.9,  # a step near the end: no slope to go by
        lambda x: 0.69 + 0.02 * (x / HIGH) ** 40,  # flat, then steep
        lambda x: min(0.71, 1e-5 + (x / 1e4) ** 9),
    ],
)
@pytest.mark.parametrize("start", [0.0, 10.0, 8_000.0, 250_000.0])
@pytest.mark.parametrize("high", [HIGH, 1e7])
def test_a_bounded_number_of_solves_however_the_probability_bends(bend, start, high):
    asked: set[float] = set()

    def lattice(x):
        asked.add(x)
        return np.array([bend(x)])

    found = smallest_sufficient(lattice, lattice, np.array([0.7]), high, STEP, start)
    assert len(asked) <= 3 * np.log2(high / STEP) + 6
    if bend(high) < 0.7:
        assert found is None
        assert len(asked) <= 5
    else:
        assert bend(found) >= 0.7 - 1e-6
        assert found == 0.0 or bend(found - STEP) < 0.7 + 2e-4
