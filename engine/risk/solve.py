"""From a checked programme to its answer: start, cutting planes, and what follows where they fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..errors import SolverError
from . import conic, linear, simplex
from .answer import answer, kept, refusal, uncertified
from .build import Model, build
from .conic import ConicSolver
from .cutting import ACCEPTED, CuttingPlanes, Found, Solver
from .linear import LinearSolver
from .master import Master
from .problem import Problem
from .refusal import explain
from .simplex import SimplexSolver
from .solution import Attempt, Solution
from .start import start_of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tried:
    """A model, where the loop ended on it, and the solvers tried up to then."""

    model: Model
    found: Found
    attempts: tuple[Attempt, ...]


def solve(problem: Problem, tolerance: float) -> Solution:
    """Solve a programme; a failure of every solver raises, an infeasible or unbounded one is an answer."""
    tried = attempt(problem, tolerance)
    found = tried.found
    if found.status == "optimal":
        return _answer(tried)
    if found.status == "unbounded":
        return refusal("unbounded", _UNBOUNDED, tried.attempts)
    if found.status in ("infeasible", "limits"):
        refused = explain(problem, lambda other: _optimum(other, tolerance))
        if refused.certain:
            return refusal("infeasible", refused.reason, tried.attempts, refused.least)
    return _in_full(problem, tried)


def _answer(tried: Tried) -> Solution:
    best, proof = tried.found.best, tried.found.proof
    assert best is not None
    assert proof is not None
    if tried.model.problem.polyhedron.runs_away(best.weights):
        return refusal("unbounded", _UNBOUNDED, tried.attempts)
    return answer(tried.model, best.weights, proof, tried.attempts)


def _optimum(problem: Problem, tolerance: float) -> float | None:
    found = attempt(problem, tolerance).found
    return problem.value(found.best.weights) if found.status == "optimal" and found.best else None


def _in_full(problem: Problem, tried: Tried) -> Solution:
    """Last resort: the whole programme in cvxpy."""
    from .oracle import NAME, solve_in_full

    reference = solve_in_full(problem)
    attempts = (*tried.attempts, Attempt(solver=NAME, outcome=reference.status, rounds=1))
    if reference.status in ("infeasible", "unbounded"):
        reason = _UNBOUNDED if reference.status == "unbounded" else "The solver proved it infeasible."
        return refusal(reference.status, reason, attempts)
    if reference.status in ("optimal", "inaccurate"):
        solution = uncertified(problem, reference.weights, reference.optimum, attempts)
        if solution.gap <= ACCEPTED and kept(problem, reference.weights):
            return solution
    raise SolverError(
        "risk programme: no solver reached a gap of 1e-6 ("
        + "; ".join(f"{a.solver}: {a.outcome} after {a.rounds}" for a in attempts)
        + "); slightly wider limits or bounds may help."
    )


_UNBOUNDED = "A weight grows without end; give it a finite bound, or limit a measure."


def attempt(problem: Problem, tolerance: float) -> Tried:
    """Run the cutting planes: in our own simplex, then HiGHS, then Clarabel; a quadratic form in Clarabel.

    That there is no portfolio is believed of HiGHS and Clarabel only.
    """
    start = start_of(problem)
    attempts: tuple[Attempt, ...] = ()
    kinds: list[tuple[Callable[[Master], Solver], str]] = [
        (SimplexSolver, simplex.NAME),
        (LinearSolver, linear.NAME),
        (ConicSolver, conic.NAME),
    ]
    for kind, name in kinds[2:] if problem.curved else kinds:
        model = build(problem)
        found = CuttingPlanes(model, kind(model.master)).run(start, tolerance)
        if found.status == "stalled" and found.gap <= ACCEPTED:
            found = replace(found, status="optimal")
        attempts += (Attempt(solver=f"cutting planes, {name}", outcome=found.status, rounds=found.rounds),)
        empty = found.status in ("infeasible", "unbounded") and kind is not SimplexSolver
        if empty or found.status in ("optimal", "limits"):
            break
    return Tried(model=model, found=found, attempts=attempts)
