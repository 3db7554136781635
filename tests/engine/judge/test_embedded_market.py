"""The judge on simulated paths of the embedded market: every yuan balances, on any number of threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from goalplan.engine.judge.extremes import month_extremes_of
from goalplan.engine.judge.run import merge, run_policy
from goalplan.engine.menu.menu import build_menu
from goalplan.scenarios import load_market
from goalplan.scenarios.lognormal import LognormalModel
from goalplan.scenarios.paths import simulate
from goalplan.scenarios.reference import reference_assumptions

T, PATHS = 24, 300


@pytest.fixture(scope="module")
def plan(build):
    market = load_market()
    assumptions = reference_assumptions(market).select(market.asset_ids, ["cpi"])
    menu = build_menu(assumptions, market.assets)
    payments = [build.payment(12, 50_000.0, index="cpi"), build.payment(T, 400_000.0, goal=1)]
    schedule = build.schedule([0.0] + [8_000.0] * T, payments)
    table = build.table(
        schedule,
        hold=np.tile(np.linspace(menu.size - 1, 0, 40).astype(int), (T + 1, 1, 1)),
        origin=np.full(T + 1, np.log(200_000.0)),
        spacing=0.025,
        pay=np.ones((2, 1, 40)),
    )

    def run(paths, first):
        returns = simulate(LognormalModel(assumptions), T, paths, 5, "judge", first=first, steps_per_month=2)
        return run_policy(
            table, menu, schedule, returns, wealth=250_000.0, advisory_fee=0.005,
            index_ids=assumptions.index_ids, expected=np.array([51_000.0, 400_000.0]),
        )  # fmt: skip

    return run


def test_totals_balance_on_every_path(plan):
    outcome = plan(PATHS, 0)
    money_in = outcome.start + outcome.inflows.sum() + outcome.gain
    out = outcome.money_paid.sum(axis=1) + outcome.cost + outcome.product_fee + outcome.advisory_fee
    np.testing.assert_allclose(out + outcome.final, money_in, rtol=1e-9)
    assert outcome.cost.min() > 0.0
    assert 0.0 < outcome.paid[:, 1].mean() < 1.0


def test_two_threads_give_the_bytes_of_one(plan):
    whole = plan(PATHS, 0)
    with ThreadPoolExecutor(2) as threads:
        parts = list(threads.map(lambda first: plan(PATHS // 3, first), range(0, PATHS, PATHS // 3)))
    joined = merge(parts)
    for name in ("wealth", "final", "paid", "amounts", "cost", "drawdown", "loss_of_paid_in"):
        assert getattr(joined, name).tobytes() == getattr(whole, name).tobytes()


def test_daily_extremes_are_the_same_bytes_on_any_number_of_threads(monkeypatch):
    market = load_market()
    assumptions = reference_assumptions(market).select(market.asset_ids, [])
    menu, model = build_menu(assumptions, market.assets), LognormalModel(assumptions)
    found = []
    for threads in (1, 2, 3):
        monkeypatch.setenv("NUMBA_NUM_THREADS", str(threads))
        found.append(month_extremes_of(model, menu, 2, 1_100, 5, "judge").tobytes())
    assert found[0] == found[1] == found[2]
    assert len(set(np.frombuffer(found[0], dtype=np.float32).tolist())) > 1_000
