"""Tolerance-lexicographic priorities: needs, then wants, then wishes, one bisected multiplier per level.

Level 0 maximises the needs alone. Each further level maximises its own goals plus ``m`` times everything
above it, with the smallest ``m`` (bisected on a logarithmic scale) that leaves every level above within the
tolerance of its own optimum. Fixed weights cannot do this: with any fixed ratio some want is cut to save a
sliver of a need.
"""

from collections.abc import Callable, Sequence

from .backward import Induction
from .goals import PolicyGoal, reported

_LARGEST = 1e4
_STEPS = 9
_RAISES = 12  # doublings of the first level's weight


def level_values(goals: Sequence[PolicyGoal], induction: Induction) -> dict[int, float]:
    """Utility-weighted probability of each priority level."""
    values: dict[int, float] = {}
    for goal, number in zip(goals, reported(goals), strict=True):
        level = goal.priority or 0
        worth = goal.options[-1][1] * float(induction.probability[number])
        values[level] = values.get(level, 0.0) + worth
    return values


def lexicographic_weights(
    goals: Sequence[PolicyGoal], solve: Callable[[Sequence[float]], Induction], tolerance: float
) -> list[float]:
    """Weight of every goal such that one weighted solve gives the tolerance-lexicographic policy.

    Parameters
    ----------
    goals
        With their priorities.
    solve
        The weighted solve (with or without a limit).
    tolerance
        Probability a level may give up for all levels below it.

    """
    levels = sorted({g.priority or 0 for g in goals})
    weights = dict.fromkeys(levels, 0.0)
    weights[levels[0]] = 1.0
    if len(levels) == 1:
        return [1.0] * len(goals)
    found = solve(_spread(goals, weights))
    floors = {levels[0]: level_values(goals, found)[levels[0]] - tolerance}
    for level in levels[1:]:
        above = {k: v for k, v in weights.items() if k < level and v > 0.0}

        def at(multiplier: float, above: dict[int, float] = above, level: int = level) -> dict[int, float]:
            return {**dict.fromkeys(levels, 0.0), **{k: v * multiplier for k, v in above.items()}, level: 1.0}

        def keeps(trial: dict[int, float], floors: dict[int, float] = floors) -> Induction | None:
            result = solve(_spread(goals, trial))
            values = level_values(goals, result)
            return result if all(values[k] >= floor for k, floor in floors.items()) else None

        low, high = 1e-2, _LARGEST
        kept, multiplier = keeps(at(high)), high
        if (early := keeps(at(low))) is not None:
            kept, multiplier = early, low
        else:
            for _ in range(_STEPS):
                middle = (low * high) ** 0.5
                if (result := keeps(at(middle))) is not None:
                    kept, multiplier, high = result, middle, middle
                else:
                    low = middle
        if kept is None:
            break
        weights = at(multiplier)
        floors[level] = level_values(goals, kept)[level] - tolerance
    largest = max(weights.values())
    return _spread(goals, {k: v / largest for k, v in weights.items()})


def needs_kept(
    goals: Sequence[PolicyGoal],
    weights: Sequence[float],
    solve: Callable[[Sequence[float]], Induction],
    tolerance: float,
) -> list[float]:
    """Weights, the first level's doubled until `solve` leaves it within `tolerance` of its own optimum.

    `solve` is finer than the solve that found `weights`, and may tell apart what looked alike there.
    """
    first = min(g.priority or 0 for g in goals)
    needs = [(g.priority or 0) == first for g in goals]
    if all(needs):
        return list(weights)
    alone = level_values(goals, solve([float(need) for need in needs]))[first]
    raised = list(weights)
    for _ in range(_RAISES):
        if level_values(goals, solve(raised))[first] >= alone - tolerance:
            break
        raised = [w if need else 0.5 * w for w, need in zip(raised, needs, strict=True)]
    return raised


def _spread(goals: Sequence[PolicyGoal], weights: dict[int, float]) -> list[float]:
    return [weights[g.priority or 0] for g in goals]
