"""Policies that look at the date alone: the best single mix, and the best path of mixes by date.

Both are found under the same goals and the same drawdown limit as the dynamic policy, and evaluated exactly:
the goals on the wealth lattice with the portfolio of every step given, the limit on a chain in the drawdown
alone. What is paid at each goal date still looks at the wealth there is.

The path is improved step by step. One backward pass (value of every node) and one forward pass (distribution
over the nodes) give, for every step and portfolio, by how much the value changes if that step alone is
changed, and the chain gives the same for the breach. The path that is best in these first-order terms within
a trust region is tried exactly, taken if better, and otherwise changed less.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ._path_kernels import best_path
from .along import value_changes
from .backward import Induction, Problem, induce
from .drawdown_chain import DrawdownChain, drawdown_chain
from .priorities import lexicographic_weights
from .result import Policy
from .task import PolicyTask

FloatArray = NDArray[np.float64]
Path = NDArray[np.int64]

_SWEEPS = 40
_MULTIPLIERS = 30
_GAIN = 1e-6  # a path must be better by this much to be taken
_DEAREST = 1e3  # largest price of a unit of breach, in utility
_RELUCTANCE = (0.0, 0.1, 0.3, 0.6)  # share of the best single gain below which a step is left as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    path: Path
    induction: Induction
    breach: FloatArray
    feasible: bool


_Search = Callable[[Problem, DrawdownChain | None, PolicyTask, Sequence[float]], _Found]


def best_fixed_mix(task: PolicyTask) -> Policy:
    """Find the one portfolio to hold throughout that best meets the goals of `task` within its limit.

    Parameters
    ----------
    task
        As for `solve_task`. After a breach the mix is kept: it looks at nothing but the date. With a stress
        floor only portfolios are considered that keep it at the peak.

    Returns
    -------
    Policy
        With ``path`` (T,) constant; ``feasible`` False, and the mix with the least breach, if none keeps the
        limit.

    """
    return _solve(task, _best_mix)


def best_glide_path(task: PolicyTask, *, monotone: bool = True) -> Policy:
    """Find the portfolios by date that best meet the goals of `task` within its limit.

    Parameters
    ----------
    task
        As for `best_fixed_mix`.
    monotone
        True: the menu index, which is the order of risk, never rises with time.

    Returns
    -------
    Policy
        With ``path`` (T,). Never worse than the best fixed mix; a local optimum in the path.

    """

    def search(
        problem: Problem, chain: DrawdownChain | None, task: PolicyTask, weights: Sequence[float]
    ) -> _Found:
        start = _best_mix(problem, chain, task, weights)
        if not start.feasible:
            return start
        if chain is not None:
            start = max([start, *_early_risk(problem, chain, task, weights, int(start.path[-1]))], key=_value)
        return _improve(problem, chain, task, weights, start, monotone)

    return _solve(task, search)


def _solve(task: PolicyTask, search: _Search) -> Policy:
    problem = task.problem(task.spacing, limited=False)
    chain = drawdown_chain(task) if task.drawdown_limit is not None else None

    def best(weights: Sequence[float]) -> Induction:
        return search(problem, chain, task, weights).induction

    weights = (
        lexicographic_weights(task.goals, best, task.tolerance) if task.ranked else [1.0] * len(task.goals)
    )
    found = search(problem, chain, task, weights)
    found.path.flags.writeable = False
    return Policy(
        value=found.induction.value,
        probability=found.induction.probability,
        first=int(found.path[0]),
        breach_probability=float(found.breach.max(initial=0.0)),
        multiplier=0.0,
        dual_bound=found.induction.value,
        feasible=found.feasible,
        weights=tuple(weights),
        task=task,
        problem=replace(problem, forced=found.path),
        induction=found.induction,
        path=found.path,
    )


def _evaluate(
    problem: Problem, chain: DrawdownChain | None, task: PolicyTask, weights: Sequence[float], path: Path
) -> _Found:
    breach = np.zeros(1) if chain is None else chain.breach(path)
    return _Found(
        path=path,
        induction=induce(replace(problem, forced=path), weights, keep_values=True),
        breach=breach,
        feasible=chain is None or float(breach.max()) <= task.allowance,
    )


def _best_mix(
    problem: Problem, chain: DrawdownChain | None, task: PolicyTask, weights: Sequence[float]
) -> _Found:
    """Best single mix among those that keep the limit; the one with the least breach where none does."""
    paths = [np.full(task.steps, k, dtype=np.int64) for k in np.flatnonzero(_allowed(task))]
    if chain is not None:
        worst = [float(chain.breach(path).max()) for path in paths]
        within = [path for path, breach in zip(paths, worst, strict=True) if breach <= task.allowance]
        paths = within or [paths[int(np.argmin(worst))]]
    return max((_evaluate(problem, chain, task, weights, path) for path in paths), key=_value)


def _value(found: _Found) -> float:
    return found.induction.value


def _early_risk(
    problem: Problem, chain: DrawdownChain, task: PolicyTask, weights: Sequence[float], calm: int
) -> list[_Found]:
    """Every mix that breaks the limit, held as long as the limit allows, then `calm`."""
    found = []
    for k in np.flatnonzero(_allowed(task)):
        low, high = 0, task.steps
        while high - low > 1:
            middle = (low + high) // 2
            path = np.where(np.arange(task.steps) < middle, k, calm)
            low, high = (middle, high) if float(chain.breach(path).max()) <= task.allowance else (low, middle)
        if 0 < low < task.steps - 1:
            path = np.where(np.arange(task.steps) < low, k, calm)
            found.append(_evaluate(problem, chain, task, weights, path))
    return found


def _allowed(task: PolicyTask) -> NDArray[np.bool_]:
    """(K,) portfolios that keep the stress floor at the peak; portfolio 0 always."""
    allowed = np.ones(task.size, dtype=np.bool_)
    if task.stress_floor is not None and task.worst_loss is not None:
        allowed = np.asarray(task.worst_loss) <= task.stress_floor
        allowed[0] = True
    return allowed


def _improve(
    problem: Problem, chain: DrawdownChain | None, task: PolicyTask, weights: Sequence[float], found: _Found,
    monotone: bool,
) -> _Found:  # fmt: skip
    """Better paths within a trust region that widens with success, until single steps gain nothing."""
    barred = np.where(_allowed(task), 0.0, -np.inf)
    index = np.arange(task.size)
    effort, radius = 0, task.size
    gains = charges = np.zeros((task.steps, task.size))
    fresh, reserve = False, np.zeros_like(found.breach)
    for _ in range(_SWEEPS):
        if not fresh:
            gains = value_changes(replace(problem, forced=found.path), found.induction) + barred
            charges = np.zeros_like(gains) if chain is None else chain.changes(found.path)
            fresh = True
        away = np.abs(index[None, :] - found.path[:, None])
        held_back = _RELUCTANCE[effort] * float(gains.max())
        scores = np.where(away <= radius, gains - held_back * (away > 0), -np.inf)
        path = _first_order_best(scores, charges, chain, task.allowance - found.breach - reserve, monotone)
        tried = found if np.array_equal(path, found.path) else _evaluate(problem, chain, task, weights, path)
        if tried.feasible and tried.induction.value > found.induction.value + _GAIN:
            found, fresh, reserve = tried, False, np.zeros_like(reserve)
            radius, effort = min(3 * radius, task.size), max(effort - 1, 0)
        elif not tried.feasible and radius == 1:
            reserve += 1.2 * np.maximum(tried.breach - task.allowance, 0.0)
        elif radius > 1:
            radius = max(radius // 3, 1)
        elif effort < len(_RELUCTANCE) - 1:
            effort += 1
        else:
            break
    return found


def _first_order_best(
    gains: FloatArray, charges: FloatArray, chain: DrawdownChain | None, slack: FloatArray, monotone: bool
) -> Path:
    """Path with the largest sum of `gains` whose `charges` fit the `slack` of every window."""
    if chain is None:
        return best_path(gains, monotone)
    window = np.repeat(np.arange(len(chain.windows)), [last - first for first, last in chain.windows])
    steps = np.arange(len(gains))
    low, high = np.zeros(len(slack)), np.full(len(slack), _DEAREST)
    multiplier = low
    for _ in range(_MULTIPLIERS):
        path = best_path(gains - multiplier[window, None] * charges, monotone)
        over = np.bincount(window, charges[steps, path], len(slack)) > slack
        if not over.any() and not multiplier.any():
            return path
        low, high = np.where(over, multiplier, low), np.where(over, high, multiplier)
        multiplier = 0.5 * (low + high)
    return best_path(gains - high[window, None] * charges, monotone)
