"""Money that moves: retirement, debts, inflows after ruin, a start with nothing; simulated, and on a finer lattice."""

import numpy as np
import pytest
from goalplan.engine.policy import LognormalMenu, PolicyGoal, solve_policy

from .walk import walk

MU = np.linspace(0.0526, 0.0886, 15)
MENU = LognormalMenu(drift=MU, volatility=np.sqrt(28.3377 * MU**2 - 2.97682 * MU + 0.0795499))
PATHS = 100_000


def flows(steps, **runs):
    """Zero flows but for ``from_to=amount`` runs, last step included."""
    out = np.zeros(steps + 1)
    for run, amount in runs.items():
        first, last = map(int, run[1:].split("_"))
        out[first : last + 1] = amount
    return out


CASES = {
    "retirement of 15 years after 15 of saving": (100.0, flows(30, f1_14=10.0, f15_29=-30.0), 100.0),
    "outflows alone": (100.0, flows(30, f1_29=-7.0), 40.0),
    "a debt, then inflows": (100.0, flows(15, f5_5=-150.0, f6_14=20.0), 250.0),
    "nothing at first": (0.0, flows(10, f1_9=10.0), 120.0),
    "nothing until half-way": (0.0, flows(10, f5_9=30.0), 160.0),
    "money with the goal": (100.0, flows(10, f10_10=50.0), 250.0),
}


@pytest.mark.parametrize("ruin", ["absorbing", "survivable"])
@pytest.mark.parametrize("case", CASES)
def test_simulation_and_a_finer_lattice_agree(case, ruin):
    wealth, money, amount = CASES[case]
    steps = len(money) - 1
    task = {
        "menu": MENU, "wealth": wealth, "steps": steps, "step_years": 1.0, "flows": money, "ruin": ruin,
        "goals": [PolicyGoal(step=steps, amount=amount)],
    }  # fmt: skip
    policy = solve_policy(**task)
    fine = solve_policy(**task, spacing=policy.problem.lattice.spacing / 5.0)
    assert policy.value == pytest.approx(fine.value, abs=1e-4)
    found = walk(policy, PATHS, seed=7).paid.mean()
    assert 0.02 < found < 0.999
    assert abs(found - policy.value) <= 4.0 * np.sqrt(found * (1.0 - found) / PATHS)


def test_ruin_that_can_be_survived_is_worth_more():
    debt = {
        "menu": MENU,
        "wealth": 100.0,
        "steps": 15,
        "step_years": 1.0,
        "goals": [PolicyGoal(step=15, amount=250.0)],
    }
    money = flows(15, f5_5=-150.0, f6_14=20.0)
    ends, goes_on = (
        solve_policy(**debt, flows=money, ruin=ruin).value for ruin in ("absorbing", "survivable")
    )
    assert goes_on > ends + 0.2


def test_a_mandatory_payment_that_is_out_of_reach_leaves_nothing():
    money = flows(3, f2_2=-1e4)
    policy = solve_policy(
        menu=MENU, wealth=100.0, steps=3, step_years=1.0, flows=money, goals=[PolicyGoal(step=3, amount=1.0)]
    )
    assert policy.value <= 1e-9


def test_what_is_exactly_owed_can_be_paid():
    """A riskless 100 meets an outflow of 100 and leaves nothing; the inflow after it then pays the goal."""
    cash = LognormalMenu(drift=np.zeros(1), volatility=np.zeros(1))
    for owed, paid in ((100.0, 1.0), (100.001, 0.0)):
        policy = solve_policy(
            menu=cash, wealth=100.0, steps=3, step_years=1.0, flows=np.array([0.0, -owed, 50.0, 0.0]),
            goals=[PolicyGoal(step=3, amount=50.0)],
        )  # fmt: skip
        assert policy.value == pytest.approx(paid, abs=1e-9)
