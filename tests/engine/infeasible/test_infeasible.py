"""A plan that cannot be made says which wishes conflict and what the smallest repairs are, and it is true."""

import pytest
from goalplan.engine.infeasible.demands import eased
from goalplan.engine.plan import Plan
from goalplan.engine.solve import solve_plan

from .conftest import HOME, check, request

PATHS = 300


@pytest.mark.parametrize(
    ("limits", "keys"),
    [
        (
            {"max_weight": 0.05, "bounds": {"cn_cash": (0.0, 0.1)}},
            {"limits.max_weight", "limits.bounds.cn_cash.highest"},
        ),
        (
            {"stress": {"2015": 0.04}, "groups": {"equity": (0.5, 1.0)}, "bounds": {"gold": (0.0, 0.2)}},
            {"limits.stress.2015", "limits.groups.equity.lowest"},
        ),
        (
            {"bounds": {"gold": (0.5, 0.7), "cn_treasury": (0.3, 0.5)}, "groups": {"equity": (0.25, 1.0)}},
            {"limits.bounds.gold.lowest", "limits.bounds.cn_treasury.lowest", "limits.groups.equity.lowest"},
        ),
    ],
)
def test_limits_that_leave_no_portfolio(limits, keys):
    plan = solve_plan(request(limits=limits), paths=PATHS)
    (conflict,) = plan.conflicts
    assert conflict.sample == "portfolios"
    assert {demand.key for demand in conflict.demands} == keys
    assert check(plan, PATHS) >= 2
    assert Plan.from_json(plan.to_json()) == plan


def test_an_attainable_figure_is_the_least_there_is():
    plan = solve_plan(request(limits={"max_weight": 0.05, "bounds": {"cn_cash": (0.0, 0.1)}}), paths=PATHS)
    (conflict,) = plan.conflicts
    by_key = {demand.key: demand.attainable for demand in conflict.demands}
    # eleven assets besides cash: 11 w + 0.1 >= 1, and 11 * 0.05 + c >= 1, to the tolerance
    assert by_key["limits.max_weight"] == pytest.approx(0.9 / 11.0, abs=1.5e-4)
    assert by_key["limits.bounds.cn_cash.highest"] == pytest.approx(0.45, abs=1.5e-4)


def test_a_drawdown_limit_against_a_lowest_weight():
    limits = {"max_drawdown": 0.05, "groups": {"equity": (0.6, 1.0)}}
    plan = solve_plan(request(limits=limits, policy="fixed_mix"), paths=PATHS)
    (conflict,) = plan.conflicts
    assert conflict.sample == "validation"
    assert {d.key for d in conflict.demands} == {"limits.max_drawdown", "limits.groups.equity.lowest"}
    mended = {repair.key: repair for repair in plan.repairs if repair.value is not None}
    for key in ("limits.max_drawdown", "limits.groups.equity.lowest"):
        changed = eased(plan.request, mended[key].assignment)
        assert solve_plan(changed, paths=PATHS, detail="core").status != "infeasible"


def test_a_required_goal_out_of_reach_has_a_repair_by_money_date_and_amount():
    goal = HOME | {"required": True, "amount": 700_000.0}
    plan = solve_plan(request(goals=[goal], policy="fixed_mix"), paths=PATHS)
    (conflict,) = plan.conflicts
    (demand,) = conflict.demands
    assert demand.key == "goals.0"
    assert demand.name == "Flat"
    assert demand.attainable < 0.85
    mended = {repair.lever for repair in plan.repairs if repair.value is not None}
    assert {"contribution", "date", "amount", "probability"} <= mended
    check(plan, PATHS)


def test_the_sentences_stand_in_both_languages():
    plan = solve_plan(
        request(limits={"stress": {"2015": 0.04}, "groups": {"equity": (0.5, 1.0)}}), paths=PATHS
    )
    for conflict in plan.conflicts:
        for demand in conflict.demands:
            assert demand.name in demand.text.zh
            assert demand.name in demand.text.en
    assert all(repair.text.zh and repair.text.en for repair in plan.repairs)


def test_a_core_plan_has_the_reason_alone():
    plan = solve_plan(
        request(limits={"stress": {"2015": 0.01}, "groups": {"equity": (0.5, 1.0)}}), paths=200, detail="core"
    )
    assert plan.status == "infeasible"
    assert not plan.conflicts


def test_a_required_goal_that_only_its_own_policy_reaches_is_served():
    """Two goals: the plan's own objective shares the money, the required goal can have it all."""
    goals = [
        HOME | {"required": True, "amount": 540_000.0, "priority": "want", "wanted_probability": 0.9},
        {"kind": "purchase", "name": "Car", "due": "2027-05-01", "amount": 150_000.0, "priority": "need"},
    ]
    plan = solve_plan(request(goals=goals), paths=2_000, detail="core")
    assert plan.status != "infeasible"
    alone = solve_plan(request(goals=[goals[0] | {"required": False}, goals[1]]), paths=2_000, detail="core")
    assert alone.goals[0].probability.value < 0.9
    assert plan.goals[0].probability.value > 0.9 - 3.0 * plan.goals[0].probability.standard_error
