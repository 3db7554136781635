"""Goal-reaching policies by dynamic programming on a wealth lattice, alone or under a drawdown limit."""

from .deterministic import best_fixed_mix, best_glide_path
from .goals import PolicyGoal
from .menus import EmpiricalMenu, LognormalMenu
from .priced import policy_at_price, weights_at_price
from .result import Policy
from .solve import solve_policy, solve_task
from .table import PolicyTable
from .tabulate import policy_table
from .task import PolicyTask

__all__ = [
    "EmpiricalMenu",
    "LognormalMenu",
    "Policy",
    "PolicyGoal",
    "PolicyTable",
    "PolicyTask",
    "best_fixed_mix",
    "best_glide_path",
    "policy_at_price",
    "policy_table",
    "solve_policy",
    "solve_task",
    "weights_at_price",
]
