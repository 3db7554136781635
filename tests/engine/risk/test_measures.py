"""Risk measures in numpy: hand-made and published values, and the convexity that everything rests on."""

import numpy as np
import pytest
from goalplan.engine.errors import RequestError
from goalplan.engine.risk import Measure
from goalplan.engine.risk.measures import drawdowns, tail_mean
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

ONE = np.ones(1)

# Cumulative (uncompounded) curve and its CDaR at four confidences with the tail cut in part, worked by hand.
CURVE = np.array([0.03, 0.01, 0.05, -0.02, 0.0, 0.04, 0.02, 0.06, 0.01, 0.03])
DEPTHS = np.array([0.0, 0.02, 0.0, 0.07, 0.05, 0.01, 0.03, 0.0, 0.05, 0.03])


def test_drawdowns_of_a_curve():
    steps = np.diff(CURVE, prepend=0.0)[None]
    np.testing.assert_allclose(drawdowns(steps, compounded=False)[0], DEPTHS, atol=1e-15)


@pytest.mark.parametrize(("confidence", "expected"), [(0.0, 0.026), (0.5, 0.046), (0.8, 0.06), (0.9, 0.07)])
def test_cdar_of_a_curve(confidence, expected):
    measure = Measure(kind="cdar", confidence=confidence, compounded=False)
    steps = np.diff(CURVE, prepend=0.0)[:, None]
    assert measure.value(ONE, steps) == pytest.approx(expected, abs=1e-15)


def test_compounded_drawdown_is_the_fraction_lost_from_the_peak():
    returns = np.array([0.1, -0.2, -0.1, 0.5, -0.3])[:, None]
    value = np.cumprod(1.0 + returns[:, 0])
    depth = 1.0 - value / np.maximum.accumulate(np.maximum(value, 1.0))
    assert Measure(kind="max_drawdown").value(ONE, returns) == pytest.approx(depth.max(), rel=1e-14)
    assert Measure(kind="max_drawdown").value(ONE, np.array([[0.1], [-1.0], [0.2]])) == 1.0


def test_the_peak_includes_the_start():
    assert Measure(kind="max_drawdown").value(ONE, np.array([[-0.1], [0.05]])) == pytest.approx(0.1)


def test_cvar_of_a_normal_is_the_closed_form():
    scores = norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    expected = norm.pdf(norm.ppf(0.95)) / 0.05
    assert Measure(kind="cvar").value(ONE, scores[:, None]) == pytest.approx(expected, rel=1e-4)


def test_cvar_ends_are_the_mean_and_the_worst():
    losses = np.array([0.03, -0.01, 0.07, 0.0])
    assert Measure(kind="cvar", confidence=0.0).value(ONE, -losses[:, None]) == pytest.approx(losses.mean())
    assert Measure(kind="cvar", confidence=1.0).value(ONE, -losses[:, None]) == 0.07


def test_tail_mean_counts_the_last_atom_in_part():
    values = np.array([1.0, 2.0, 3.0, 4.0])
    assert tail_mean(values, None, 0.625) == pytest.approx((4.0 + 0.5 * 3.0) / 1.5)
    shares = np.array([0.1, 0.2, 0.3, 0.4])
    assert tail_mean(values, shares, 0.5) == pytest.approx((0.4 * 4.0 + 0.1 * 3.0) / 0.5)


@given(st.integers(1, 40), st.sampled_from([0.0, 0.3, 0.5, 0.9, 0.95, 0.99, 1.0]), st.integers(0, 999))
def test_even_probabilities_are_no_probabilities(count, confidence, seed):
    values = np.random.default_rng(seed).normal(size=count).round(1)
    shares = np.full(count, 1.0 / count)
    assert tail_mean(values, shares, confidence) == pytest.approx(
        tail_mean(values, None, confidence), abs=1e-12
    )


def test_variance_and_tracking_error_weigh_the_scenarios():
    returns, shares = np.array([[0.1, 0.0], [-0.1, 0.02]]), np.array([0.75, 0.25])
    weights, benchmark = np.array([0.5, 0.5]), np.array([0.0, 1.0])
    assert Measure(kind="variance").value(weights, returns, shares) == pytest.approx(0.75 * 0.25 * 0.09**2)
    error = Measure(kind="tracking_error").value(weights, returns, shares, benchmark)
    assert error == pytest.approx(np.sqrt(0.75 * 0.25) * 0.11)


def test_average_log_drawdown_told_as_a_fraction_is_on_the_safe_side():
    paths = np.random.default_rng(1).normal(0.0, 0.05, size=(50, 24, 1))
    depth = -np.expm1(-drawdowns(paths[:, :, 0]).max(axis=1))
    told = Measure(kind="max_drawdown", confidence=0.8).value(ONE, paths)
    plain = np.sort(depth)[-10:].mean()
    assert plain < told < plain * 1.02


@given(
    st.integers(0, 10_000),
    st.sampled_from(["cvar", "cdar", "max_drawdown"]),
    st.booleans(),
    st.floats(0.0, 1.0),
)
def test_every_measure_is_convex_in_the_weights(seed, kind, compounded, share):
    draw = np.random.default_rng(seed)
    returns = draw.standard_t(3, size=(30, 4)) * 0.05
    returns = np.maximum(returns, -0.9)
    first, second = draw.dirichlet(np.ones(4), size=2)
    measure = Measure(kind=kind, confidence=draw.uniform(), compounded=compounded)

    def value(weights):
        return measure.convex(measure.value(weights, returns))

    middle = value(share * first + (1.0 - share) * second)
    assert middle <= share * value(first) + (1.0 - share) * value(second) + 1e-12


@pytest.mark.parametrize("kind", ["variance", "cvar", "max_drawdown"])
def test_figures_and_convex_values_are_inverse(kind):
    measure = Measure(kind=kind)
    assert measure.figure(measure.convex(0.3)) == pytest.approx(0.3, rel=1e-14)
    step = 1e-6
    slope = (measure.figure(measure.convex(0.3) + step) - 0.3) / step
    assert measure.slope(0.3) == pytest.approx(slope, rel=1e-5)


def test_unknown_measures_are_refused():
    with pytest.raises(RequestError, match="'sharpe' is unknown"):
        Measure(kind="sharpe")
    with pytest.raises(RequestError, match="confidence: 95 is not between 0 and 1"):
        Measure(kind="cvar", confidence=95)
