"""The search for the smallest sufficient rung, on every threshold and with every misleading guess."""

import numpy as np
import pytest
from goalplan.engine.infeasible.demands import numbers
from goalplan.engine.infeasible.search import smallest
from hypothesis import given
from hypothesis import strategies as st


@given(
    st.integers(0, 300),
    st.integers(1, 300),
    st.none() | st.integers(-5, 320),
    st.sampled_from(["linear", "step"]),
)
def test_it_finds_the_threshold_and_has_tried_the_rung_before(last, threshold, guess, kind):
    asked = []

    def holds(n):
        asked.append(n)
        return n >= threshold

    score = (
        None
        if guess is None
        else (lambda n: n - guess if kind == "linear" else 0.5 if n >= guess else -np.inf)
    )
    found = smallest(holds, last, score)
    if threshold > last:
        assert found is None
        assert last == 0 or last in asked
        return
    assert found == threshold
    assert found in asked
    assert found == 1 or found - 1 in asked
    assert all(1 <= n <= last for n in asked)
    assert len(asked) <= 24


@pytest.mark.parametrize(
    ("now", "step", "end", "values"),
    [
        (0.12, 0.005, 0.135, [0.12, 0.125, 0.13, 0.135]),
        (0.1234, 0.005, 0.135, [0.1234, 0.125, 0.13, 0.135]),
        (0.3, 0.01, 0.27, [0.3, 0.29, 0.28, 0.27]),
        (0.305, 0.01, 0.28, [0.305, 0.3, 0.29, 0.28]),
        (8_003.0, 10.0, 8_030.0, [8_003.0, 8_010.0, 8_020.0, 8_030.0]),
    ],
)
def test_rungs_are_multiples_of_the_step(now, step, end, values):
    count, value = numbers(now, step, end)
    assert [value(n) for n in range(count + 1)] == values


@given(st.integers(2, 4000), st.floats(1.0, 400.0), st.integers(-3, 3))
def test_a_score_that_learns_needs_few_answers(threshold, bend, off):
    """A curve that saturates, off by some rungs until it has seen an answer: the last two asked settle it."""
    asked, quick, seen = [], [], []

    def holds(n):
        asked.append(n)
        seen.append(n)
        return n >= threshold

    def score(n):
        quick.append(n)
        return 1.0 - np.exp(-(n - threshold - (0 if seen else off)) / (bend * max(threshold, 50)))

    assert smallest(holds, 5000, score) == threshold
    assert len(asked) <= 4
    assert len(set(quick)) <= 40
