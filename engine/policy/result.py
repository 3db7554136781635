"""``Policy``: what was found, what it achieves, and what it says at any step and wealth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .backward import Induction, Problem
from .task import PolicyTask

FloatArray = NDArray[np.float64]

_CAUTION = 0.18  # cells: taken at the middle of its cell, a drawdown near the limit would break it too often


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The policy found and what it achieves on its own lattice.

    Attributes
    ----------
    value
        Expected utility now, the multiplier not counted.
    probability
        (n_goals,) probability that each goal is paid in full; the payments of a stream are one entry, the
        expected share of them paid in full.
    first
        Menu index to hold now.
    breach_probability
        Largest probability of any window that the drawdown limit breaks; 0 without a limit.
    multiplier
        Price of one unit of breach probability in utility (0 where the limit does not bind).
    dual_bound
        No policy on this lattice that keeps the limit has a larger value; `value` without a limit, and for a
        policy by date alone, where no bound is known.
    feasible
        False if even the calmest policy breaks the limit more often than allowed; `breach_probability` is
        then the least attainable.
    weights
        Weight of every goal in the objective, from the priorities; ones without.
    task, problem, induction
        What was asked, the lattice problem that was solved, and its decisions.
    path
        (T,) portfolio of each step where the policy is by date alone (glide path, fixed mix); None if
        dynamic.

    """

    value: float
    probability: FloatArray
    first: int
    breach_probability: float
    multiplier: float
    dual_bound: float
    feasible: bool
    weights: tuple[float, ...]
    task: PolicyTask
    problem: Problem
    induction: Induction
    path: NDArray[np.int64] | None = None

    def at(
        self, step: int, wealth: float, drawdown: float = 0.0, broken: bool = False
    ) -> tuple[int, FloatArray]:
        """Decide at `step` with `wealth` before that step's money in.

        Parameters
        ----------
        step
            0..T.
        wealth
            Before the step's flow and goals.
        drawdown
            Fraction below the peak of the unit value since the last reset.
        broken
            True once the limit has been broken in this window.

        Returns
        -------
        tuple
            Menu index to hold after settlement (0 at the last step), and per goal the fraction paid at this
            step.

        """
        goals, choices = self.problem.goals, self.induction.choices
        fractions = np.zeros(len(goals))
        available = max(wealth + self.problem.flows[step], 0.0)
        state = self._state(drawdown)
        lo, hi = choices.start[step], choices.start[step + 1]
        if hi - lo > 1:
            node = self._node(available, self.induction.settled_turn[step])
            chosen = lo + int(self.induction.settled[step, state, node])
            while chosen > lo and choices.cost[chosen] > available * (1.0 + 1e-9):
                chosen -= 1
            for g, option in enumerate(choices.option[chosen]):
                if option > 0:
                    fractions[g] = goals[g].options[option - 1][0] / goals[g].cost
            available = max(available - choices.cost[chosen], 0.0)
        if step == len(self.problem.flows) - 1:
            return 0, fractions
        if self.path is not None:
            return int(self.path[step]), fractions
        if broken:
            return 0, fractions
        node = self._node(available, self.induction.hold_turn[step])
        return int(self.induction.hold[step, state, node]), fractions

    def _node(self, wealth: float, turn: NDArray[np.float32]) -> int:
        """Node whose decision holds at `wealth`: the one below, or the next from the cell's `turn` on."""
        lattice = self.problem.lattice
        if wealth <= 0.0:
            return 0
        place = (np.log(wealth) - lattice.origin) / lattice.spacing
        node = int(np.clip(np.floor(place), 0, lattice.size - 1))
        return min(node + int(place - node >= (turn[node] if len(turn) else 0.5)), lattice.size - 1)

    def _state(self, drawdown: float) -> int:
        if self.problem.drawdown is None:
            return 0
        steps = np.rint(-np.log1p(-drawdown) / self.problem.lattice.spacing + _CAUTION)
        return int(np.clip(steps, 0, self.problem.drawdown.rows - 1))
