"""The compiled judge against the same rules written path by path in plain Python."""

import numpy as np
import pytest
from goalplan.engine.judge.run import merge, run_policy


def random_plan(build, seed, *, paths, steps, states, nodes, limit, reset_every, age=0):
    """A plan with mixes that change with month, wealth and drawdown, and with indexed partial payments."""
    rng = np.random.default_rng(seed)
    T, N, K, J = 14, 5, 4, 2
    weights = rng.dirichlet(np.ones(N), K)
    weights[weights < 0.1] = 0.0
    weights /= weights.sum(axis=1, keepdims=True)
    menu = build.menu(weights, cost=rng.uniform(0.0, 0.02, N), fee=rng.uniform(0.0, 0.03, N))
    months = [0, 3, 3, 7, 10, 10, T]
    payments = [
        build.payment(t, rng.uniform(2.0, 40.0), index=("cpi", "home", None)[m % 3], goal=m, min_fraction=0.5)
        for m, t in enumerate(months)
    ]
    inflows = np.append(0.0, rng.uniform(0.0, 8.0, T))
    schedule = build.schedule(inflows, payments)
    M = len(payments)
    table = build.table(
        schedule,
        hold=rng.integers(0, K, (T + 1, states, nodes)),
        broken=rng.integers(0, K, (T + 1, nodes)) if np.isfinite(limit) else None,
        limit=limit,
        reset_every=reset_every,
        age=age,
        origin=np.log(40.0) + rng.uniform(-0.1, 0.1, T + 1),
        spacing=1.6 / nodes,
        drawdown_spacing=0.02,
        pay=rng.integers(0, 3, (M, states, nodes)),
        fractions=[[0.0, 0.5, 1.0]] * M,
    )
    returns = build.returns(
        np.exp(rng.normal(0.004 / steps, 0.07 / np.sqrt(steps), (paths, T * steps, N))),
        np.exp(rng.normal(0.003, 0.02, (paths, T, J))),
        steps,
    )
    given = {
        "wealth": 100.0,
        "weights": np.array([0.3, 0.0, 0.2, 0.1, 0.0]),
        "advisory_fee": 0.012,
        "expected": np.array([p.amount for p in payments]) * rng.uniform(0.9, 1.1, M),
        "index_ids": ("home", "cpi"),
        "unit_peak": 1.02,
    }
    return (table, menu, schedule, returns), given


CASES = {
    "by wealth": {"paths": 70, "steps": 1, "states": 1, "nodes": 9, "limit": np.inf, "reset_every": 0},
    "by date alone": {"paths": 5, "steps": 1, "states": 1, "nodes": 1, "limit": np.inf, "reset_every": 0},
    "limit": {"paths": 64, "steps": 1, "states": 6, "nodes": 9, "limit": 0.12, "reset_every": 0},
    "windows": {"paths": 130, "steps": 1, "states": 6, "nodes": 9, "limit": 0.1, "reset_every": 5},
    "daily windows": {"paths": 66, "steps": 4, "states": 6, "nodes": 9, "limit": 0.1, "reset_every": 7},
    "windows under way": {
        "paths": 64,
        "steps": 1,
        "states": 6,
        "nodes": 9,
        "limit": 0.1,
        "reset_every": 6,
        "age": 4,
    },
    "daily, no limit": {"paths": 3, "steps": 21, "states": 1, "nodes": 9, "limit": np.inf, "reset_every": 0},
}


@pytest.mark.parametrize("case", CASES)
def test_every_record_equals_the_twin(build, case):
    plan, given = random_plan(build, len(case), **CASES[case])
    outcome = run_policy(*plan, **given, ledger=2)
    T = outcome.months
    close = {"rtol": 1e-9, "atol": 1e-9}
    for p in {*range(0, outcome.paths, 7), *range(outcome.paths - 3, outcome.paths)}:
        twin = build.twin(*plan, p, **given)
        np.testing.assert_allclose(outcome.wealth[p], twin.wealth, **close)
        np.testing.assert_allclose(outcome.paid[p], [twin.paid[m] for m in range(7)], **close)
        np.testing.assert_allclose(outcome.available[p], [twin.available[m] for m in range(7)], **close)
        np.testing.assert_allclose(outcome.drawdown[p], twin.windows, **close)
        np.testing.assert_allclose(outcome.drawdown_monthly[p], twin.windows_m, **close)
        totals = [twin.final, twin.cost, twin.gain, twin.product, twin.advisory, twin.ever, twin.ever_m]
        totals += [twin.lost, twin.breach]
        found = [
            outcome.final, outcome.cost, outcome.gain, outcome.product_fee, outcome.advisory_fee,
            outcome.peak_drawdown, outcome.peak_drawdown_monthly, outcome.loss_of_paid_in,
            outcome.breach_month,
        ]  # fmt: skip
        np.testing.assert_allclose([each[p] for each in found], totals, **close)
        if p == 0:
            np.testing.assert_array_equal(outcome.ledger[p, :T, 8], twin.held)
            np.testing.assert_allclose(outcome.ledger[p, :T, 7], twin.units, **close)


def test_cases_reach_what_they_are_for(build):
    plan, given = random_plan(build, 7, **CASES["windows"])
    outcome = run_policy(*plan, **given)
    assert {0.0, 0.5, 1.0} <= set(outcome.paid.ravel())
    assert (outcome.breach_month > 0).any()
    assert (outcome.breach_month < 0).any()
    assert (outcome.drawdown.max(axis=1) < outcome.peak_drawdown - 1e-3).any()


def test_chunks_change_no_path(build):
    (table, menu, schedule, returns), given = random_plan(build, 3, **CASES["daily windows"])
    whole = run_policy(table, menu, schedule, returns, **given)
    parts = [
        build.returns(returns.assets[a:b], returns.indices[a:b], returns.steps_per_month)
        for a, b in ((0, 1), (1, 40), (40, 66))
    ]
    joined = merge([run_policy(table, menu, schedule, part, **given) for part in parts])
    for name in ("wealth", "final", "paid", "available", "amounts", "cost", "drawdown", "breach_month"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))


def test_started_broken_holds_the_broken_portfolios_until_the_reset(build):
    plan, given = random_plan(build, 5, **CASES["windows"])
    outcome = run_policy(*plan, **given, broken=True, ledger=4)
    for p in range(4):
        twin = build.twin(*plan, p, **given, broken=True)
        np.testing.assert_array_equal(outcome.ledger[p, : outcome.months, 8], twin.held)
        np.testing.assert_allclose(outcome.final[p], twin.final, rtol=1e-9, atol=1e-9)
