"""The two programmes on closed forms and published numbers, and what their answers promise."""

import numpy as np
import pytest
from goalplan.engine.risk import Constraints, Limit, Measure, maximise_return, minimise_risk, read_scenarios
from scipy.stats import norm

from .conftest import fat_tailed

# Rockafellar and Uryasev, "Optimization of conditional value-at-risk", J. Risk 2 (2000), section 4: monthly
# S&P 500, long-term government bonds, small cap.
MEAN = np.array([0.0101110, 0.0043532, 0.0137058])
COVARIANCE = np.array(
    [
        [0.00324625, 0.00022983, 0.00420395],
        [0.00022983, 0.00049937, 0.00019247],
        [0.00420395, 0.00019247, 0.00764097],
    ]
)
WEIGHTS, VARIANCE, CVAR = np.array([0.452011, 0.115573, 0.432416]), 0.00378529, 0.115908


def with_moments(draws):
    """Shift and turn draws (S, N) so that their mean and covariance are exactly those of the paper."""
    centred = draws - draws.mean(axis=0)
    root = np.linalg.cholesky(centred.T @ centred / len(draws))
    return np.linalg.solve(root, centred.T).T @ np.linalg.cholesky(COVARIANCE).T + MEAN


def test_rockafellar_uryasev_variance():
    returns = with_moments(np.random.default_rng(0).normal(size=(20, 3)))
    found = minimise_risk("variance", returns, target_return=0.011)
    np.testing.assert_allclose(found.weights, WEIGHTS, atol=1e-6)
    assert found.value == pytest.approx(VARIANCE, rel=2e-6)
    assert found.gap < 1e-9


def test_rockafellar_uryasev_cvar():
    """The sampled programme is noisy in its weights; its value and its CVaR are not, to 3 %."""
    returns = with_moments(np.random.default_rng(0).normal(size=(50_000, 3)))
    found = minimise_risk("cvar", returns, target_return=0.011)
    assert found.value == pytest.approx(CVAR, rel=0.03)
    closed = norm.pdf(norm.ppf(0.95)) / 0.05 * np.sqrt(found.weights @ COVARIANCE @ found.weights) - 0.011
    assert closed == pytest.approx(CVAR, rel=0.003)
    assert Measure(kind="cvar").value(WEIGHTS, returns) >= found.value


def test_two_assets_of_least_variance():
    returns = with_moments(np.random.default_rng(3).normal(size=(50, 3)))[:, :2]
    spread = COVARIANCE[0, 0] + COVARIANCE[1, 1] - 2.0 * COVARIANCE[0, 1]
    first = (COVARIANCE[1, 1] - COVARIANCE[0, 1]) / spread
    found = minimise_risk("variance", returns)
    np.testing.assert_allclose(found.weights, [first, 1.0 - first], atol=1e-8)


def test_figures_are_recomputed_from_the_weights(market):
    limits = [Limit(measure="max_drawdown", at_most=0.1), Limit(measure="cdar", at_most=0.08)]
    found = minimise_risk("cvar", market, limits=limits, target_return=0.0002)
    assert found.value == Measure(kind="cvar").value(found.weights, market)
    assert found.risks == {
        "max_drawdown": Measure(kind="max_drawdown").value(found.weights, market),
        "cdar 95 %": Measure(kind="cdar").value(found.weights, market),
    }
    assert found.expected_return == pytest.approx(found.weights @ market.mean(axis=0), abs=1e-16)
    assert found.bound <= found.value * (1.0 + 1e-12)
    assert not found.weights.flags.writeable


def test_no_portfolio_at_random_is_better(market):
    found = minimise_risk("cdar", market)
    measure = Measure(kind="cdar")
    others = np.random.default_rng(1).dirichlet(np.ones(6), size=500)
    assert min(measure.value(w, market) for w in others) >= found.bound - 1e-12


def test_a_solution_is_the_same_twice(market):
    first, again = (minimise_risk("cdar", market, target_return=0.0003) for _ in range(2))
    assert first.weights.tobytes() == again.weights.tobytes()


@pytest.mark.parametrize("scale", [1e-4, 1.0, 30.0])
def test_the_scale_of_returns_does_not_matter(market, scale):
    plain = minimise_risk("cvar", market, target_return=0.0003)
    scaled = minimise_risk("cvar", market * scale, target_return=0.0003 * scale)
    assert scaled.value == pytest.approx(plain.value * scale, rel=1e-8)
    assert scaled.gap < 1e-8


def test_read_only_float32_and_strided_scenarios(market):
    single = market.astype(np.float32)[::2]
    found = minimise_risk("cvar", single)
    assert found.value == pytest.approx(minimise_risk("cvar", single.astype(np.float64)).value, rel=1e-12)


def test_scenarios_are_read_once_for_many_programmes(market):
    ready = read_scenarios(market)
    assert read_scenarios(ready) is ready
    assert minimise_risk("cvar", ready).value == minimise_risk("cvar", market).value


def test_caps_bound_what_is_not_exempt(market):
    names = tuple("abcdef")
    capped = Constraints(assets=names, cap=0.2, exempt=("a",))
    found = minimise_risk("variance", market, constraints=capped)
    assert found.weights[0] > 0.2
    assert found.weights[1:].max() <= 0.2 + 1e-9


def test_rows_and_scores_hold(market):
    esg = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    constraints = Constraints(
        assets=tuple("abcdef"),
        groups={"risky": ("e", "f")},
        rows=("risky <= 0.1", "b >= 2 a"),
        esg=esg,
        min_esg=3.0,
    )
    found = maximise_return(market, constraints=constraints)
    assert found.weights[4:].sum() == pytest.approx(0.1)
    assert found.weights[1] >= 2.0 * found.weights[0] - 1e-12
    assert esg @ found.weights >= 3.0 - 1e-12
    assert {a.name for a in found.active} >= {"budget", "risky <= 0.1"}


def test_a_budget_below_one_leaves_cash(market):
    found = minimise_risk("cvar", market, constraints=Constraints(budget=0.5))
    assert found.weights.sum() == pytest.approx(0.5)
    assert found.value == pytest.approx(0.5 * minimise_risk("cvar", market).value, rel=1e-8)


def test_turnover_is_bought_and_sold_halves(market):
    previous = np.array([0.0, 0.0, 0.0, 0.0, 0.5, 0.5])
    found = minimise_risk("cvar", market, constraints=Constraints(previous=previous, max_turnover=0.3))
    assert found.turnover == pytest.approx(0.3)
    assert np.abs(found.weights - previous).sum() == pytest.approx(0.6)


def test_trading_cost_is_taken_from_the_return(market):
    previous = np.full(6, 1.0 / 6.0)
    dear = Constraints(previous=previous, trading_cost=1.0)
    np.testing.assert_allclose(maximise_return(market, constraints=dear).weights, previous, atol=1e-12)
    cheap = Constraints(previous=previous, trading_cost=1e-5)
    found = maximise_return(market, constraints=cheap)
    assert found.trading_cost == pytest.approx(1e-5 * np.abs(found.weights - previous).sum())
    assert found.value == pytest.approx(found.weights @ market.mean(axis=0) - found.trading_cost)


def test_tracking_error_stays_within_its_limit(market):
    benchmark = np.full(6, 1.0 / 6.0)
    limit = Limit(measure="tracking_error", at_most=0.001)
    found = maximise_return(market, [limit], constraints=Constraints(benchmark=benchmark))
    assert 0.000999 < np.std(market @ (found.weights - benchmark)) <= 0.001


def test_a_shock_limit_is_kept_exactly(market):
    shock = np.array([[-0.05, -0.1, -0.2, -0.3, -0.4, -0.5]])
    found = maximise_return(
        market, [Limit(name="shock", measure="max_drawdown", at_most=0.2, scenarios=shock)]
    )
    assert 0.2 - 1e-8 < -(shock @ found.weights)[0] <= 0.2
    assert found.risks["shock"] == pytest.approx(0.2, abs=1e-8)


def test_an_episode_limit_is_kept_exactly(market):
    episode = market[100:160] - 0.002
    limit = Limit(name="episode", measure="max_drawdown", at_most=0.08, scenarios=episode)
    found = maximise_return(market, [limit])
    value = np.cumprod(1.0 + episode @ found.weights)
    lost = 1.0 - value / np.maximum.accumulate(np.maximum(value, 1.0))
    assert 0.08 - 1e-8 < lost.max() <= 0.08


def test_other_expected_returns_may_be_given(market):
    mean = np.array([6.0, 5.0, 4.0, 3.0, 2.0, 1.0])
    found = maximise_return(market, mean=mean)
    np.testing.assert_allclose(found.weights, np.eye(6)[0], atol=1e-12)
    assert found.value == 6.0


SHADOWS = [
    ("cvar", 0.0003, [Limit(measure="max_drawdown", at_most=0.025)]),
    ("max_drawdown", 0.0003, [Limit(measure="cvar", at_most=0.0057)]),
    ("variance", 0.0003, [Limit(measure="cvar", at_most=0.0138)]),
    ("cvar", 0.0003, [Limit(measure="variance", at_most=4e-5)]),
    (None, None, [Limit(measure="cdar", at_most=0.06)]),
    (None, None, [Limit(measure="variance", at_most=4e-5)]),
    (None, None, [Limit(measure="max_drawdown", at_most=0.1, scenarios=np.linspace(-0.05, -0.4, 6)[None])]),
]


@pytest.mark.parametrize(("objective", "target", "limits"), SHADOWS)
def test_shadow_prices_are_derivatives(objective, target, limits):
    """A price lies between the one-sided difference quotients, since the value is convex in every bound."""
    returns = fat_tailed(300, 6, seed=4)

    def solved(limit, aim):
        if objective is None:
            return maximise_return(returns, [limit], tolerance=1e-11)
        return minimise_risk(objective, returns, limits=[limit], target_return=aim, tolerance=1e-11)

    def moved(step):
        kept = {name: getattr(limits[0], name) for name in ("measure", "name", "scenarios")}
        return solved(Limit(at_most=limits[0].at_most * (1.0 + step), **kept), target)

    found, prices = moved(0.0), {a.name: a.shadow_price for a in moved(0.0).active}
    (name,) = found.risks
    step = 1e-4
    slopes = [(moved(s).value - found.value) / (s * limits[0].at_most) for s in (-step, step)]
    noise = 1e-11 * abs(found.value) / (step * limits[0].at_most)  # of a quotient of values good to 1e-11
    assert min(slopes) - 1e-3 * abs(min(slopes)) - noise <= prices[name]
    assert prices[name] <= max(slopes) + 1e-3 * abs(max(slopes)) + noise
    assert prices[name] != 0.0
    if target is not None:
        slopes = [
            (solved(limits[0], target * (1.0 + s)).value - found.value) / (s * target) for s in (-step, step)
        ]
        assert min(slopes) * (1 - 1e-3) <= prices["target_return"] <= max(slopes) * (1 + 1e-3)


def test_prices_of_bounds_and_budget(market):
    limited = Constraints(assets=tuple("abcdef"), upper=np.array([0.3, 1, 1, 1, 1, 1]))
    found = minimise_risk("cvar", market, constraints=limited)
    wider = Constraints(assets=tuple("abcdef"), upper=np.array([0.3 + 1e-5, 1, 1, 1, 1, 1]))
    prices = {a.name: a.shadow_price for a in found.active}
    quotient = (minimise_risk("cvar", market, constraints=wider).value - found.value) / 1e-5
    assert prices["a <= 0.3"] == pytest.approx(quotient, rel=1e-3)
    larger = Constraints(budget=1.0 + 1e-5, upper=limited.upper)
    quotient = (minimise_risk("cvar", market, constraints=larger).value - found.value) / 1e-5
    assert prices["budget"] == pytest.approx(quotient, rel=1e-3)
