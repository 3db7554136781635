"""The default lattice against one of 3,000 points, and the policy against its own simulation, on random problems."""

import numpy as np
import pytest
from goalplan.engine.policy import solve_policy

from .problems import random_problem
from .walk import walk


def errors(seed):
    """Difference of the value, and the largest of the single probabilities, from a 3,000-point lattice."""
    task = random_problem(seed)
    policy = solve_policy(**task)
    lattice = policy.problem.lattice
    fine = solve_policy(**task, spacing=lattice.spacing * (lattice.size - 1) / 3000.0)
    return abs(policy.value - fine.value), np.abs(policy.probability - fine.probability).max()


@pytest.mark.parametrize("seed", range(12))
def test_value_on_random_problems(seed):
    assert errors(seed)[0] <= 1e-4


@pytest.mark.verify
def test_value_on_two_hundred_random_problems():
    assert max(errors(seed)[0] for seed in range(200)) <= 1e-4


@pytest.mark.verify
@pytest.mark.parametrize("seed", range(30))
def test_simulated_utility(seed):
    """What the policy earns on a million paths is its value, within 3 standard errors."""
    policy = solve_policy(**random_problem(seed))
    utility = walk(policy, 1_000_000, seed).utility
    assert abs(utility.mean() - policy.value) <= 3.0 * utility.std() / 1e3 + 1e-6
