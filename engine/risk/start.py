"""Where to start: the best portfolio by mean and variance of a sample, under the linear constraints.

For return laws near elliptical every measure is near a multiple of the volatility, so that the least variance
is near the least risk, and a limit on risk is near one on volatility.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ._types import FloatArray
from .build import build
from .conic import ConicSolver
from .cutting import Start
from .measures import Measure
from .problem import BoundedMeasure, Problem
from .scenario_set import read_scenarios

_SAMPLE = 2000  # rows
_VARIANCE = Measure(kind="variance")


def start_of(problem: Problem) -> Start:
    """Give the start of a programme; anywhere where there is nothing to cut, or nothing feasible."""
    size = len(problem.polyhedron.assets)
    anywhere = Start(weights=np.zeros(size), radius=math.inf, feasible=False)
    limits = tuple(limit for limit in problem.limits if limit.linear)
    if problem.objective is None and len(limits) == len(problem.limits):
        return anywhere
    stride = max(1, len(problem.scenarios.matrix) // _SAMPLE)
    sample = read_scenarios(np.ascontiguousarray(problem.scenarios.matrix[::stride]))
    rough = replace(problem, objective=_VARIANCE, scenarios=sample, limits=limits)
    weights = _solved(rough)
    if weights is None:
        return anywhere
    radius = 0.5 * float(np.abs(weights).sum()) / size
    if problem.objective is None:
        room = _room(problem, weights)
        if room > 1.0:
            variance = room * room * _VARIANCE.value(weights, sample.returns)
            volatility = BoundedMeasure(name="", measure=_VARIANCE, at_most=variance, scenarios=sample)
            further = _solved(replace(rough, objective=None, limits=(*limits, volatility)))
            weights = weights if further is None else further
    return Start(weights=weights, radius=radius, feasible=True)


def _solved(rough: Problem) -> FloatArray | None:
    region, master = rough.polyhedron, build(rough).master
    point = ConicSolver(master, precision=1e-9).solve(master.cost, master.lower, master.upper)
    if point.status != "optimal":
        return None
    return np.clip(point.variables[: master.count], region.lower, region.upper)


def _room(problem: Problem, weights: FloatArray) -> float:
    """How many times the risk of these weights the tightest limit allows."""
    room = math.inf
    for limit in problem.limits:
        risk = limit.measure.convex(problem.risk(limit.measure, limit.scenarios, weights))
        if not limit.linear and risk > 0.0:
            room = min(room, limit.measure.convex(limit.at_most) / risk)
    return room
