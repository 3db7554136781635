"""Goal cohorts: planned with what was known, lived through what came, kept, and the same however they are run."""

import datetime as dt

import numpy as np
import pytest
from goalplan.backtests.cohorts import CohortConfig, cohort_starts, goal_cohorts
from goalplan.engine.errors import RequestError

from .three_assets import MONTHS, SWITCH, levels, market, two_futures

GOAL = {"kind": "purchase", "name": "Boat", "due": "2020-01-01", "amount": 12_500.0}
TWO = {"kind": "fixed_weights", "weights": {"shares": 0.5, "cash": 0.5}}


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
def result(worlds):
    return goal_cohorts(config(), worlds[0])


def test_starts_have_a_history_and_a_future(result, worlds):
    starts = cohort_starts(config(every=1), worlds[0])
    assert starts[0] == dt.date(2010, 2, 1)  # sixty returns, from February 2005 on
    assert starts[-1] == dt.date(2015, 1, 1)  # twenty-four months to the end of 2016
    assert [row.reason for row in result.rows] == [None] * len(result.rows)
    assert result.months == 24


def test_clients_of_an_annual_market_start_in_january():
    yearly = market(levels(1)[11::12], annual=True)  # the ends of 2005 to 2016
    starts = cohort_starts(config(), yearly)
    assert starts == tuple(dt.date(year, 1, 1) for year in range(2011, 2016))
    assert cohort_starts(config(start="2014-05-01"), yearly) == (dt.date(2015, 1, 1),)


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


def test_another_future_reaches_no_planner_no_model_and_no_stress_limit(worlds):
    """2008 and 2015 are replayed from the market's own months, the second from those that differ."""
    models = ("lognormal", "student_t", "bootstrap")
    asked = config(
        planners=[
            *({"model": model} for model in models),
            {"policy": "glide_path", "model": "lognormal_plug_in"},
            {"policy": "fixed_mix", "model": "plain_bootstrap", "means": "historical"},
        ],
        against=[{"kind": "minimum_cvar", "frontier": 0.5}, {"kind": "goalplan_menu"}],
        # No drawdown limit: a bootstrap of months cannot say what days do.
        request={"limits": {"stress": {"2008": 0.2, "2015": 0.2}}},
        history=6,
        every=11,
        end="2012-12-01",
        paths=100,
    )
    one, other = (goal_cohorts(asked, world) for world in worlds)
    eve = worlds[0].months[SWITCH - 1]
    known = [row for row in one.rows if np.datetime64(row.start, "M") <= eve + 1]
    assert len(known) == 2 * 7
    assert all(row.reason is None for row in one.rows), [row.reason for row in one.rows]
    for before, after in zip(known, other.rows, strict=False):
        assert (before.name, before.promised, before.fan) == (after.name, after.promised, after.fan)
        months = int((eve + 1 - np.datetime64(before.start, "M")).astype(int)) + 1
        assert before.wealth[:months] == after.wealth[:months]
    assert [row.fan for row in one.rows] != [row.fan for row in other.rows]
    assert all(row.note == "" for row in one.rows), {row.note for row in one.rows}


@pytest.mark.parametrize("model", ["regime", "filtered_historical"])
def test_another_future_reaches_no_model_of_long_histories(model):
    """The same for what needs ten years: one start, one year on, whose futures differ from its second month."""
    asked = config(
        planners=[{"model": model}], against=[], start="2015-02-01", end="2015-02-01", history=10, paths=100,
        request={"goals": [GOAL | {"due": "2019-01-01", "amount": 11_300.0}], "limits": {}},
    )  # fmt: skip
    (one,), (other,) = (goal_cohorts(asked, world).rows for world in two_futures(switch=122))
    assert one.reason is None
    assert (one.promised, one.fan, one.wealth[:2]) == (other.promised, other.fan, other.wealth[:2])
    assert one.wealth != other.wealth


def test_a_strategy_that_could_not_decide_says_so(worlds):
    """35 % of each of two assets is no whole portfolio: all stays in cash, and the row says why."""
    rule = {"kind": "minimum_cvar", "max_weight": 0.35}
    found = goal_cohorts(config(planners=[], against=[rule], every=60), worlds[0])
    assert all(row.note.startswith("24 of 24 decisions failed: ") for row in found.rows)


def test_historical_means_are_those_of_each_asset_so_far(worlds):
    """What rose more than its risk explains is promised to go on rising."""
    high = config(planners=[{"name": "shrunk"}, {"name": "own", "means": "historical"}], against=[], every=60)
    found = goal_cohorts(high, worlds[0])
    shrunk, own = found.of("shrunk")[0], found.of("own")[0]
    assert own.wealth != shrunk.wealth
    assert own.fan != shrunk.fan


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


def test_a_planner_without_days_says_what_it_cannot_promise_on_monthly_prices(worlds):
    asked = config(planners=[{"model": "plain_bootstrap"}, {}], against=[], every=60)
    found = goal_cohorts(asked, worlds[0])
    for row in found.rows:
        if row.name == "dynamic":
            assert row.reason is None
        else:
            assert row.reason is not None
            assert "a promise about days, which bootstrap takes from history" in row.reason


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
