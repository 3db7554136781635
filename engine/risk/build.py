"""From a programme to its oracles and its master problem."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from . import _kernels
from ._types import FloatArray, IntArray, frozen
from .atoms import Atoms, Losses, Paths, Steps
from .cuts import Oracle, TailOracle, WorstOracle
from .master import MARGIN, Cone, Master, empty_pool
from .measures import Measure
from .problem import BoundedMeasure, Problem, covariance
from .scenario_set import ScenarioSet

TARGET = "target_return"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Served:
    """An oracle and the first of its variables; as a limit, its `ceiling` and the excess variable."""

    oracle: Oracle
    offset: int
    ceiling: float = math.inf
    excess: int = -1

    @property
    def span(self) -> slice:
        """Variables of the oracle."""
        return slice(self.offset, self.offset + len(self.oracle.cost))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Named:
    """A constraint that the caller knows by name: `unit` times row (or cone) `place` of the master.

    `limit` is the limit of the programme that it stands for, None for a row.
    """

    name: str
    place: int
    unit: float
    limit: BoundedMeasure | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """A programme ready for cutting planes; its objective is `unit` times the master's."""

    problem: Problem
    master: Master
    oracles: tuple[Served, ...]
    named: tuple[Named, ...]
    unit: float

    def aim(self, target: float) -> int:
        """Move the target return, -inf for none; return its row in the master."""
        row = next(named for named in self.named if named.name == TARGET)
        self.master.row_lower[row.place] = target / row.unit
        return row.place

    def smooth_value(self, weights: FloatArray) -> float:
        """Part of the scaled objective that is no oracle's, at weights traded to at least cost."""
        problem, master = self.problem, self.master
        if problem.objective is None:
            return -problem.expected(weights) / self.unit
        return 0.0 if master.objective is None else master.objective.norm(weights) ** 2


class _Builder:
    """Columns and rows as they come."""

    def __init__(self) -> None:
        self.cost: list[float] = []
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.rows: list[tuple[IntArray, FloatArray, float, float]] = []
        self.margin: list[float] = []
        self.named: list[Named] = []
        self.excess: list[int] = []

    def columns(self, cost: ArrayLike, lower: FloatArray, upper: FloatArray) -> int:
        """Append variables; return the first."""
        first = len(self.cost)
        self.cost.extend(np.broadcast_to(cost, len(lower)))
        self.lower.extend(lower)
        self.upper.extend(upper)
        return first

    def spare(self) -> int:
        """Append an excess variable; return it."""
        self.excess.append(self.columns(0.0, np.zeros(1), np.zeros(1)))
        return self.excess[-1]

    def row(
        self,
        columns: IntArray,
        entries: FloatArray,
        lower: float,
        upper: float,
        *,
        name: str = "",
        unit: float = 1.0,
        limit: BoundedMeasure | None = None,
    ) -> int:
        """Append a row, divided by `unit`; return its number."""
        place = len(self.rows)
        self.rows.append((columns, entries / unit, lower / unit, upper / unit))
        self.margin.append(0.0 if limit is None else MARGIN)
        if name:
            self.named.append(Named(name=name, place=place, unit=unit, limit=limit))
        return place

    def master(self, count: int, objective: Cone | None, cones: tuple[Cone, ...]) -> Master:
        """Return the master problem without cuts."""
        sizes = [len(columns) for columns, *_ in self.rows]
        return Master(
            count=count,
            cost=np.array(self.cost),
            lower=np.array(self.lower),
            upper=np.array(self.upper),
            column=np.concatenate([columns for columns, *_ in self.rows]),
            row=np.repeat(np.arange(len(sizes)), sizes),
            entry=np.concatenate([entries for _, entries, *_ in self.rows]),
            row_lower=np.array([row[2] for row in self.rows]),
            row_upper=np.array([row[3] for row in self.rows]),
            margin=np.array(self.margin),
            excess=np.array(self.excess, dtype=np.int64),
            objective=objective,
            cones=cones,
            **empty_pool(count),
        )


def build(problem: Problem) -> Model:
    """Lay out variables, rows and cones; see ``master.py``."""
    region, goal = problem.polyhedron, problem.objective
    count = len(region.assets)
    unit = _unit(problem)
    to = _Builder()
    to.columns(-problem.mean / unit if goal is None else 0.0, region.lower, region.upper)
    trades = _trades(to, problem, unit if goal is None else math.inf)
    oracles = []
    if goal is not None and not goal.smooth:
        oracle = oracle_of(goal, problem.scenarios, region.reach)
        oracles.append(Served(oracle=oracle, offset=to.columns(oracle.cost, oracle.lower, oracle.upper)))
        unit = oracle.scale
    for row in region.rows:
        _weights(to, row.slope, row.lower, row.upper, row.name)
    _target(to, problem, trades)
    cones: list[Cone] = []
    for limit in problem.limits:
        if limit.linear:
            _weights(to, -limit.scenarios.matrix[0], -math.inf, limit.at_most, limit.name)
            to.margin[-1] = MARGIN
        elif limit.measure.smooth:
            size = limit.scenarios.size or 1.0
            radius = limit.measure.convex(limit.at_most) / size
            to.named.append(Named(name=limit.name, place=len(cones), unit=size, limit=limit))
            cones.append(_cone(problem, limit.measure, limit.scenarios, size, radius, to.spare()))
        else:
            oracles.append(_limited(to, limit, region.reach))
    objective = None
    if goal is not None and goal.smooth:
        objective = _cone(problem, goal, problem.scenarios, math.sqrt(unit))
    return Model(
        problem=problem,
        master=to.master(count, objective, tuple(cones)),
        oracles=tuple(oracles),
        named=tuple(to.named),
        unit=unit,
    )


def oracle_of(measure: Measure, scenarios: ScenarioSet, reach: float) -> Oracle:
    """Oracle of a measure that is not smooth; `reach` is the largest ``sum |w|``."""
    groups = 40 if scenarios.matrix.shape[1] <= 20 else 80
    compounded, confidence = measure.compounded, measure.confidence
    atoms: Atoms
    if measure.kind == "cvar":
        atoms = Losses(scenarios, reach)
    elif measure.kind == "cdar" or scenarios.paths == 1:
        atoms = Steps(scenarios, compounded=compounded)
        confidence = confidence if measure.kind == "cdar" else 1.0
    else:
        atoms = Paths(scenarios, compounded=compounded)
    return WorstOracle(atoms, groups) if confidence == 1.0 else TailOracle(atoms, confidence, groups)


def _unit(problem: Problem) -> float:
    """Size of the objective where it is a return or a quadratic form."""
    if problem.objective is None:
        return float(np.abs(problem.mean).max()) or 1.0
    return problem.scenarios.size**2 or 1.0


def _weights(to: _Builder, slope: FloatArray, lower: float, upper: float, name: str) -> None:
    held = np.flatnonzero(slope)
    to.row(held, slope[held], lower, upper, name=name)


def _trades(to: _Builder, problem: Problem, unit: float) -> IntArray:
    """Purchases, then sales, where trading matters; `unit` is that of the return if that is the objective."""
    region = problem.polyhedron
    if not region.trades or region.previous is None:
        return np.empty(0, dtype=np.int64)
    count = len(region.assets)
    bought, sold = region.upper - region.previous, region.previous - region.lower
    widest = np.maximum(np.append(bought, sold), 0.0)
    first = to.columns(np.tile(region.trading_cost / unit, 2), np.zeros(2 * count), widest)
    trades = np.arange(first, first + 2 * count)
    for j in range(count):
        columns = np.array([j, trades[j], trades[count + j]])
        to.row(columns, np.array([1.0, -1.0, 1.0]), region.previous[j], region.previous[j])
    if region.max_turnover is not None:
        ones = np.full(2 * count, 0.5)
        to.row(trades, ones, -math.inf, region.max_turnover, name="max_turnover")
    return trades


def _target(to: _Builder, problem: Problem, trades: IntArray) -> None:
    if problem.target is None:
        return
    count = len(problem.mean)
    spent = np.tile(problem.polyhedron.trading_cost, 2)[: len(trades)]
    columns, entries = np.append(np.arange(count), trades), np.append(problem.mean, -spent)
    unit = float(np.abs(problem.mean).max()) or 1.0
    to.row(columns, entries, problem.target, math.inf, name=TARGET, unit=unit)


def _limited(to: _Builder, limit: BoundedMeasure, reach: float) -> Served:
    oracle = oracle_of(limit.measure, limit.scenarios, reach)
    offset = to.columns(0.0, oracle.lower, oracle.upper)
    excess = to.spare()
    ceiling = limit.measure.convex(limit.at_most)
    columns = np.arange(offset, excess + 1)
    entries = np.append(oracle.cost, -1.0) * oracle.scale
    to.row(columns, entries, -math.inf, ceiling, name=limit.name, unit=oracle.scale, limit=limit)
    return Served(oracle=oracle, offset=offset, ceiling=ceiling / oracle.scale, excess=excess)


def _cone(
    problem: Problem,
    measure: Measure,
    scenarios: ScenarioSet,
    size: float,
    radius: float = math.inf,
    excess: int = -1,
) -> Cone:
    """Norm whose square is the variance over ``size^2``; the factor is a root of the covariance."""
    root = np.zeros((scenarios.matrix.shape[1], scenarios.matrix.shape[1]))
    _kernels.cholesky(covariance(scenarios) / (size * size), root)
    factor = root.T
    centre = problem.polyhedron.benchmark if measure.kind == "tracking_error" else None
    return Cone(
        factor=frozen(np.ascontiguousarray(factor)),
        centre=np.zeros(len(factor)) if centre is None else centre,
        radius=radius,
        excess=excess,
    )
