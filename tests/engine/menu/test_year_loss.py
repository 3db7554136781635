"""The limit on the worst years: kept by every portfolio, recomputed apart; exact against the risk programmes."""

import numpy as np
import pytest
from goalplan.engine.menu.year_loss import YearLoss, year_loss
from goalplan.engine.request import PlanRequest
from goalplan.engine.setting import prepare
from goalplan.engine.solve import solve_plan
from goalplan.scenarios.market import load_market
from goalplan.scenarios.paths import simulate
from hypothesis import given, settings
from hypothesis import strategies as st

CVAR = 0.08


def request(**limits):
    return PlanRequest.model_validate(
        {
            "client": {"risk_level": "C4", "cash": 250_000.0},
            "goals": [{"kind": "home", "name": "Flat", "due": "2029-05-01", "amount": 600_000.0}],
            "contributions": {"monthly": 8_000.0},
            "limits": limits,
        }
    )


@pytest.fixture(scope="module")
def limited():
    return prepare(request(cvar=CVAR), load_market(), 0, 300)


def test_every_portfolio_keeps_the_limit_on_the_design_years_and_the_riskiest_uses_it(limited):
    paths = simulate(limited.model, 12, 5_000, 0, "design").assets[:, :, : limited.menu.fee.size]
    losses = []
    for weights in limited.menu.weights:
        value = np.prod((paths * (1.0 - limited.menu.fee / 12.0)) @ weights, axis=1)
        losses.append(np.sort(1.0 - value)[-250:].mean())
    assert max(losses) <= CVAR
    assert max(losses) > CVAR - 0.002  # the log loss is bounded, which is a little stricter
    free = prepare(request(), load_market(), 0, 300)
    assert free.menu.volatility[-1] > limited.menu.volatility[-1]


def test_it_holds_on_years_never_used(limited):
    paths = simulate(limited.model, 12, 20_000, 7, "judge").assets[:, :, : limited.menu.fee.size]
    value = np.prod((paths * (1.0 - limited.menu.fee / 12.0)) @ limited.menu.weights[-1], axis=1)
    worst = np.sort(1.0 - value)[-1_000:]
    # two samples: the mean of a tail has about the error of the tail's spread and of its quantile
    error = worst.std() * np.sqrt(2.0 / 1_000 + 2.0 / 250)
    assert abs(worst.mean() - CVAR) < 4.0 * error


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.5, 0.9, 0.95, 0.975]))
def test_a_cut_never_cuts_off_a_mix_within_the_bound(seed, confidence):
    draw = np.random.default_rng(seed)
    year = YearLoss(months=draw.normal(0.005, 0.05, size=(60, 12, 4)), confidence=confidence)
    here, other = draw.dirichlet(np.ones(4), size=2)
    bound = float(year.mean_of_worst(here[None, :])[0]) * 0.9 + 1e-3
    if not 0.0 < bound < 1.0:
        return
    slope, end = year.cut(bound, here)
    # the cut is a tangent: its height at `other` is at most the true excess there, but for the tiny margin
    assert slope @ other - end <= year.excess(other[None, :], bound)[0] + 2e-6
    assert slope @ here - end == pytest.approx(year.excess(here[None, :], bound)[0], abs=2e-6)


def test_the_years_are_the_same_for_every_client(limited):
    fee = tuple(map(float, limited.menu.fee))
    assert year_loss(limited.model, fee, 0.95) is year_loss(limited.model, fee, 0.95)


def test_a_limit_on_the_worst_years_has_a_figure_a_price_and_a_conflict():
    plan = solve_plan(request(cvar=0.06), paths=300)
    assert plan.today is not None
    assert plan.today.cvar is not None
    assert plan.today.cvar <= 0.06
    assert [price.limit for price in plan.price_of_limits] == ["cvar"]
    refused = solve_plan(request(cvar=0.03, groups={"equity": (0.5, 1.0)}), paths=300)
    (conflict,) = refused.conflicts
    assert {demand.key for demand in conflict.demands} == {"limits.cvar", "limits.groups.equity.lowest"}
