"""A calibrated drawdown limit is kept on unseen paths, uses its allowance, and is refused where nothing keeps it."""

import numpy as np
import pytest
from goalplan.engine.risk import Constraints, Limit, Measure, keep_drawdown, maximise_return
from goalplan.engine.risk.horizon import path_drawdowns


def paths(seed, count, months=36, cash=0.004, number=0):
    """Six risky assets and cash, joint t with 4 degrees of freedom."""
    law = np.random.default_rng([number, 0])
    volatility = np.append(law.uniform(0.02, 0.25, size=6), cash)
    mean = np.append(0.02 + 0.3 * volatility[:-1], 0.02) / 12.0
    correlation = 0.35 + 0.65 * np.eye(7)
    factor = np.linalg.cholesky(np.outer(volatility, volatility) * correlation / 12.0)
    draw = np.random.default_rng([number, seed])
    shocks = draw.normal(size=(count, months, 7)) @ factor.T
    shocks *= np.sqrt(2.0 / draw.chisquare(4.0, size=(count, months, 1)))
    return mean, np.maximum(mean + shocks, -0.95)


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("limit", [0.05, 0.1])
def test_the_promise_is_kept_on_a_third_sample_and_the_allowance_is_used(number, limit):
    mean, design = paths(1, 1_000, number=number)
    _, validation = paths(2, 10_000, number=number)
    _, judge = paths(3, 10_000, number=number)
    made = keep_drawdown(design, validation, limit, mean=mean)
    assert made.kept
    assert made.binds
    error = np.sqrt(0.05 * 0.95 / 10_000)
    share = (path_drawdowns(judge, made.weights) > limit).mean()
    assert share <= 0.05 + 3.0 * error  # validated below by 1.6 errors, two samples
    assert share >= made.breach - 4.0 * np.sqrt(2.0) * error
    assert made.breach > 0.04


def test_a_limit_that_does_not_bind_costs_nothing():
    mean, design = paths(1, 500)
    made = keep_drawdown(design, paths(2, 2_000)[1], 0.9, mean=mean)
    assert made.kept
    assert not made.binds
    assert made.weights @ mean == pytest.approx(mean.max())


def test_a_refusal_is_true_of_every_mix():
    mean, design = paths(1, 500)
    held = Constraints(lower=np.append(np.full(6, 0.1), 0.0))
    made = keep_drawdown(design, paths(2, 4_000)[1], 0.01, mean=mean, constraints=held)
    assert not made.kept
    draw = np.random.default_rng(0)
    _, judge = paths(3, 4_000)
    for rest in draw.dirichlet(np.ones(7), size=50):
        mix = 0.1 * np.append(np.ones(6), 0.0) + 0.4 * rest
        assert (path_drawdowns(judge, mix) > 0.01).mean() > 0.05


def test_a_point_just_beyond_the_limit_is_not_the_end_of_the_search():
    """Levels at which the cutting planes once stopped a hair beyond the limit, without an answer."""
    for number in range(3):
        mean, design = paths(1, 400, number=number)
        for level in np.linspace(0.08, 0.3, 45):
            limit = Limit(measure=Measure(kind="max_drawdown", confidence=0.95), at_most=float(level))
            found = maximise_return(design, [limit], mean=mean, tolerance=1e-6)
            assert found.status == "optimal"
            assert found.gap <= 1e-6
            assert next(iter(found.risks.values())) <= level * (1.0 + 1e-6)
