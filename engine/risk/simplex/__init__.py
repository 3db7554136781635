"""Dual simplex on the master problem, warm from one round to the next."""

from .solver import NAME, SimplexSolver

__all__ = ["NAME", "SimplexSolver"]
