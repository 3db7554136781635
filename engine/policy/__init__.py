"""Goal-reaching policies by dynamic programming on a wealth lattice, alone or under a drawdown limit."""

from .goals import PolicyGoal
from .menus import EmpiricalMenu, LognormalMenu
from .solve import Policy, solve_policy
from .table import PolicyTable

__all__ = ["EmpiricalMenu", "LognormalMenu", "Policy", "PolicyGoal", "PolicyTable", "solve_policy"]
