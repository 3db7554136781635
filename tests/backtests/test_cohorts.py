"""Goal cohorts: planned with what was known, lived through what came, kept, and the same however they are run."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from goalplan.backtests.cohorts import CohortConfig, cohort_starts, goal_cohorts
from goalplan.engine.errors import RequestError
from goalplan.scenarios import Asset
from goalplan.scenarios.market import Market

MONTHS = 144
SWITCH = 84  # months known before the futures part
GOAL = {"kind": "purchase", "name": "Boat", "due": "2020-01-01", "amount": 12_500.0}
TWO = {"kind": "fixed_weights", "weights": {"shares": 0.5, "cash": 0.5}}


def market(levels, *, cost=0.001):
    months = pd.date_range("2005-01-31", periods=len(levels), freq="ME")
    assets = [
        Asset(
            id=name, name_zh=name, name_en=name, asset_class=kind, region="none", currency="CNY", risk_level=level,
            fee=0.0, trading_cost=cost, exempt=True, esg=None, source="made for a test",
        )
        for name, kind, level in (("shares", "equity", 3), ("bonds", "bond", 2), ("cash", "cash", 1))
    ]  # fmt: skip
    prices = pd.DataFrame(levels, index=months, columns=["shares", "bonds", "cash"])
    wobble = 0.003 * np.sin(np.arange(len(levels)) ** 2)
    cpi = pd.DataFrame({"cpi": 100.0 * np.exp(0.002 * np.arange(len(levels)) + wobble)}, index=months)
    return Market.from_frames(prices, assets, indices=cpi)


def levels(seed, volatility=0.04):
    rng = np.random.default_rng(seed)
    shares = rng.normal(0.006, volatility, MONTHS)
    bonds = rng.normal(0.003, 0.01, MONTHS)
    cash = 0.0015 + 0.0001 * rng.standard_normal(MONTHS)
    return np.exp(np.cumsum(np.column_stack([shares, bonds, cash]), axis=0))


def config(**changes):
    request = {
        "start": "2018-01-01",
        "client": {"risk_level": "C4", "cash": 10_000.0},
        "goals": [GOAL],
        "contributions": {"monthly": 100.0},
        "limits": {"max_drawdown": 0.15},
    }
    base = {
        "request": request | changes.pop("request", {}),
        "history": 5,
        "every": 12,
        "planners": [{"policy": "dynamic"}, {"policy": "fixed_mix", "model": "lognormal_plug_in"}],
        "against": [TWO],
        "paths": 200,
    }
    return CohortConfig.model_validate(base | changes)


@pytest.fixture(scope="module")
def worlds():
    """Two markets that agree for the first months and have nothing in common after them."""
    one, noise = levels(1), levels(2, 0.12)
    other = one.copy()
    other[SWITCH:] = one[SWITCH - 1] * noise[SWITCH:] / noise[SWITCH - 1]
    return market(one), market(other)


@pytest.fixture(scope="module")
def result(worlds):
    return goal_cohorts(config(), worlds[0])


def test_starts_have_a_history_and_a_future(result, worlds):
    starts = cohort_starts(config(every=1), worlds[0])
    assert starts[0] == dt.date(2010, 2, 1)  # sixty returns, from February 2005 on
    assert starts[-1] == dt.date(2015, 1, 1)  # twenty-four months to the end of 2016
    assert [row.reason for row in result.rows] == [None] * len(result.rows)
    assert result.months == 24


def test_another_future_changes_no_promise_and_no_plan(worlds, result):
    other = goal_cohorts(config(), worlds[1])
    eve = worlds[0].months[SWITCH - 1]
    known = [np.datetime64(row.start, "M") <= eve + 1 for row in result.rows]
    assert 5 < sum(known) < len(known)
    for one, two, same in zip(result.rows, other.rows, known, strict=True):
        if same:
            assert (one.promised, one.promised_breach, one.fan) == (
                two.promised,
                two.promised_breach,
                two.fan,
            )
            # Every decision before the switch: money is the same for as long as the returns are.
            months = int((eve + 1 - np.datetime64(one.start, "M")).astype(int)) + 1
            assert one.wealth[:months] == two.wealth[:months]
    assert [row.wealth for row in result.rows] != [row.wealth for row in other.rows]


@pytest.mark.parametrize("cost", [0.0, 0.001])
def test_a_fixed_mix_of_the_judge_and_of_the_ledger_agree(cost):
    """The same mix, once followed by the judge's kernel and once by the walk-forward ledger, earns the same.

    The judge nets money in against its rebalancing, the ledger buys first: no more than the cost of that money. And a
    month of the ledger is after its trade, of the judge before: the cost of one rebalance, below 3 % of the wealth.
    """
    world = market(levels(1), cost=cost)
    wanted = {"shares": [0.3, 0.3], "bonds": [0.3, 0.3], "cash": [0.4, 0.4]}
    mix = {"kind": "fixed_weights", "weights": {name: low for name, (low, _) in wanted.items()}}
    request = {"limits": {"bounds": wanted}}
    found = goal_cohorts(
        config(request=request, planners=[{"policy": "fixed_mix"}], against=[mix], paths=100), world
    )
    for one, two in zip(found.of("fixed_mix"), found.of("fixed_weights"), strict=True):
        dearer = cost * (100.0 * np.arange(25) + 0.03 * np.array(one.wealth))
        assert (np.abs(np.subtract(one.wealth, two.wealth)) <= 0.011 + dearer).all()
        assert one.drawdown == pytest.approx(two.drawdown, abs=1e-6 + 0.05 * cost)
        assert one.needed == pytest.approx(two.needed, abs=0.011 + cost * 100.0)
        assert one.paid == two.paid


def test_needed_says_whether_the_goal_was_met(result):
    for row in result.rows:
        assert row.needed is not None
        assert (row.needed <= 100.0 + 0.01) == row.met or abs(row.needed - 100.0) < 1.0
        assert (row.short[0] == 0.0) == row.paid[0]


def test_a_certain_market_keeps_its_word():
    """Without luck the promise is 0 or 1, and comes true."""
    month = np.arange(MONTHS)[:, None]
    noise = 1.0 + 1e-7 * np.random.default_rng(7).standard_normal((MONTHS, 3))
    still = market(np.exp(month * np.array([0.004, 0.003, 0.0015])) * noise)
    easy = goal_cohorts(config(planners=[{}], against=[], difficulty=[0.9, 2.0]), still)
    assert {(row.difficulty, row.promised[0], row.met) for row in easy.rows} == {
        (0.9, 1.0, True),
        (2.0, 0.0, False),
    }


def test_a_stopped_run_goes_on_and_computes_nothing_twice(worlds, result, tmp_path, monkeypatch):
    folder = tmp_path / "run"

    def stop(done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        goal_cohorts(config(), worlds[0], folder=folder, progress=stop)
    calls = []
    import goalplan.backtests.cohorts.run as run

    real = run.cohort
    monkeypatch.setattr(run, "cohort", lambda *a: calls.append(a[2]) or real(*a))
    again = goal_cohorts(config(), worlds[0], folder=folder)
    assert len(calls) == len(cohort_starts(config(), worlds[0])) - 2
    assert again == result
    with pytest.raises(RequestError, match="another config"):
        goal_cohorts(config(seed=1), worlds[0], folder=folder)


def test_reviews_plan_anew_and_carry_the_peak(worlds, result):
    found = goal_cohorts(config(follow="review", review_every=12, planners=[{}], against=[]), worlds[0])
    for once, anew in zip(result.of("dynamic"), found.of("dynamic"), strict=True):
        assert anew.note == ""
        assert anew.promised == once.promised
        assert anew.wealth[:13] == once.wealth[:13]  # the same until the first review
        assert len(anew.wealth) == len(once.wealth)
    assert [r.wealth for r in found.rows] != [r.wealth for r in result.of("dynamic")]


def test_an_index_grows_the_goal_by_what_really_came(worlds):
    request = {"goals": [GOAL | {"index": "cpi"}]}
    found = goal_cohorts(config(request=request, every=24), worlds[0])
    line, months = worlds[0].index_levels[:, 0], worlds[0].index_months
    for row in found.rows:
        base = int(np.searchsorted(months, np.datetime64(row.start, "M"))) - 1
        assert row.amounts[0] == pytest.approx(12_500.0 * line[base + 24] / line[base], abs=0.01)


def test_a_cohort_that_cannot_be_planned_says_why_and_poisons_nothing(worlds):
    request = {"goals": [GOAL | {"index": "cpi"}]}
    found = goal_cohorts(config(request=request, history=3, every=24), worlds[0])
    first = [row for row in found.rows if row.start == dt.date(2008, 2, 1)]
    plans = [row for row in first if row.kind == "plan"]
    assert plans
    assert all(
        "goals.0.index" in (row.reason or "") for row in plans
    )  # three years say nothing of its moments
    assert first[-1].reason is None  # a strategy needs no moments of it
    assert found.of("dynamic")[0].start > dt.date(2008, 2, 1)
    assert sum(figures.missing for figures in found.figures()) > 0
