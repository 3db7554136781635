"""`solve_plan` end to end: what a plan promises, and what must not change it."""

import dataclasses
import json

import numpy as np
import pytest
from goalplan.engine import follow
from goalplan.engine.plan import Plan
from goalplan.engine.request import PlanRequest
from goalplan.engine.setting import prepare, shared_paths
from goalplan.engine.solve import solve_plan
from goalplan.scenarios import load_market

PATHS = 2000


def request(**changes: object) -> PlanRequest:
    base: dict[str, object] = {
        "client": {"risk_level": "C4", "cash": 250_000.0},
        "goals": [{"kind": "home", "name": "Flat", "due": "2029-05-01", "amount": 600_000.0}],
        "contributions": {"monthly": 8_000.0},
    }
    return PlanRequest.model_validate(base | changes)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return solve_plan(request(), paths=PATHS)


@pytest.fixture(scope="module")
def limited() -> Plan:
    return solve_plan(request(limits={"max_drawdown": 0.12}), paths=PATHS, detail="core")


def test_the_plan_says_what_to_hold_and_the_chance(plan: Plan) -> None:
    assert plan.today is not None
    assert sum(plan.today.weights.values()) == pytest.approx(1.0, abs=1e-9)
    goal = plan.goals[0]
    assert goal.month == 36
    assert 0.6 < goal.probability.value < 0.95
    expected = np.sqrt(goal.probability.value * (1 - goal.probability.value) / PATHS)
    assert goal.probability.standard_error == pytest.approx(expected)


def test_json_is_lossless_and_small(plan: Plan, limited: Plan) -> None:
    for value in (plan, limited):
        text = value.to_json()
        assert Plan.from_json(text) == value
        assert len(text.encode()) < 200_000


def test_same_request_same_bytes(plan: Plan) -> None:
    assert solve_plan(request(), paths=PATHS).to_json() == plan.to_json()


def test_another_seed_is_another_sample(plan: Plan) -> None:
    other = solve_plan(request(), paths=PATHS, seed=1, detail="core")
    assert other.goals[0].probability.value != plan.goals[0].probability.value
    assert other.today == plan.today  # the policy is made on moments, not on the judge's sample


def test_hold_follows_wealth_and_month(plan: Plan) -> None:
    assert plan.policy is not None
    first = plan.hold(0, 250_000.0)
    assert plan.today is not None
    assert first == pytest.approx(plan.today.weights)
    late_rich, late_poor = plan.hold(35, 640_000.0), plan.hold(35, 540_000.0)
    assert late_rich != late_poor
    assert late_rich.get("cn_cash", 0.0) > 0.5  # the goal is as good as reached: nothing is staked
    with pytest.raises(ValueError, match="month is 36"):
        plan.hold(36, 1.0)


def test_the_dynamic_policy_beats_the_simpler_ones(plan: Plan) -> None:
    chance = {a.policy: a.probabilities[0] for a in plan.alternatives}
    error = 3.0 * np.sqrt(0.25 / PATHS)
    assert chance["dynamic"] > chance["glide_path"] - error
    assert chance["glide_path"] > chance["fixed_mix"] - error
    assert chance["dynamic"] > chance["fixed_mix"] + 0.1


def test_required_contribution_reaches_the_wanted_probability(plan: Plan) -> None:
    lever = next(x for x in plan.levers if x.kind == "monthly_contribution")
    assert lever.value is not None
    again = solve_plan(request(contributions={"monthly": lever.value}), paths=PATHS, detail="core")
    found = again.goals[0].probability
    # validation and judge are two samples: the difference has both errors
    assert found.value > 0.85 - 3.0 * np.sqrt(2.0) * found.standard_error


def test_a_drawdown_limit_is_kept_on_unseen_daily_paths(limited: Plan) -> None:
    found = limited.drawdown
    assert found is not None
    assert found.daily
    assert found.window_breach is not None
    assert found.breach_monthly is not None
    assert found.window_breach.value <= 0.05 + 3.0 * found.window_breach.standard_error
    assert found.breach_monthly.value < found.window_breach.value  # months hide what days show
    assert found.lattice_breach is not None
    assert 0.0 < found.lattice_breach < 0.05  # nor do months, free trading and certain parameters


def test_the_limit_costs_probability(plan: Plan, limited: Plan) -> None:
    assert limited.goals[0].probability.value < plan.goals[0].probability.value


def test_an_unattainable_limit_is_an_answer() -> None:
    demanding = {"max_drawdown": 0.05, "groups": {"equity": [0.8, 1.0]}}
    plan = solve_plan(request(limits=demanding), paths=500, detail="core")
    assert plan.status == "infeasible"
    assert plan.reason.code == "drawdown_limit_unattainable"
    assert plan.reason.params["least"] > 0.05


def test_a_required_goal_that_is_missed_makes_the_plan_infeasible() -> None:
    goals = [
        {"kind": "home", "name": "Flat", "due": "2029-05-01", "amount": 900_000.0, "required": True},
    ]
    plan = solve_plan(request(goals=goals), paths=500, detail="core")
    assert plan.status == "infeasible"
    assert plan.reason.code == "required_goal_missed"


def test_the_judge_never_sees_the_validation_stream() -> None:
    setting = prepare(request(), load_market(), 0, 200)
    streams = [
        shared_paths(setting.model, 36, 200, 0, stream).assets for stream in ("design", "validation", "judge")
    ]
    for i in range(3):
        for j in range(i):
            x, y = np.log(streams[i]).ravel(), np.log(streams[j]).ravel()
            assert abs(np.corrcoef(x, y)[0, 1]) < 0.05
    table = follow.make_policy(setting, "dynamic").table
    judged = follow.judged(setting, table, "judge")
    assert not np.array_equal(judged.wealth, follow.judged(setting, table, "validation").wealth)


def test_a_policy_that_ignores_the_month_is_worse() -> None:
    setting = prepare(request(), load_market(), 0, PATHS)
    table = follow.make_policy(setting, "dynamic").table
    frozen = dataclasses.replace(table, hold=np.repeat(table.hold[:1], len(table.hold), axis=0))
    held = follow.judged(setting, table, "judge")
    ignored = follow.judged(setting, frozen, "judge")
    assert held.paid.mean() > ignored.paid.mean() + 3.0 * np.sqrt(0.25 / PATHS)


def test_names_that_the_market_lacks_are_refused_at_their_field() -> None:
    wrong = request(
        currency="USD",
        limits={"bounds": {"unobtainium": (0.0, 0.1)}, "stress": {"1929": 0.2}},
        client={"risk_level": "C4", "cash": 1.0, "holdings": [{"asset": "tulips", "value": 5.0}]},
    )
    with pytest.raises(ValueError, match="currency") as caught:
        solve_plan(wrong, paths=200)
    text = str(caught.value)
    assert "unobtainium" in text or "limits" in text
    assert "holdings" in text
    assert "stress" in text


def test_provenance_names_everything_needed(plan: Plan) -> None:
    told = json.loads(plan.to_json())["provenance"]
    assert told["seed"] == 0
    assert told["paths"] == PATHS
    assert len(told["market_digest"]) == 64
    assert len(told["assumptions_digest"]) == 64


def test_bounds_that_leave_no_portfolio_are_an_answer() -> None:
    plan = solve_plan(request(limits={"max_weight": 0.05, "bounds": {"cn_cash": (0.0, 0.1)}}), paths=200)
    assert plan.status == "infeasible"
    assert plan.reason.code == "no_portfolio"
    assert plan.today is None
    assert Plan.from_json(plan.to_json()) == plan


def test_a_low_client_holds_no_risky_class_and_no_risky_mix() -> None:
    market = load_market()
    level = {a.id: a.risk_level for a in market.assets}
    for client in ("C1", "C2", "C3"):
        plan = solve_plan(request(client={"risk_level": client, "cash": 250_000.0}), paths=200, detail="core")
        assert plan.policy is not None
        assert max(level[a] for a in plan.policy.assets) <= int(client[1])
        assert plan.suitability is not None
        if plan.suitability.max_volatility is not None:
            assert max(plan.policy.volatilities) <= plan.suitability.max_volatility + 1e-12


def test_something_unsuitable_asked_for_needs_review() -> None:
    held = {"risk_level": "C2", "cash": 250_000.0, "holdings": [{"asset": "cn_equity_small", "value": 5e4}]}
    plan = solve_plan(
        request(client=held, limits={"bounds": {"cn_equity_small": (0.1, 0.3)}}), paths=200, detail="core"
    )
    assert plan.status == "needs_review"
    assert plan.suitability is not None
    assert plan.suitability.refused


def test_a_stress_limit_has_a_price() -> None:
    plan = solve_plan(request(limits={"stress": {"2008": 0.12}}), paths=500)
    (price,) = plan.price_of_limits
    assert price.limit == "stress"
    assert price.probabilities[0] > plan.goals[0].probability.value
    assert price.required_monthly is not None
    needed = next(x.value for x in plan.levers if x.kind == "monthly_contribution")
    assert needed is not None
    assert price.required_monthly < needed
