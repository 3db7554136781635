"""First-order changes along a path: by how much the value changes if one step holds another portfolio."""

import numpy as np
from numpy.typing import NDArray

from .backward import Induction, Problem

FloatArray = NDArray[np.float64]


def value_changes(problem: Problem, induction: Induction) -> FloatArray:
    """(T, K) change of the value when one step alone holds another portfolio than ``problem.forced``.

    ``<f_t, E_k V_(t+1)> - <f_t, E_(k_t) V_(t+1)>`` with the distribution f_t over the nodes after settlement
    t, moved forward on the lattice, and the values V kept by the induction. Exact but for the linear
    spreading of money in and out; it directs a search, whose steps are evaluated exactly.
    """
    assert problem.forced is not None
    lattice = problem.lattice
    n = lattice.size
    nodes = np.exp(lattice.origin + lattice.spacing * np.arange(n))
    pad = max(int(max(abs(s.first).max(), abs(s.first + s.count).max())) for s in problem.stencils)
    dense = [_dense(s.first, s.count, s.weights, pad) for s in problem.stencils]
    out = np.empty((len(problem.forced), problem.menus[0].size))
    mass = _settle(problem, induction, 0, np.array([problem.wealth]), np.ones(1))
    for t, k in enumerate(problem.forced):
        law = problem.law[t]
        onward = np.pad(induction.values[t + 1], pad, mode="edge")
        worth = dense[law] @ np.correlate(onward, mass, "valid")
        out[t] = worth - worth[k]
        spread = np.convolve(mass, dense[law][k])
        moved = spread[pad : pad + n]
        moved[0] += spread[:pad].sum()
        moved[-1] += spread[pad + n :].sum()
        mass = _settle(problem, induction, t + 1, nodes, moved)
    return out


def _dense(first: NDArray[np.int64], count: NDArray[np.int64], weights: FloatArray, pad: int) -> FloatArray:
    """(K, 2 pad + 1) weights by offset, -pad .. pad."""
    out = np.zeros((len(first), 2 * pad + 1))
    for k, (f, c) in enumerate(zip(first, count, strict=True)):
        out[k, pad + f : pad + f + c] = weights[k, :c]
    return out


def _settle(
    problem: Problem, induction: Induction, step: int, wealth: FloatArray, mass: FloatArray
) -> FloatArray:
    """Distribution over the nodes after money and payments of `step`; what is ruined for good is dropped."""
    lattice, choices = problem.lattice, induction.choices
    x = (np.log(np.maximum(wealth + problem.flows[step], 1e-300)) - lattice.origin) / lattice.spacing
    node = np.clip(np.rint(x), 0, lattice.size - 1).astype(np.int64)
    chosen = choices.start[step] + induction.settled[step, 0, node]
    rest = wealth + problem.flows[step] - choices.cost[chosen]
    alive = rest > 0.0 if problem.absorbing else rest == rest
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.where(rest > 0.0, (np.log(rest) - lattice.origin) / lattice.spacing, 0.0)
    x = np.clip(x, 0.0, lattice.size - 1.0)
    low = np.minimum(x.astype(np.int64), lattice.size - 2)
    upper = (x - low) * mass * alive
    settled: FloatArray = np.zeros(lattice.size)
    np.add.at(settled, low, mass * alive - upper)
    np.add.at(settled, low + 1, upper)
    return settled
