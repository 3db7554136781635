"""An honest no: what each limit could have been, and whether the programme is infeasible at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from .problem import Problem

_TOUCH = 1e-8  # relative distance at which a limit at the very end of what is attainable counts as kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Least attainable figures by name, and one sentence; `certain` is False if the limits only touch."""

    least: dict[str, float]
    reason: str
    certain: bool


def explain(problem: Problem, optimum: Callable[[Problem], float | None]) -> Refusal:
    """Find the least value of each limited measure, and the highest return for a target.

    Each limit in turn becomes the objective under all the others; where those conflict among themselves,
    under the linear constraints alone. `optimum` solves a programme, None if it is infeasible.
    """
    least: dict[str, float] = {}
    broken: list[str] = []
    clashing = False
    for name, asked, sign, others, alone in _wishes(problem):
        found = optimum(others)
        if found is None:
            clashing = True
            found = optimum(alone)
            if found is None:
                return Refusal(least={}, reason=_LINEAR, certain=True)
        elif sign * (found - asked) > _TOUCH * abs(asked):
            broken.append(f"{name!r} asks for {asked:g} and {found:g} is the {_END[sign]} the others leave")
        least[name] = found
    if not least:
        return Refusal(least={}, reason=_LINEAR, certain=True)
    if broken:
        return Refusal(least=least, reason="; ".join(broken) + ".", certain=True)
    text = "The limits conflict with one another; `least` has what each could be without the others."
    return Refusal(least=least, reason=text if clashing else "", certain=clashing)


_LINEAR = "The bounds, the budget and the rows leave no portfolio; widen one of them."
_END = {1: "least", -1: "most"}


def _wishes(problem: Problem) -> list[tuple[str, float, int, Problem, Problem]]:
    """Name, figure asked for, sign, and the programme with it as objective: under the others, and alone."""
    found = []
    for k, limit in enumerate(problem.limits):
        goal = replace(problem, objective=limit.measure, scenarios=limit.scenarios)
        others = replace(goal, limits=problem.limits[:k] + problem.limits[k + 1 :])
        found.append((limit.name, limit.at_most, 1, others, replace(goal, limits=(), target=None)))
    if problem.target is not None:
        others = replace(problem, objective=None, target=None)
        found.append(("target_return", problem.target, -1, others, replace(others, limits=())))
    return found
