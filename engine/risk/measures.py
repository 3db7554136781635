"""Risk measures: their definition in plain numpy, and how a figure maps to a convex function.

With weights ``w`` and simple returns ``r`` per step (decimals):

- *variance*: ``sum p (r'w - mean'w)^2``, the population form; *tracking error*: the square root of the
  variance of ``r'(w - b)`` for the benchmark's weights ``b``.
- *cvar*: mean of the worst ``1 - confidence`` of the losses ``-r'w``, the tail cut exactly (Rockafellar and
  Uryasev, J. Risk 2000): ``min over v of v + E max(-r'w - v, 0) / (1 - confidence)``.
- *drawdown* of a mix rebalanced at every step, compounded: with ``L_t = sum log(1 + r_u'w)`` up to t and
  ``L_0 = 0``, the log drawdown ``D_t = max over s <= t of L_s - L_t`` is a maximum of sums of convex
  functions of ``w``, so it is convex, exactly; ``1 - exp(-D_t)`` is the fraction lost from the peak.
  Uncompounded (the convention of most packages, kept for parity), ``L_t`` is the running sum of ``r_u'w``.
- *cdar*: mean of the worst ``1 - confidence`` of the drawdowns, over all steps (of all paths together).
- *max_drawdown*: the largest drawdown; over paths, the mean of the worst ``1 - confidence`` of the paths'
  log maximum drawdowns, and with confidence 1 the worst path.

Compounded figures are averaged as log drawdowns, where they are convex, and told as fractions,
``1 - exp(-D)``. That fraction is never below the same average of the fractions (Jensen), so a limit on it is
on the safe side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from ..errors import RequestError
from ._types import FloatArray

Kind = Literal["variance", "tracking_error", "cvar", "cdar", "max_drawdown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A risk measure: its kind and how it looks at the tail.

    Attributes
    ----------
    kind : {"variance", "tracking_error", "cvar", "cdar", "max_drawdown"}
    confidence : float
        Between 0 (the mean) and 1 (the worst); cvar, cdar, and max_drawdown over several paths.
    compounded : bool
        Drawdowns of the compounded value (default), or of the running sum of returns.
    """

    kind: Kind
    confidence: float = 0.95
    compounded: bool = True

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise RequestError(f"measure: {self.kind!r} is unknown; give one of {list(get_args(Kind))}.")
        if not 0.0 <= self.confidence <= 1.0:
            raise RequestError(f"confidence: {self.confidence!r} is not between 0 and 1; 0.95 is usual.")

    @property
    def title(self) -> str:
        """Name to tell it by, such as ``"cvar 95 %"``."""
        return f"{self.kind} {100.0 * self.confidence:g} %" if self.kind in ("cvar", "cdar") else self.kind

    @property
    def smooth(self) -> bool:
        """Whether the measure is a quadratic form of the weights."""
        return self.kind in ("variance", "tracking_error")

    @property
    def drawdown(self) -> bool:
        """Whether the order of the rows matters."""
        return self.kind in ("cdar", "max_drawdown")

    def convex(self, figure: float) -> float:
        """Value of the convex function (a log drawdown, a standard deviation) for the figure one reads."""
        if self.kind == "variance":
            return math.sqrt(figure)
        if self.drawdown and self.compounded:
            return -math.log1p(-figure) if figure < 1.0 else math.inf
        return figure

    def figure(self, convex: float) -> float:
        """Figure one reads, from the value of the convex function."""
        if self.kind == "variance":
            return convex * convex
        if self.drawdown and self.compounded:
            return -math.expm1(-convex)
        return convex

    def slope(self, figure: float) -> float:
        """Return d figure / d convex at `figure`."""
        if self.kind == "variance":
            return 2.0 * math.sqrt(max(figure, 0.0))
        if self.drawdown and self.compounded:
            return 1.0 - figure
        return 1.0

    def value(
        self,
        weights: FloatArray,
        scenarios: FloatArray,
        probabilities: FloatArray | None = None,
        benchmark: FloatArray | None = None,
    ) -> float:
        """Figure of the measure, recomputed in numpy from the weights alone.

        Parameters
        ----------
        weights : (N,)
        scenarios : (S, N), or (P, T, N) for drawdowns over paths
            Simple returns per step, decimals; time-ordered for drawdowns.
        probabilities : (S,) or (P,), optional
            Of the rows (for cdar: the weight of each step), or of the paths; uniform where left out.
        benchmark : (N,), optional
            Weights that the tracking error is measured from.

        Returns
        -------
        float
            A variance or a standard deviation per step, a loss, or a fraction of the peak; 1 where a
            compounded path loses everything.
        """
        active = weights if benchmark is None or self.kind != "tracking_error" else weights - benchmark
        returns = np.einsum("...n,n->...", scenarios, active)
        if self.smooth:
            variance = _variance(returns, probabilities)
            return variance if self.kind == "variance" else math.sqrt(variance)
        if self.kind == "cvar":
            return tail_mean(-returns, probabilities, self.confidence)
        paths = returns[None] if returns.ndim == 1 else returns
        depth = drawdowns(paths, compounded=self.compounded)
        if self.kind == "max_drawdown":
            worst = depth.max(axis=1)
            if len(worst) == 1:
                return self.figure(float(worst[0]))
            return self.figure(tail_mean(worst, probabilities, self.confidence))
        if probabilities is not None and returns.ndim == 2:
            probabilities = np.repeat(probabilities / paths.shape[1], paths.shape[1])
        return self.figure(tail_mean(depth.ravel(), probabilities, self.confidence))


def as_measure(measure: Measure | str) -> Measure:
    """Measure of that name with its defaults, or the measure itself."""
    return measure if isinstance(measure, Measure) else Measure(kind=measure)  # type: ignore[arg-type]


def drawdowns(returns: FloatArray, *, compounded: bool = True) -> FloatArray:
    """Drawdown from the running peak after each step, ``(P, T)`` to ``(P, T)``; the peak includes the start.

    Compounded, the log drawdown ``-log(value / peak)``, inf once everything is lost; else the fall of the
    running sum of returns.
    """
    with np.errstate(divide="ignore"):
        steps = np.log(np.maximum(1.0 + returns, 0.0)) if compounded else returns
    level = np.cumsum(steps, axis=1)
    peak = np.maximum.accumulate(np.maximum(level, 0.0), axis=1)
    return np.asarray(peak - level)


def tail_mean(values: FloatArray, probabilities: FloatArray | None, confidence: float) -> float:
    """Mean of the largest ``1 - confidence`` of `values`, the last of them counted in part.

    With confidence 1, the largest value that has a probability.
    """
    if probabilities is not None:
        values, probabilities = values[probabilities > 0.0], probabilities[probabilities > 0.0]
    share = 1.0 - confidence
    largest = float(values.max())
    if share <= 0.0 or not math.isfinite(largest):
        return largest
    if probabilities is None:
        count = min(len(values) * share, float(len(values)))
        whole = int(count)
        if whole == len(values):
            return float(values.mean())
        last = len(values) - whole - 1
        ranked = np.partition(values, last)
        return float((ranked[last + 1 :].sum() + ranked[last] * (count - whole)) / count)
    order = np.argsort(values, kind="stable")[::-1]
    before = np.cumsum(probabilities[order]) - probabilities[order]
    counted = np.clip(share - before, 0.0, probabilities[order])
    return float((counted * values[order]).sum() / counted.sum())


def _variance(returns: FloatArray, probabilities: FloatArray | None) -> float:
    shares = np.full(len(returns), 1.0 / len(returns)) if probabilities is None else probabilities
    centred = returns - (shares * returns).sum()
    return float((shares * centred * centred).sum())
