"""One backward induction: checked inputs in, value, tracked values and decisions out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ._drawdown_kernels import Limit, backward_limited
from ._kernels import backward
from ._settlement_kernels import Dues, Grid
from ._step_kernels import Moves
from .goals import PolicyGoal, Settlements, plain_goal, settlements
from .lattice import Lattice
from .menus import Menu
from .moves import padding
from .stencils import Stencils

FloatArray = NDArray[np.float64]

_ROOM = 96  # jumps kept beside the settlements of a step


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
    deep
        (T, K, rows) probability that the limit breaks in a step and the drawdown ends past 1.5 limits.

    """

    rows: int
    now: int
    reset: NDArray[np.bool_]
    admissible: NDArray[np.bool_]
    deep: FloatArray

    @property
    def windows(self) -> NDArray[np.int64]:
        """(T+1,) window in which a break that is seen at the end of a step falls."""
        ended = np.cumsum(self.reset)
        return np.concatenate([[0], ended[:-1]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A policy problem on a lattice: everything that does not change while multipliers are tuned.

    ``moves`` and ``edges`` (G, K, Q, 3; without a limit empty) are the laws as the kernels read them.
    ``forced`` (T,) fixes the portfolio of every step (a glide path or fixed mix to be evaluated) instead of
    leaving the choice to the induction.
    """

    menus: tuple[Menu, ...]
    law: NDArray[np.int64]
    stencils: tuple[Stencils, ...]
    moves: Moves
    edges: FloatArray
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

    ``value`` counts the multiplier and the price; ``probability`` (n_reported,), ``breach`` (windows,) and
    ``deep``, the expected number of windows whose drawdown ends past 1.5 limits, are those of the policy
    found. ``hold`` (T, Q, n) is the portfolio at the wealth after settlement, ``settled`` (T+1, Q, n) the
    number of the settlement within its step at the wealth after money in, decided at the upper edge of each
    cell. ``hold_turn`` (T, n) and ``settled_turn`` (T+1, n) say where in the cell above a node, from 0 to 1,
    what is decided at the next takes over; empty with a drawdown state. ``values`` (T+1, n) is the value before
    settlement at the peak, empty unless asked for.
    """

    value: float
    probability: FloatArray
    breach: FloatArray
    deep: float
    hold: NDArray[np.int16]
    settled: NDArray[np.int16]
    hold_turn: NDArray[np.float32]
    settled_turn: NDArray[np.float32]
    choices: Settlements
    multiplier: float
    price: float
    values: FloatArray

    @property
    def charged(self) -> float:
        """What the value was charged for breaches and deep falls."""
        return float(self.multiplier * self.breach.sum() + self.price * self.deep)


def _matters(choices: Settlements) -> NDArray[np.bool_]:
    """(T+1,) whether a fiftieth of all utility, or more, is decided in the step."""
    most = np.maximum.reduceat(choices.utility, choices.start[:-1])
    return np.asarray(most >= 0.02 * most.sum())


def _seen(spread: FloatArray, lattice: Lattice) -> FloatArray:
    """Spreads that the lattice can tell from none: below half a cell an amount is taken as certain."""
    return np.where(spread < 0.5 * lattice.spacing, 0.0, spread)


def induce(
    problem: Problem,
    weights: Sequence[float],
    multiplier: float = 0.0,
    price: float = 0.0,
    *,
    keep_values: bool = False,
) -> Induction:
    """Solve `problem` with goal utilities scaled by `weights`.

    `multiplier` is charged once per window whose limit breaks, `price` for a deep fall in it. With
    `keep_values` the value of every node before its settlement, (T+1, n), comes along; not with a drawdown
    state.
    """
    lattice, state = problem.lattice, problem.drawdown
    steps = len(problem.flows) - 1
    choices = settlements(problem.goals, weights, steps, problem.shortfall_aversion)
    plain = plain_goal(problem.goals, problem.shortfall_aversion)
    scale = problem.goals[0].options[0][1] * weights[0] if plain else 0.0
    tracks = choices.paid_in_full(problem.goals)[: 0 if scale else None]
    windows = int(state.windows.max()) + 1 if state else 0
    last_of = [int(np.flatnonzero(state.windows == w)[-1]) for w in range(windows)] if state else []
    gains = np.vstack([tracks, np.zeros((windows + bool(state), len(choices.cost)))])
    last = np.repeat(np.arange(steps + 1), np.diff(choices.start))
    alive = np.full(len(gains), steps, dtype=np.int64)
    alive[: len(tracks)] = [last[np.flatnonzero(row)].max(initial=0) for row in tracks]
    alive[len(tracks) : len(tracks) + windows] = last_of
    dues = Dues(
        problem.flows.copy(), choices.start, choices.cost, _seen(choices.spread, lattice), choices.utility,
        choices.aversion, choices.scale, _seen(choices.scale_spread, lattice), _matters(choices),
        gains, alive, problem.absorbing,
    )  # fmt: skip
    moves = problem.moves
    grid = Grid(lattice.origin, lattice.spacing, lattice.size, padding(moves))
    room = int(np.diff(choices.start).max()) + _ROOM
    forced = np.full(steps, -1, dtype=np.int64) if problem.forced is None else problem.forced.copy()
    rows = state.rows if state else 1
    hold = np.zeros((steps, rows, lattice.size), dtype=np.int16)
    settled = np.zeros((steps + 1, rows, lattice.size), dtype=np.int16)
    cells = lattice.size if state is None else 0
    hold_turn = np.full((steps, cells), 0.5, dtype=np.float32)
    settled_turn = np.full((steps + 1, cells), 0.5, dtype=np.float32)
    values = np.zeros((steps + 1 if keep_values else 0, lattice.size))
    if state is None:
        value, tracked = backward(
            grid, moves, problem.law.copy(), dues, forced, problem.reach, len(moves.smooth_first) - 1, room,
            hold[:, 0], hold_turn, settled[:, 0], settled_turn, values, problem.wealth,
        )  # fmt: skip
    else:
        charges = np.zeros((len(gains), steps + 1))
        charges[len(tracks) + state.windows, np.arange(steps + 1)] = 1.0
        limit = Limit(
            rows,
            state.admissible,
            state.reset,
            problem.edges,
            charges,
            float(multiplier),
            state.deep,
            float(price),
            state.now,
        )
        value, tracked = backward_limited(
            grid, moves, problem.law, dues, limit, forced, problem.reach, room, hold, settled, problem.wealth
        )
    breach = tracked[len(tracks) : len(tracks) + windows]
    deep = float(tracked[-1]) if state else 0.0
    probability = (
        np.array([(value + multiplier * breach.sum() + price * deep) / scale])
        if scale
        else tracked[: len(tracks)]
    )
    return Induction(
        value=float(value),
        probability=np.clip(probability, 0.0, 1.0),
        breach=np.clip(breach, 0.0, 1.0),
        deep=deep,
        hold=hold,
        settled=settled,
        hold_turn=hold_turn,
        settled_turn=settled_turn,
        choices=choices,
        multiplier=float(multiplier),
        price=float(price),
        values=values,
    )
