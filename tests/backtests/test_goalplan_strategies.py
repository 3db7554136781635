"""goalplan's own menu and policy as strategies: what the engine would say at each date, and nothing of the future."""

import datetime as dt

import numpy as np
import pytest
from goalplan.backtests import BacktestConfig, walk_forward
from goalplan.backtests.asked import moved
from goalplan.backtests.cohorts import CohortConfig, goal_cohorts
from goalplan.engine.menu.menu import SIZE
from goalplan.engine.request import PlanRequest
from goalplan.engine.setting import prepare
from pydantic import ValidationError

from .three_assets import MONTHS, SWITCH, levels, market

REQUEST = {
    "start": "2018-01-01",
    "client": {"risk_level": "C4", "cash": 10_000.0},
    "goals": [{"kind": "purchase", "name": "Boat", "due": "2020-01-01", "amount": 12_500.0}],
    "contributions": {"monthly": 100.0},
    "limits": {"max_drawdown": 0.15},
}
POLICY = {"kind": "goalplan_policy", "request": REQUEST, "review_every": 0, "paths": 200}

LONGER = REQUEST | {"goals": [REQUEST["goals"][0] | {"due": "2021-01-01", "amount": 14_000.0}]}
INDEXED = LONGER | {"goals": [LONGER["goals"][0] | {"index": "cpi"}], "model": "bootstrap", "limits": {}}
REVIEWED = POLICY | {"review_every": 12, "paths": 100}


def config(strategy, **changes):
    base = {
        "frequency": "monthly",
        "start": "2010-01-31",
        "initial": 10_000.0,
        "strategy": strategy,
        "rebalance": {"delay": 0},
        "flows": {"monthly": 100.0},
        "risk_free": 0.0,
    }
    return BacktestConfig.model_validate(base | changes)


@pytest.fixture(scope="module")
def free():
    """The first of the two markets, without trading costs."""
    return market(levels(1), cost=0.0)


def test_the_policy_lives_what_a_cohort_lives(free):
    """The same client, once followed by the judge's kernel and once by the ledger, without costs: the same money."""
    cohorts = CohortConfig.model_validate(
        {"request": REQUEST, "start": "2010-02-01", "end": "2010-02-01", "planners": [{}], "paths": 200}
    )
    (row,) = goal_cohorts(cohorts.model_copy(update={"against": ()}), free).rows
    result = walk_forward(config(POLICY), free)
    assert result.events == ()
    assert result.wealth[:25] == pytest.approx(row.wealth, rel=1e-9, abs=0.01)
    assert len(np.unique(result.targets[:24], axis=0)) > 1  # it did choose


def test_after_the_last_goal_it_holds_the_least_risk(free):
    result = walk_forward(config(POLICY), free)
    setting = prepare(
        moved(PlanRequest.model_validate(REQUEST), dt.date(2010, 2, 1)),
        free.until(dt.date(2010, 1, 31)),
        0,
        200,
    )
    calm = dict(zip(setting.menu.asset_ids, setting.menu.weights[0], strict=True))
    later = result.targets[result.decision_dates >= np.datetime64("2012-01-31")]
    assert later == pytest.approx(np.tile([calm[name] for name in result.asset_ids], (len(later), 1)))


def test_a_broken_limit_is_carried_through_the_review_until_the_reset():
    """Shares halve in the sixth month: calm until month 24, whatever the review in between would like."""
    crash = levels(1)
    crash[66:, 0] *= 0.5
    asked = REQUEST | {
        "goals": [{"kind": "purchase", "name": "House", "due": "2022-01-01", "amount": 16_000.0}],
        "limits": {"max_drawdown": 0.15, "reset_every": 24},
    }
    rule = POLICY | {"request": asked, "review_every": 12}
    result = walk_forward(config(rule), market(crash, cost=0.0))
    assert result.events == ()
    fall = 1.0 - result.unit_values / np.maximum.accumulate(result.unit_values)
    first = int(np.argmax(fall > 0.15))
    assert 4 <= first <= 7
    shares = result.targets[:, result.asset_ids.index("shares")]
    assert shares[first - 1] > 0.1
    assert (shares[first:24] < 0.02).all()
    assert shares[24] > 0.1


def test_the_menu_is_the_one_a_plan_would_choose_from(free):
    ends = {}
    for position in (0.0, 1.0):
        rule = {"kind": "goalplan_menu", "position": position}
        yearly = {"start": "2013-01-31", "flows": {}, "rebalance": {"delay": 0, "every": "yearly"}}
        result = walk_forward(config(rule, **yearly), free)
        assert result.events == ()
        ends[position] = result.targets
    setting = prepare(
        moved(PlanRequest.model_validate(REQUEST), dt.date(2014, 1, 1)),
        free.until(dt.date(2013, 12, 31)),
        0,
        200,
    )
    assert setting.menu.size == SIZE
    at = int(np.flatnonzero(result.decision_dates == np.datetime64("2013-12-31"))[0])
    order = [setting.menu.asset_ids.index(name) for name in result.asset_ids]
    assert ends[0.0][at] == pytest.approx(setting.menu.weights[0][order], abs=1e-12)
    assert ends[1.0][at] == pytest.approx(setting.menu.weights[-1][order], abs=1e-12)


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "goalplan_menu", "limits": {"stress": {"2008": 0.1, "2015": 0.1}}},
        REVIEWED | {"request": LONGER | {"limits": {"max_drawdown": 0.15, "stress": {"2008": 0.2, "2015": 0.2}}}},
        REVIEWED | {"request": INDEXED},
        {"kind": "minimum_cvar", "frontier": 0.5},
    ],
    ids=["menu", "policy", "indexed policy", "frontier"],
)  # fmt: skip
def test_another_future_changes_no_decision(worlds, rule):
    plans = "request" in rule  # month by month between yearly reviews; the others decide once a year
    changes = {
        "start": "2011-01-31",
        "flows": {"monthly": 100.0 if plans else 0.0},
        "rebalance": {"delay": 0, "every": "monthly" if plans else "yearly"},
    }
    one, other = (walk_forward(config(rule, **changes), world) for world in worlds)
    eve = worlds[0].months[SWITCH - 1]
    known = one.decision_dates.astype("datetime64[M]") <= eve
    assert 2 <= known.sum() < len(known)
    assert one.events == other.events == ()
    assert one.targets[known].tobytes() == other.targets[known].tobytes()
    before = one.dates.astype("datetime64[M]") <= eve
    assert one.wealth[before].tobytes() == other.wealth[before].tobytes()
    assert one.targets.tobytes() != other.targets.tobytes()


def test_what_is_known_ends_at_the_decision_and_hides_nothing_larger(worlds):
    from goalplan.backtests.past import build_panel, build_study

    panel = build_panel(worlds[0], worlds[0].asset_ids, "monthly", None)
    rows = np.array([60, MONTHS - 1])
    known = build_study(worlds[0], panel, rows, 36, expanding=False).known(0)
    assert known.months[-1] == worlds[0].months[60]
    assert known.index_months[-1] < worlds[0].months[60]
    for array in (known.monthly, known.index_levels, known.months):
        base = array if array.base is None else array.base
        assert base.size == array.size


def test_too_short_a_history_is_recorded_and_planned_as_soon_as_it_suffices(free):
    result = walk_forward(config(POLICY, start="2006-03-31", window={"lookback": 12}), free)
    codes = {event.code for event in result.events}
    assert codes == {"decision_failed"}
    assert result.events[0].date == dt.date(2006, 3, 31)
    decided = ~np.isnan(result.targets).any(axis=1)
    assert result.decision_dates[np.argmax(decided)] <= np.datetime64("2007-06-30")


def test_money_the_plan_counts_on_must_come():
    with pytest.raises(ValidationError, match=r"flows.monthly = 0, but .* contributions.monthly = 100"):
        config(POLICY, flows={"monthly": 0.0})


def test_a_request_without_a_start_says_what_to_give():
    with pytest.raises(ValidationError, match=r"request\.start is missing"):
        config(POLICY | {"request": {**REQUEST, "start": None}})
