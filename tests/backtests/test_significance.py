"""Bootstrap intervals and deflated Sharpe ratios against their papers, arch and their own promises."""

import dataclasses
import math

import numpy as np
import pytest
from goalplan.backtests import BacktestConfig, bootstrap_intervals, sharpe_caution, walk_forward
from goalplan.backtests.figures import _kernels as kernels
from goalplan.backtests.figures.significance import (
    block_length,
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    probabilistic_sharpe_ratio,
)


@pytest.fixture(scope="module")
def result(make_market, random_levels):
    market = make_market(random_levels(900, 4, seed=1), ids=["a0", "a1", "a2", "cn_cash"])
    return walk_forward(BacktestConfig(strategy={"kind": "equal_weight"}), market)


def test_the_example_of_the_deflated_sharpe_ratio():
    """Bailey and Lopez de Prado 2014, "A numerical example": annual ratio 2.5, five years of days.

    Skew -3, kurtosis 10, variance of the trials' annual ratios 1/2, 250 days a year: of 100 trials the
    best is expected at 0.1132 a day and the deflated ratio is 0.9004; of 46 trials it is 0.9505.
    """
    sharpe, variance = 2.5 / math.sqrt(250.0), 0.5 / 250.0
    assert expected_maximum_sharpe(variance, 100) == pytest.approx(0.1132, abs=5e-5)
    assert deflated_sharpe_ratio(sharpe, 1250, -3.0, 10.0, variance, 100) == pytest.approx(0.9004, abs=5e-5)
    assert deflated_sharpe_ratio(sharpe, 1250, -3.0, 10.0, variance, 46) == pytest.approx(0.9505, abs=5e-5)


def test_deflation_is_probability_against_a_higher_bar():
    assert probabilistic_sharpe_ratio(0.0, 500, 0.0, 3.0) == 0.5
    plain = probabilistic_sharpe_ratio(0.05, 1000, -1.0, 6.0)
    assert deflated_sharpe_ratio(0.05, 1000, -1.0, 6.0, 0.001, 1) == plain
    ratios = [deflated_sharpe_ratio(0.05, 1000, -1.0, 6.0, 0.001, n) for n in (1, 2, 10, 1000)]
    assert ratios == sorted(ratios, reverse=True)
    assert probabilistic_sharpe_ratio(0.05, 1000, 0.0, 3.0) > plain  # bad skew and fat tails cost certainty


@pytest.mark.parametrize("trials", [10, 50, 1000])
def test_expected_maximum_is_the_extreme_value_approximation(trials):
    """The paper's formula is a limit for many trials: above the exact one, by 3 % at most from ten on."""
    from scipy.integrate import quad
    from scipy.stats import norm

    exact = quad(lambda x: x * trials * norm.pdf(x) * norm.cdf(x) ** (trials - 1), -8.0, 12.0)[0]
    assert exact < expected_maximum_sharpe(1.0, trials) < 1.03 * exact


def test_block_length_equals_arch():
    from arch.bootstrap import optimal_block_length

    rng = np.random.default_rng(0)
    shocks = rng.standard_normal(3000)
    for rho in (0.0, 0.3, 0.8):
        values = np.empty(3000)
        values[0] = shocks[0]
        for t in range(1, 3000):
            values[t] = rho * values[t - 1] + shocks[t]
        theirs = float(optimal_block_length(values)["circular"].iloc[0])
        assert block_length(values) == pytest.approx(math.ceil(max(theirs, 1.0)), abs=1)
    assert block_length(np.ones(100)) == 1


def test_intervals_contain_the_estimate_and_shrink_with_the_level(result):
    wide = bootstrap_intervals(result, level=0.95, resamples=500, seed=3)
    narrow = bootstrap_intervals(result, level=0.5, resamples=500, seed=3)
    for name in ("cagr", "annual_volatility", "sharpe_ratio", "sortino_ratio"):
        assert wide.figures[name].low < wide.figures[name].estimate < wide.figures[name].high
        assert wide.figures[name].low < narrow.figures[name].low < narrow.figures[name].high
    assert wide.independent == pytest.approx(len(result.returns) / wide.block)
    assert bootstrap_intervals(result, resamples=500, seed=3) == bootstrap_intervals(
        result, resamples=500, seed=3
    )
    assert bootstrap_intervals(result, resamples=500, seed=3) != bootstrap_intervals(
        result, resamples=500, seed=4
    )


def test_a_resample_in_the_old_order_has_the_old_figures(result):
    years = (result.dates[-1] - result.dates[0]).astype(int) / 365.25
    excess = result.returns - result.risk_free
    table = kernels.resampled_metrics(
        result.returns, excess, np.zeros((1, 1), np.int64), len(excess), 252, years
    )
    names = ("cagr", "annual_volatility", "sharpe_ratio", "sortino_ratio", "max_drawdown")
    expected = [getattr(result.metrics, name) for name in names]
    assert table[0] == pytest.approx(expected, rel=1e-10)
    starts = np.array([[3, 880, 17, 400]])
    fast = kernels.resampled_metrics(result.returns, excess, starts, 250, 252, years)
    slow = kernels.resampled_metrics.py_func(result.returns, excess, starts, 250, 252, years)
    assert fast == pytest.approx(slow, rel=1e-12)


def test_intervals_cover_the_truth_as_often_as_they_say(result):
    """Normal returns of known Sharpe ratio, 400 histories, 90 % intervals: within 4 standard errors."""
    rng = np.random.default_rng(11)
    mean, spread, rows, inside = 0.0006, 0.01, 400, 0
    truth = mean / spread * math.sqrt(252)
    flat, dates = np.zeros(rows), result.dates[: rows + 1]
    for _ in range(400):
        history = dataclasses.replace(
            result, returns=rng.normal(mean, spread, rows), risk_free=flat, dates=dates
        )
        found = bootstrap_intervals(history, level=0.9, resamples=200, block=1).figures["sharpe_ratio"]
        inside += found.low <= truth <= found.high
    assert inside / 400 == pytest.approx(0.9, abs=4 * math.sqrt(0.09 / 400))


def test_caution_on_several_strategies(result):
    other = dataclasses.replace(result, metrics=dataclasses.replace(result.metrics, sharpe_ratio=-0.2))
    found = sharpe_caution([result, other], trials=10)
    assert found.sharpe == pytest.approx((result.metrics.sharpe_ratio, -0.2))
    assert found.deflated[0] < found.probabilistic[0]
    spread = np.std(np.array(found.sharpe), ddof=1)
    assert found.expected_maximum == pytest.approx(expected_maximum_sharpe(spread**2, 10), rel=1e-12)
    with pytest.raises(ValueError, match="count all that were tried"):
        sharpe_caution([result, other], trials=1)


@pytest.mark.parametrize("wrong", [{"level": 1.0}, {"resamples": 10}, {"block": 0}, {"block": 10_000}])
def test_wrong_settings_are_named(result, wrong):
    with pytest.raises(ValueError, match="give"):
        bootstrap_intervals(result, **wrong)
