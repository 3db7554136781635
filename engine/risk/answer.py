"""From the weights and prices that the loop found to the answer a caller reads."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ._types import FloatArray, frozen
from .build import Model, Named
from .cutting import Proof
from .master import Point
from .problem import BoundedMeasure, Problem
from .solution import Active, Attempt, Solution

_TIGHT = 1e-7  # relative distance at which a constraint counts as active


def answer(model: Model, weights: FloatArray, proof: Proof, attempts: tuple[Attempt, ...]) -> Solution:
    """Optimal solution: figures recomputed from the weights, the scaled bound and prices translated."""
    value = model.problem.value(weights)
    active = _active(model, weights, value, proof)
    return _solution(model.problem, weights, value, _figure(model, proof.bound), active, attempts)


def _solution(
    problem: Problem,
    weights: FloatArray,
    value: float,
    bound: float,
    active: tuple[Active, ...],
    attempts: tuple[Attempt, ...],
) -> Solution:
    return Solution(
        status="optimal",
        reason="",
        weights=frozen(weights),
        value=value,
        bound=bound,
        gap=abs(value - bound) / max(abs(value), 1e-12),
        expected_return=problem.expected(weights),
        turnover=problem.polyhedron.turnover(weights),
        trading_cost=problem.polyhedron.cost(weights),
        risks=risks(problem, weights),
        active=active,
        least={},
        iterations=sum(attempt.rounds for attempt in attempts),
        attempts=attempts,
    )


def uncertified(
    problem: Problem, weights: FloatArray, optimum: float, attempts: tuple[Attempt, ...]
) -> Solution:
    """Optimal solution of a solver that proves nothing: the bound is its word, and prices are left out."""
    weights = np.clip(weights, problem.polyhedron.lower, problem.polyhedron.upper)
    return _solution(problem, weights, problem.value(weights), optimum, (), attempts)


def kept(problem: Problem, weights: FloatArray) -> bool:
    """Whether the weights meet every row, limit and target to 1e-7."""
    region = problem.polyhedron
    short = [float(np.max([region.lower - weights, weights - region.upper]))]
    for row in region.rows:
        activity = float((row.slope * weights).sum())
        short += [row.lower - activity, activity - row.upper]
    found = risks(problem, weights)
    short += [found[limit.name] - limit.at_most for limit in problem.limits]
    if region.max_turnover is not None:
        short.append(region.turnover(weights) - region.max_turnover)
    if problem.target is not None:
        short.append(problem.target - problem.expected(weights))
    return max(short) <= _TIGHT


def refusal(
    status: str, reason: str, attempts: tuple[Attempt, ...], least: Mapping[str, float] | None = None
) -> Solution:
    """Answer without weights."""
    return Solution(
        status="unbounded" if status == "unbounded" else "infeasible",
        reason=reason,
        weights=frozen(np.empty(0)),
        value=math.nan,
        bound=math.nan,
        gap=math.nan,
        expected_return=math.nan,
        turnover=math.nan,
        trading_cost=math.nan,
        risks={},
        active=(),
        least=least or {},
        iterations=sum(attempt.rounds for attempt in attempts),
        attempts=attempts,
    )


def risks(problem: Problem, weights: FloatArray) -> dict[str, float]:
    """Every limited measure, recomputed in numpy."""
    return {limit.name: problem.risk(limit.measure, limit.scenarios, weights) for limit in problem.limits}


def _figure(model: Model, scaled: float) -> float:
    """Figure of the objective for a value of the master problem."""
    goal, value = model.problem.objective, model.unit * scaled
    if goal is None:
        return -value
    if goal.smooth:
        return value if goal.kind == "variance" else math.sqrt(max(value, 0.0))
    return goal.figure(value)


def _rate(model: Model, value: float) -> float:
    """Return d figure / d (value of the master problem) at the figure `value`."""
    goal = model.problem.objective
    if goal is None:
        return -model.unit
    if goal.kind == "tracking_error":
        return model.unit / (2.0 * value) if value > 0.0 else 0.0
    return model.unit if goal.smooth else model.unit * goal.slope(value)


def _active(model: Model, weights: FloatArray, value: float, proof: Proof) -> tuple[Active, ...]:
    """Named rows, limits and bounds of weights that hold with equality."""
    problem, master, point = model.problem, model.master, proof.point
    rate = _rate(model, value)
    entries = master.entry * point.variables[master.column]
    activity = np.bincount(master.row, entries, minlength=len(master.row_lower))
    found = []
    for named in model.named:
        if named.limit is not None:
            price = rate * _limit_price(named, named.limit, point)
            risk = problem.risk(named.limit.measure, named.limit.scenarios, weights)
            if price != 0.0 or risk >= named.limit.at_most - _TIGHT * abs(named.limit.at_most):
                found.append(Active(name=named.name, bound=named.limit.at_most, shadow_price=price))
            continue
        price = rate * float(point.rows[named.place]) / named.unit
        for end in {float(master.row_lower[named.place]), float(master.row_upper[named.place])}:
            if math.isfinite(end) and abs(activity[named.place] - end) <= _TIGHT * max(abs(end), 1e-3):
                found.append(Active(name=named.name, bound=end * named.unit, shadow_price=price))
    region = problem.polyhedron
    for sign, ends in ((">=", region.lower), ("<=", region.upper)):
        for j in np.flatnonzero(np.abs(weights - ends) <= 1e-9):
            name = f"{region.assets[j]} {sign} {ends[j]:g}"
            price = rate * float(proof.reduced[j])
            found.append(Active(name=name, bound=float(ends[j]), shadow_price=price))
    return tuple(found)


def _limit_price(named: Named, limit: BoundedMeasure, point: Point) -> float:
    """Price of a limit per unit of its figure."""
    if limit.measure.smooth:
        scaled = -float(np.sqrt(np.square(point.cones[named.place]).sum()))
    else:
        scaled = float(point.rows[named.place])
    slope = limit.measure.slope(limit.at_most) * named.unit
    return 0.0 if scaled == 0.0 else scaled / slope if slope > 0.0 else -math.inf
