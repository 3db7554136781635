"""Levers: each answer fed back reaches what was wanted, and lies on its step."""

import datetime as dt
import json

import numpy as np
import pytest
from goalplan.engine import required
from goalplan.engine.calibrate import calibrated, validated_shares
from goalplan.engine.changes import table
from goalplan.engine.changes.changes import at_level, delayed, latest_delay, scaled, share_bounds, without
from goalplan.engine.changes.table import other_levers
from goalplan.engine.follow import Followed, judged, quick_probability
from goalplan.engine.plan import Lever, Plan
from goalplan.engine.request import PlanRequest
from goalplan.engine.required import contribution_levers
from goalplan.engine.results import goal_probabilities
from goalplan.engine.setting import Setting, prepare
from goalplan.engine.solve import solve_plan
from goalplan.scenarios import load_market

PATHS = 2000


def request(**changes: object) -> PlanRequest:
    base: dict[str, object] = {
        "client": {"risk_level": "C3", "cash": 250_000.0},
        "goals": [
            {"kind": "home", "name": "Flat", "due": "2029-05-01", "amount": 600_000.0},
            {
                "kind": "purchase", "name": "Car", "due": "2028-05-01", "amount": 60_000.0, "priority": "wish",
                "wanted_probability": 0.3,
            },
        ],
        "contributions": {"monthly": 7_500.0},
    }  # fmt: skip
    return PlanRequest.model_validate(base | changes)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return solve_plan(request(), paths=PATHS)


def fed_back(lever: Lever, asked: PlanRequest) -> PlanRequest:
    """The request with one lever's answer in it, as a client would write it."""
    assert lever.value is not None
    told = asked.model_dump(mode="json", exclude_none=True)
    moved = [goal for goal in told["goals"] if goal["name"] in lever.goals]
    if lever.kind == "monthly_contribution":
        told["contributions"]["monthly"] = lever.value
    elif lever.kind == "contribution_growth":
        told["contributions"]["growth"] = lever.value
    elif lever.kind == "lump_sum":
        told["client"]["cash"] += lever.value
    elif lever.kind == "drop_goal":
        told["goals"] = [goal for goal in told["goals"] if goal not in moved]
    elif lever.kind in ("risk_level_up", "risk_level_down"):
        told["client"]["risk_level"] = f"C{lever.value:.0f}"
    for goal in moved:
        if lever.kind == "delay":
            later = dt.date.fromisoformat(goal["due"]).replace(day=1)
            months = later.year * 12 + later.month - 1 + int(lever.value)
            goal["due"] = f"{months // 12}-{months % 12 + 1:02d}-01"
        if lever.kind == "amount":
            goal["amount"] *= lever.value
    return PlanRequest.model_validate_json(json.dumps(told))


def test_every_lever_fed_back_gives_the_probability_it_told(plan: Plan) -> None:
    kinds = [lever.kind for lever in plan.levers]
    assert sorted(set(kinds)) == sorted(
        [
            "monthly_contribution", "lump_sum", "contribution_growth", "delay", "amount", "drop_goal",
            "risk_level_down", "risk_level_up",
        ]
    )  # fmt: skip
    for lever in plan.levers:
        if lever.value is None:
            continue
        again = solve_plan(fed_back(lever, plan.request), paths=PATHS, detail="core")
        reached = [goal.probability.value for goal in again.goals]
        assert reached == pytest.approx(lever.probabilities, abs=1e-9), lever.kind
        if lever.reaches and lever.step is not None:
            for goal in again.goals:
                error = np.sqrt(2.0) * goal.probability.standard_error  # validation and judge are two samples
                assert goal.probability.value >= goal.wanted_probability - 3.0 * error, lever.kind


def test_answers_lie_on_their_step(plan: Plan) -> None:
    for lever in plan.levers:
        if lever.value is not None and lever.step is not None:
            assert lever.value / lever.step == pytest.approx(round(lever.value / lever.step), abs=1e-6)


def test_a_step_less_is_too_little() -> None:
    """One goal alone: with priorities the searched weights jump, and an answer may be a little more than the least."""
    asked = request(goals=[request().goals[0].model_dump(mode="json")])
    setting = prepare(asked, load_market(), 0, PATHS)
    levers = {lever.kind: lever for lever in other_levers(setting, calibrated(setting, "dynamic"))}
    delay, amount = levers["delay"].value, levers["amount"].value
    assert delay is not None
    assert amount is not None
    assert delay >= 1.0
    assert amount < 1.0
    for less in (delayed(setting, [0], round(delay) - 1), scaled(setting, [0], amount + 0.005)):
        table = calibrated(less, "dynamic").followed.table
        short = goal_probabilities(judged(less, table, "validation")) - less.wanted
        assert short.min() < 1e-3


def test_a_limit_that_binds_only_at_the_answer_is_counted() -> None:
    """Today's contribution is so ample that a breach costs nothing; with less money it does, and the chance falls."""
    asked = request(
        client={"risk_level": "C4", "cash": 207_400.0},
        goals=[{"kind": "home", "name": "Flat", "due": "2029-05-01", "amount": 408_000.0}],
        contributions={"monthly": 5_420.0},
        limits={"max_drawdown": 0.12},
    )
    (lever,) = solve_plan(asked, paths=PATHS, detail="core").levers
    assert lever.probability is not None
    error = np.sqrt(2.0) * lever.probability.standard_error  # validation and judge are two samples
    assert lever.probability.value == pytest.approx(
        asked.goals[0].wanted_probability, abs=0.006 + 3.0 * error
    )


def test_who_pays_nothing_may_have_named_any_last_day() -> None:
    asked = request(contributions={"monthly": 0.0, "until": "2026-05-02"}, start="2026-05-01")
    (lever,) = solve_plan(asked, paths=200, detail="core").levers
    assert lever.value is not None
    assert lever.value > 0.0


def test_a_higher_level_is_shown_and_not_recommended(plan: Plan) -> None:
    up = next(lever for lever in plan.levers if lever.kind == "risk_level_up")
    down = next(lever for lever in plan.levers if lever.kind == "risk_level_down")
    assert (up.now, up.value, up.recommended) == (3.0, 4.0, False)
    assert (down.value, down.recommended) == (2.0, True)
    assert up.probabilities[0] > plan.goals[0].probability.value > down.probabilities[0]
    setting = prepare(request(client={"risk_level": "C5", "cash": 1e5}), load_market(), 0, 200)
    assert at_level(setting, +1) is None


def test_curves_rise_with_money_and_with_time_and_tell_the_plan_itself(plan: Plan) -> None:
    assert [curve.delay for curve in plan.curves] == [0, 12, 24]
    chance = np.array([[point.probability.value for point in curve.points] for curve in plan.curves])
    assert (np.diff(chance, axis=1) > -0.01).all()
    assert (np.diff(chance, axis=0) > -0.01).all()
    assert {curve.goal for curve in plan.curves} == {"Flat"}
    # A point is the lattice's, corrected at the plan: against the judge it is off by a point or two at most.
    for curve in plan.curves[:2]:
        point = min(curve.points, key=lambda p: abs(p.probability.value - 0.6))
        changed = delayed(prepare(request(), load_market(), 0, PATHS), [0], curve.delay).paying(
            monthly=point.value
        )
        table = calibrated(changed, "dynamic").followed.table
        found = goal_probabilities(judged(changed, table, "judge"))[0]
        error = np.sqrt(2.0 * found * (1.0 - found) / PATHS)
        assert abs(point.probability.value - found) < 0.02 + 3.0 * error


def test_changes_stay_within_what_a_request_may_say() -> None:
    retired = request(
        client={"risk_level": "C3", "cash": 250_000.0, "birth_year": 1970},
        goals=[
            {"kind": "retirement", "name": "Rest", "due": "2035-05-01", "amount": 5e3, "pension": 2e3},
            {"kind": "reserve", "name": "Safe", "amount": 2e4},
        ],
    )
    setting = prepare(retired, load_market(), 0, 200)
    assert share_bounds(setting, [0, 1], 2.0) == (0.4, 1.0)
    assert latest_delay(setting, [0], 720) == 12 * 30 + 7  # the last month of the year of the 95th birthday
    later = delayed(setting, [0], 60)
    assert later.schedule.months == setting.schedule.months  # the money lasts to the same day
    assert scaled(setting, [0], 0.5).schedule.payments[1].amount == 2_500.0
    alone = without(setting, 1)
    assert alone is not None
    assert without(alone, 0) is None


@pytest.mark.verify
def test_an_absurd_request_takes_few_solves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pension far above any money there is: each lever says what reaches it, or up to what nothing does."""
    asked = request(
        client={"risk_level": "C1", "cash": 8_000.0, "birth_year": 1962},
        goals=[
            {
                "kind": "retirement",
                "name": "Rest",
                "due": "2031-05-01",
                "amount": 600_000.0,
                "until_age": 75,
                "priority": "need",
            },
            {
                "kind": "education",
                "name": "First",
                "due": "2029-09-01",
                "amount": 9e4,
                "years": 4,
                "priority": "need",
            },
            {
                "kind": "education",
                "name": "Second",
                "due": "2030-09-01",
                "amount": 9e4,
                "years": 4,
                "priority": "need",
            },
        ],
        contributions={"monthly": 250_000.0, "growth": -0.5},
    )
    setting = prepare(asked, load_market(), 0, 100)
    solved = calibrated(setting, "dynamic")
    solves: list[object] = []

    def counted(changed: Setting, near: Followed) -> np.ndarray:
        solves.append(changed)
        return quick_probability(changed, near)

    monkeypatch.setattr(required, "quick_probability", counted)
    monkeypatch.setattr(table, "quick_probability", counted)
    levers = contribution_levers(setting, solved, full=False)
    assert len(solves) <= 25
    search = table._Search(setting, solved, validated_shares(setting, solved))
    levers += (search.growth(), search.amount([0]))
    assert len(solves) <= 75
    assert all(lever.value is not None or lever.searched_to > 0.0 for lever in levers)
