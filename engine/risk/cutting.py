"""The one loop behind every programme: cutting planes with a box around the best point.

Each round solves the master problem in a box around the best weights so far, asks every oracle for its true
value and its violated cuts there, and moves, widens or narrows the box by how well the model foretold the
value. Limits enter by an exact penalty on their excess, raised while the model prefers to pay it. The prices
of any round prove a bound on the whole programme (`Master.bound`); the loop ends where it meets the best
value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ._types import FloatArray, IntArray
from .build import Model
from .master import MARGIN, Point

ROUNDS = 500
ACCEPTED = 1e-6  # relative gap at which a stalled solve is still an answer
_PATIENCE = 40  # rounds without a better point or bound
_FLOOR = 1e-11  # absolute gap, in scaled units, that rounding leaves
_PENALTY, _STEEPEST = 10.0, 1e6
_LARGEST_EXCESS = 1e6
_IDLE = 3  # a cut that has not been tight for this many rounds is dropped
_FEW = 20  # not worth a deletion


class Solver(Protocol):
    """A solver that follows a `Master`."""

    def sync(self) -> None:
        """Load the cuts that the master got since."""

    def drop(self, cuts: IntArray) -> None:
        """Delete the cuts that the master is about to drop."""

    def move(self, row: int) -> None:
        """Take over the bounds of a row."""

    def solve(self, cost: FloatArray, lower: FloatArray, upper: FloatArray) -> Point:
        """Solve under these costs and bounds of the variables."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Start:
    """Weights to start from, and the half-width of the first box around them.

    Only a point that meets the linear constraints is `feasible`: it is probed, and is the first best.
    """

    weights: FloatArray
    radius: float
    feasible: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Probe:
    """True values at `weights`, scaled: the objective and the excess over each limit (0 where kept)."""

    weights: FloatArray
    objective: float
    excess: FloatArray

    @property
    def kept(self) -> bool:
        """Whether every limit is kept."""
        return not (self.excess > MARGIN).any()

    def merit(self, penalties: FloatArray) -> float:
        """Objective plus penalties."""
        return self.objective + float((penalties * self.excess).sum())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proof:
    """A lower bound on the programme, with the prices and reduced costs that prove it."""

    bound: float
    point: Point
    reduced: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """Where the loop ended.

    `status` is "optimal", "infeasible" (the linear constraints alone), "limits" (a limit cannot be kept at
    any price tried), "unbounded", "stalled", or the solver's word for its failure.
    """

    status: str
    rounds: int
    best: Probe | None = None
    proof: Proof | None = None

    @property
    def gap(self) -> float:
        """Best value less the proved bound, relative; inf while a limit is exceeded."""
        if self.best is None or self.proof is None or not self.best.kept:
            return math.inf
        return (self.best.objective - self.proof.bound) / max(abs(self.best.objective), _FLOOR / ACCEPTED)


class CuttingPlanes:
    """The loop on one model and one master solver; both may be used again after a row has moved."""

    def __init__(self, model: Model, solver: Solver) -> None:
        self.model = model
        self._solver = solver
        self._penalties = np.full(len(model.master.excess), _PENALTY)
        self._place = {int(column): k for k, column in enumerate(model.master.excess)}

    def aim(self, target: float) -> None:
        """Move the target return, -inf for none; every cut stays valid."""
        self._solver.move(self.model.aim(target))

    def run(self, start: Start, tolerance: float) -> Found:
        """Solve to a relative gap of `tolerance`."""
        best = self._probe(start.weights, None) if start.feasible else None
        radius, proof, rounds, idle = start.radius, None, 0, 0
        while rounds < ROUNDS and idle < _PATIENCE:
            rounds += 1
            idle += 1
            centre = start.weights if best is None else best.weights
            point = self._solve(centre, radius)
            if point.status == "infeasible" and math.isfinite(radius):
                radius = 2.0 * radius if radius < 1.0 else math.inf
                continue
            if point.status != "optimal":
                return Found(status=point.status, rounds=rounds)
            merit = math.inf if best is None else best.merit(self._penalties)
            trial = self._probe(point.variables[: len(centre)], point.variables)
            gain, promised = merit - trial.merit(self._penalties), merit - self._foretold(point)
            reached = bool((np.abs(trial.weights - centre) >= radius * (1.0 - 1e-9)).any())
            if best is None or gain > 0.0:
                best, idle = trial, 0
            room = max(tolerance * abs(best.objective), _FLOOR)
            if not reached or promised <= room:
                # Where the box holds the model back, its prices prove little.
                bound, reduced = self.model.master.bound(point)
                if proof is None or bound > proof.bound:
                    proof, idle = Proof(bound=bound, point=point, reduced=reduced), 0
                if best.kept and best.objective - proof.bound <= room:
                    return Found(status="optimal", rounds=rounds, best=best, proof=proof)
            if reached and gain > 0.5 * promised:
                radius *= 2.0
            elif reached and gain <= 0.1 * promised < math.inf:
                radius *= 0.5
            if promised <= room:
                radius = math.inf
                # A best point just beyond a limit is not the end: its own cuts are new to the model.
                if not reached and not self._raise(point) and best.kept:
                    break
            if (self._penalties > _STEEPEST).any():
                return Found(status="limits", rounds=rounds, best=best, proof=proof)
            self._purge(point)
        return Found(status="stalled", rounds=rounds, best=best, proof=proof)

    def _solve(self, centre: FloatArray, radius: float) -> Point:
        master = self.model.master
        cost, lower, upper = master.cost.copy(), master.lower.copy(), master.upper.copy()
        cost[master.excess], upper[master.excess] = self._penalties, _LARGEST_EXCESS
        held = slice(0, master.count)
        np.maximum(lower[held], centre - radius, out=lower[held])
        np.minimum(upper[held], centre + radius, out=upper[held])
        self._solver.sync()
        return self._solver.solve(cost, lower, upper)

    def _probe(self, weights: FloatArray, variables: FloatArray | None) -> Probe:
        """Ask every oracle, and add its cuts."""
        objective = self.model.smooth_value(weights)
        excess = np.zeros(len(self._penalties))
        for served in self.model.oracles:
            auxiliary = None if variables is None else variables[served.span]
            value, cuts = served.oracle.probe(weights, auxiliary)
            self.model.master.add(cuts, served.offset)
            if served.excess < 0:
                objective += value
            else:
                excess[self._place[served.excess]] = max(value - served.ceiling, 0.0)
        for cone in self.model.master.cones:
            excess[self._place[cone.excess]] = max(cone.norm(weights) - cone.radius, 0.0)
        return Probe(weights=weights, objective=objective, excess=excess)

    def _foretold(self, point: Point) -> float:
        """Objective of the model, penalties included, at its own optimum."""
        master = self.model.master
        value = float((master.cost * point.variables).sum())
        value += float((self._penalties * point.variables[master.excess]).sum())
        if master.objective is not None:
            value += master.objective.norm(point.variables[: master.count]) ** 2
        return value

    def _raise(self, point: Point) -> bool:
        """Raise the penalties that the model, free of the box, prefers to pay."""
        paid = point.variables[self.model.master.excess] > MARGIN
        self._penalties[paid] *= 10.0
        return bool(paid.any())

    def _purge(self, point: Point) -> None:
        """Drop the cuts that have not held the point for some rounds."""
        master = self.model.master
        count = len(point.cuts)
        master.idle[:count] = np.where(point.tight, 0, master.idle[:count] + 1)
        stale = master.idle >= _IDLE
        if np.count_nonzero(stale) > _FEW:
            # Only cuts of earlier rounds can be stale, so the solver has them all.
            self._solver.drop(np.flatnonzero(stale))
            master.keep(~stale)
