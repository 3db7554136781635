"""One backward induction: checked inputs in, value, tracked values and decisions out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ._kernels import backward
from .goals import PolicyGoal, Settlements, settlements
from .lattice import Lattice
from .menus import Menu, Stencils

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawdownState:
    """The second state of the lattice: drawdown from the peak in lattice steps, and what a break costs.

    Attributes
    ----------
    rows
        Drawdown states kept: 0..rows-1 steps below the peak; the limit lies at ``rows - 1/2`` steps.
    now
        State at the start.
    reset
        (T+1,) True in the months that start a new window (peak and flag start afresh).
    admissible
        (rows, K) portfolios that may be held in each state.

    """

    rows: int
    now: int
    reset: NDArray[np.bool_]
    admissible: NDArray[np.bool_]

    @property
    def windows(self) -> NDArray[np.int64]:
        """(T+1,) window in which a break that is seen at the end of a step falls."""
        ended = np.cumsum(self.reset)
        return np.concatenate([[0], ended[:-1]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A policy problem on a lattice: everything that does not change while multipliers are tuned.

    ``forced`` (T,) fixes the portfolio of every step (a glide path or fixed mix to be evaluated) instead of
    leaving the choice to the induction.
    """

    menus: tuple[Menu, ...]
    law: NDArray[np.int64]
    stencils: tuple[Stencils, ...]
    step_years: float
    wealth: float
    flows: FloatArray
    goals: tuple[PolicyGoal, ...]
    absorbing: bool
    shortfall_aversion: float
    lattice: Lattice
    reach: NDArray[np.int64]
    drawdown: DrawdownState | None
    forced: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Induction:
    """Result of one backward induction.

    ``value`` counts the multiplier; ``probability`` (n_reported,) and ``breach`` (windows,) are those of the
    policy found. ``hold`` (T, Q, n) is the portfolio at the wealth after settlement, ``settled`` (T+1, Q, n)
    the number of the settlement within its step at the wealth after money in, decided at the upper edge of
    each cell. ``values`` (T+1, n) is the value before settlement at the peak, empty unless asked for.
    """

    value: float
    probability: FloatArray
    breach: FloatArray
    hold: NDArray[np.int16]
    settled: NDArray[np.int16]
    choices: Settlements
    multiplier: float
    values: FloatArray


def induce(
    problem: Problem, weights: Sequence[float], multiplier: float = 0.0, *, keep_values: bool = False
) -> Induction:
    """Solve `problem` with goal utilities scaled by `weights`.

    `multiplier` is charged once per window whose limit breaks. With `keep_values` the value of every node before its
    settlement, (T+1, n), comes along.
    """
    lattice, state = problem.lattice, problem.drawdown
    steps = len(problem.flows) - 1
    choices = settlements(problem.goals, weights, steps, problem.shortfall_aversion)
    paid = choices.paid_in_full(problem.goals)
    windows = int(state.windows.max()) + 1 if state else 0
    plain = len(problem.goals) == 1 and len(problem.goals[0].options) == 1 and not problem.shortfall_aversion
    scale = problem.goals[0].options[0][1] * weights[0] if plain else 1.0
    goal_tracks = 0 if plain and scale else len(paid)
    gains = np.vstack([paid[:goal_tracks], np.zeros((windows, paid.shape[1]))])
    charges = np.zeros((goal_tracks + windows, steps + 1))
    if state:
        charges[goal_tracks + state.windows, np.arange(steps + 1)] = 1.0
    rows = state.rows if state else 1
    size = menu_size(problem)
    start, log, node, table = _jumps(problem, choices)
    pad = max(int(max(abs(s.first).max(), abs(s.first + s.count).max())) for s in problem.stencils) + 8
    hold = np.zeros((steps, rows, lattice.size), dtype=np.int16)
    settled = np.zeros((steps + 1, rows, lattice.size), dtype=np.int16)
    values = np.zeros((steps + 1 if keep_values else 0, lattice.size))
    value, tracked = backward(
        lattice.origin, lattice.spacing, lattice.size, pad, problem.reach, rows, state is not None,
        np.stack([s.first for s in problem.stencils]),
        np.stack([s.count for s in problem.stencils]),
        _stack([s.weights for s in problem.stencils]),
        problem.law,
        state.admissible if state else np.ones((1, size), dtype=np.bool_),
        np.full(steps, -1, dtype=np.int64) if problem.forced is None else problem.forced,
        problem.flows,
        choices.start, choices.cost, choices.utility, choices.aversion, choices.scale,
        start, log, node, table,
        gains, charges, problem.absorbing, np.full(steps + 1, float(multiplier)),
        state.reset if state else np.zeros(steps + 1, dtype=np.bool_),
        hold, settled, values, problem.wealth, state.now if state else 0,
    )  # fmt: skip
    breach = tracked[goal_tracks:]
    probability = (
        np.array([(value + multiplier * breach.sum()) / scale]) if plain and scale else tracked[:goal_tracks]
    )
    return Induction(
        value=float(value),
        probability=np.clip(probability, 0.0, 1.0),
        breach=np.clip(breach, 0.0, 1.0),
        hold=hold,
        settled=settled,
        choices=choices,
        multiplier=float(multiplier),
        values=values,
    )


def menu_size(problem: Problem) -> int:
    """Count the portfolios K."""
    return problem.menus[0].size


def _stack(weights: list[FloatArray]) -> FloatArray:
    widest = max(w.shape[1] for w in weights)
    return np.stack([np.pad(w, ((0, 0), (0, widest - w.shape[1]))) for w in weights])


def _jumps(
    problem: Problem, choices: Settlements
) -> tuple[NDArray[np.int64], FloatArray, NDArray[np.int64], FloatArray]:
    """Places where the value jumps, and how far each stencil misses the exact chance of passing them.

    A jump lies where the wealth before the money of a month just affords a settlement. The stencil weighs
    nodes, so it puts the jump on a node; the table holds, per jump, portfolio and offset, the exact
    probability of passing it less the stencil's.
    """
    lattice, flows = problem.lattice, problem.flows
    floor = np.exp(lattice.origin)
    start: list[int] = [0]
    places: list[float] = []
    laws: list[int] = []
    for t in range(len(flows)):
        if t > 0:
            first, last = choices.start[t], choices.start[t + 1]
            if last - first > 1 or flows[t] < 0.0:
                before = choices.cost[first:last] - flows[t]
                before = before[before > floor]
                places.extend(np.log(before))
                laws.extend([int(problem.law[t - 1])] * len(before))
        start.append(len(places))
    log = np.array(places, dtype=np.float64)
    position = (log - lattice.origin) / lattice.spacing
    node = np.floor(position + 1e-9).astype(np.int64)
    fraction = np.clip(position - node, 0.0, None)
    widest = max(s.weights.shape[1] for s in problem.stencils)
    table = np.zeros((len(log), menu_size(problem), widest + 2))
    for g in sorted(set(laws)):
        mine = np.flatnonzero(np.array(laws) == g)
        table[mine] = _missed(
            problem.menus[g], problem.stencils[g], problem.step_years, lattice, fraction[mine], widest
        )
    return np.array(start, dtype=np.int64), log, node, table


def _missed(
    menu: Menu, stencil: Stencils, step_years: float, lattice: Lattice, fraction: FloatArray, widest: int
) -> FloatArray:
    """(jump, K, widest + 2) chance of passing a jump less the stencil's, offsets first-1 .. first+widest."""
    offset = stencil.first[:, None] + np.arange(widest + 2) - 1
    at = (offset[None] + fraction[:, None, None]) * lattice.spacing
    weights = np.pad(stencil.weights, ((0, 0), (1, widest + 2 - stencil.weights.shape[1])))
    from_node = weights[:, ::-1].cumsum(axis=1)[:, ::-1]  # weight at or above each offset
    on_lattice = np.where(fraction[:, None, None] > 1e-9, from_node[:, 1:], from_node[:, :-1])
    missed = menu.tail(step_years, at) - on_lattice
    missed[:, np.arange(widest + 2) >= stencil.count[:, None] + 2] = 0.0
    return missed
