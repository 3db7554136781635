"""Measures as oracles for cutting planes: the true value at a point, and cuts that hold everywhere.

A measure becomes a linear function of auxiliary variables of the master problem, held up by cuts:

- the mean of the worst ``1 - confidence`` of the atoms ``f_i`` with shares ``p_i`` (Rockafellar and Uryasev,
  in groups): ``v + sum over g of theta_g``, with ``theta_g`` at least the sum over any subset of group g of
  ``p_i / (1 - confidence) (f_i - v)``, each ``f_i`` replaced by its linearisation. Cuts of the atoms above
  the true quantile alone can fail to cut off the master's point, whose ``v`` is another: those above that
  ``v`` are added too. The atoms that tie with the quantile are counted in one cut and left out in another,
  so that the model is exact on both sides of it.
- the worst atom: one ``theta`` with ``theta >= f_i``, for the worst atom of each group.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from . import _kernels
from ._types import FloatArray, IntArray
from .atoms import RUIN, Atoms

_VIOLATION = 1e-11  # in the measure's scaled units: smaller violations are rounding


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cuts:
    """Rows ``theta[t] + mass x level - slope'w >= constant`` in scaled units; ``t`` -1 is no theta.

    `slope` is (k, N), the others (k,). `theta` counts within the oracle's variables, the level is the first.
    """

    slope: FloatArray
    mass: FloatArray
    theta: IntArray
    constant: FloatArray


class Oracle(Protocol):
    """A convex function of the weights, described from below by cuts on its auxiliary variables."""

    scale: float
    """The function is `scale` times ``cost @ auxiliary``."""
    cost: FloatArray
    lower: FloatArray
    upper: FloatArray

    def probe(self, weights: FloatArray, auxiliary: FloatArray | None) -> tuple[float, Cuts]:
        """Scaled value at `weights`, and the cuts that the master's point violates (all, where None)."""


class TailOracle:
    """Mean of the worst ``1 - confidence`` of the atoms."""

    def __init__(self, atoms: Atoms, confidence: float, groups: int) -> None:
        count = len(atoms.shares)
        groups = min(groups, count)
        self.scale = atoms.scale
        self.cost = np.ones(groups + 1)
        high, low = atoms.ceiling / self.scale, atoms.floor / self.scale
        self.lower = np.append(low, np.zeros(groups))
        self.upper = np.append(high, np.full(groups, (high - low) / (1.0 - confidence)))
        self._atoms = atoms
        self._shares = atoms.shares / (1.0 - confidence)
        self._even = bool((atoms.shares == atoms.shares[0]).all())
        self._group = dealt(count, groups, in_turn=atoms.in_turn)
        self._groups = groups
        self._theta = np.arange(1, groups + 1)
        self._chosen, self._place = np.empty(count), np.zeros(count, dtype=np.int64)

    def probe(self, weights: FloatArray, auxiliary: FloatArray | None) -> tuple[float, Cuts]:
        """Scaled value, and violated cuts."""
        values = self._atoms.values(weights)
        if (ruin := _domain(self._atoms)) is not None:
            return math.inf, ruin
        quantile = _quantile(values, self._shares, even=self._even)
        level = quantile if auxiliary is None else float(auxiliary[0]) * self.scale
        excess, bins = self._bins(values, quantile, level)
        above = bins[0] if level <= quantile else bins[0] + bins[1]
        tails = [above, above + bins[2]]
        if level != quantile:
            tails.append(bins[0] if level > quantile else bins.sum(axis=0))
        sums, theta = np.concatenate(tails), np.tile(self._theta, len(tails))
        if auxiliary is not None:
            kept = sums[:, -1] > sums[:, -2] * auxiliary[0] + auxiliary[theta] + _VIOLATION
            sums, theta = sums[kept], theta[kept]
        slope = np.ascontiguousarray(sums[:, :-2])
        constant = sums[:, -1] - np.einsum("kn,n->k", slope, weights)
        cuts = Cuts(slope=slope, mass=sums[:, -2], theta=theta, constant=constant)
        return (quantile + excess) / self.scale, cuts

    def _bins(self, values: FloatArray, quantile: float, level: float) -> tuple[float, FloatArray]:
        """Excess over the quantile, and by bin of the tail and group: gradients, shares, shares x values."""
        groups = self._groups
        mass, total = np.zeros((2, 3 * groups))
        into = (self._group, groups, self._chosen, self._place, mass, total)
        excess = _kernels.tail(values, self._shares, quantile, level, *into)
        slope = self._atoms.gather(self._chosen, self._place, 3 * groups)
        sums = np.column_stack([slope / self.scale, mass, total / self.scale])
        return excess, sums.reshape(3, groups, -1)


class WorstOracle:
    """The largest atom."""

    def __init__(self, atoms: Atoms, groups: int) -> None:
        count = len(atoms.shares)
        self._atoms = atoms
        self._groups = min(groups, count)
        self._group = dealt(count, self._groups, in_turn=atoms.in_turn)
        self._chosen = np.zeros(count)
        self.scale = atoms.scale
        self.cost = np.ones(1)
        self.lower = np.array([atoms.floor / self.scale])
        self.upper = np.array([atoms.ceiling / self.scale])

    def probe(self, weights: FloatArray, auxiliary: FloatArray | None) -> tuple[float, Cuts]:
        """Scaled value, and violated cuts."""
        values = self._atoms.values(weights)
        if (ruin := _domain(self._atoms)) is not None:
            return math.inf, ruin
        found = np.full(self._groups, -1)
        _kernels.worst(values, self._group, found)
        highest = values[found] / self.scale
        kept = slice(None) if auxiliary is None else highest > auxiliary[0] + _VIOLATION
        chosen = found[kept]
        self._chosen[chosen] = 1.0
        slope = self._atoms.gather(self._chosen, self._group, self._groups)[kept] / self.scale
        self._chosen[chosen] = 0.0
        return float(highest.max()), Cuts(
            slope=slope,
            mass=np.zeros(len(slope)),
            theta=np.zeros(len(slope), dtype=np.int64),
            constant=highest[kept] - np.einsum("kn,n->k", slope, weights),
        )


def dealt(count: int, groups: int, *, in_turn: bool) -> IntArray:
    """Group of each atom: dealt in turn, or in consecutive blocks."""
    return np.arange(count) % groups if in_turn else np.arange(count) * groups // count


def _quantile(values: FloatArray, shares: FloatArray, *, even: bool) -> float:
    """Largest value whose share and the shares above it are the whole tail, 1; all shares sum to more."""
    count = len(values)
    if even:
        place = count - min(count, math.ceil(1.0 / shares[0] - 1e-9))
        return float(np.partition(values, place)[place])
    likely = min(count, 2 * math.ceil(count / shares.sum()) + 16)
    pool = np.flatnonzero(values >= np.partition(values, count - likely)[count - likely])
    if shares[pool].sum() < 1.0:
        pool = np.arange(count)
    order = pool[np.argsort(values[pool])[::-1]]
    place = int(np.searchsorted(np.cumsum(shares[order]), 1.0 - 1e-12))
    return float(values[order[min(place, len(order) - 1)]])


def _domain(atoms: Atoms) -> Cuts | None:
    """Cuts ``r'w >= RUIN - 1`` for the steps that lose everything: of the domain, not of the measure."""
    ruined = atoms.ruined()
    if ruined is None:
        return None
    count = len(ruined)
    return Cuts(
        slope=-ruined,
        mass=np.zeros(count),
        theta=np.full(count, -1),
        constant=np.full(count, RUIN - 1.0),
    )
