"""One risk programme, checked: what to minimise or maximise, under what."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..errors import RequestError
from . import _kernels
from ._types import FloatArray
from .constraints import Constraints, Polyhedron, polyhedron
from .measures import Measure, as_measure
from .scenario_set import ScenarioSet, read_scenarios


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Limit:
    """An upper bound on a measure.

    Attributes
    ----------
    measure : Measure or str
    at_most : float
        In the figures of the measure: a loss, a variance, a fraction of the peak.
    name : str
        To be found again in the answer; the measure and its confidence where left out.
    scenarios : array, optional
        Scenarios of its own, such as a replayed episode (T, N) with ``max_drawdown``, or a one-step shock
        (1, N), which is a linear row. The programme's where left out.
    probabilities : array, optional
        Of those scenarios.
    """

    measure: Measure | str
    at_most: float
    name: str = ""
    scenarios: ArrayLike | ScenarioSet | None = None
    probabilities: ArrayLike | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoundedMeasure:
    """A checked limit on its own scenarios."""

    name: str
    measure: Measure
    at_most: float
    scenarios: ScenarioSet

    @property
    def linear(self) -> bool:
        """Whether one step is all there is, so that the limit is a row of the polyhedron."""
        return len(self.scenarios.matrix) == 1 and not self.measure.smooth


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """Minimise `objective`, or where it is None maximise the expected return net of trading cost."""

    objective: Measure | None
    scenarios: ScenarioSet
    mean: FloatArray
    polyhedron: Polyhedron
    limits: tuple[BoundedMeasure, ...]
    target: float | None

    @property
    def curved(self) -> bool:
        """Whether a quadratic form enters."""
        goal = self.objective is not None and self.objective.smooth
        return goal or any(limit.measure.smooth for limit in self.limits)

    def value(self, weights: FloatArray) -> float:
        """Figure of the objective, in numpy from the weights."""
        if self.objective is None:
            return self.expected(weights)
        return self.risk(self.objective, self.scenarios, weights)

    def expected(self, weights: FloatArray) -> float:
        """Give the expected return per step, net of trading cost."""
        return float((self.mean * weights).sum()) - self.polyhedron.cost(weights)

    def risk(self, measure: Measure, scenarios: ScenarioSet, weights: FloatArray) -> float:
        """Figure of `measure`, in numpy from the weights."""
        benchmark = self.polyhedron.benchmark
        return measure.value(weights, scenarios.returns, scenarios.probabilities, benchmark)


def read_problem(
    objective: Measure | str | None,
    scenarios: ArrayLike | ScenarioSet,
    *,
    probabilities: ArrayLike | None,
    mean: ArrayLike | None,
    target: float | None,
    limits: Sequence[Limit],
    constraints: Constraints | None,
) -> Problem:
    """Check a programme.

    Raises
    ------
    DataError
        Scenarios or probabilities that cannot be used.
    RequestError
        A constraint, a limit or a measure that cannot be used.
    """
    data = read_scenarios(scenarios, probabilities)
    count = data.matrix.shape[1]
    region = polyhedron(constraints or Constraints(), count)
    goal = None if objective is None else _fitting(as_measure(objective), data, region, "measure")
    expected = data.mean if mean is None else np.array(mean, dtype=np.float64)
    if expected.shape != (count,) or not np.isfinite(expected).all():
        raise RequestError(f"mean: shape {expected.shape}; give {count} finite expected returns per step.")
    if target is not None and not math.isfinite(target):
        raise RequestError(f"target_return: {target!r} is not a number; give a return per step, or none.")
    bounded = tuple(_limit(limit, data, region) for limit in limits)
    names = [row.name for row in region.rows] + [limit.name for limit in bounded]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RequestError(f"limits: {twice} stand there twice; give each limit its own name.")
    return Problem(
        objective=goal,
        scenarios=data,
        mean=expected,
        polyhedron=region,
        limits=bounded,
        target=target,
    )


def covariance(scenarios: ScenarioSet, stride: int = 1) -> FloatArray:
    """Probability-weighted covariance of the rows, (N, N); of every `stride`-th row alone."""
    matrix, shares = np.ascontiguousarray(scenarios.matrix[::stride]), scenarios.shares[::stride]
    out = np.zeros((matrix.shape[1], matrix.shape[1]))
    _kernels.covariance(matrix, shares / shares.sum(), scenarios.mean, out)
    return out + np.tril(out, -1).T


def _limit(limit: Limit, data: ScenarioSet, region: Polyhedron) -> BoundedMeasure:
    measure = as_measure(limit.measure)
    name = limit.name or measure.title
    own = data
    if limit.scenarios is not None:
        own = read_scenarios(limit.scenarios, limit.probabilities, f"limit {name!r}")
    elif limit.probabilities is not None:
        raise RequestError(f"limit {name!r}: probabilities without scenarios; give both or none.")
    if own.matrix.shape[1] != data.matrix.shape[1]:
        raise RequestError(
            f"limit {name!r}: {own.matrix.shape[1]} assets, the programme has {data.matrix.shape[1]}; "
            "give the same assets in the same order."
        )
    _fitting(measure, own, region, f"limit {name!r}")
    at_most = float(limit.at_most)
    fraction = measure.drawdown and measure.compounded
    if math.isnan(at_most) or (fraction and at_most >= 1.0) or (measure.kind != "cvar" and at_most < 0.0):
        allowed = "0 up to but not 1" if fraction else "a number, 0 or more except for cvar"
        raise RequestError(f"limit {name!r}: at_most is {at_most!r}; give {allowed}.")
    return BoundedMeasure(name=name, measure=measure, at_most=at_most, scenarios=own)


def _fitting(measure: Measure, data: ScenarioSet, region: Polyhedron, where: str) -> Measure:
    if data.returns.ndim == 3 and not measure.drawdown:
        raise RequestError(
            f"{where}: {measure.kind} reads scenarios (S, N), these are paths {data.returns.shape}; "
            "give a matrix, or measure cdar or max_drawdown."
        )
    if measure.kind == "tracking_error" and region.benchmark is None:
        raise RequestError(f"{where}: tracking_error needs constraints.benchmark, the weights to follow.")
    return measure
