"""The price of a breach: how strict the policy must be on its own lattice for the promise to hold on the paths.

The lattice knows months, plug-in moments and no trading costs. The promise is about days, uncertain parameters and
costs. So the policy keeps the client's own limit, and what a breach costs it is raised until, on the validation
paths, the share of paths that break the limit in any one window meets the confidence with a one-sided 95 % bound; the
judge paths then report. A policy by date alone has no price: what is lowered is the share of breaches that its lattice
allows. A limit on the loss of the money paid in is kept by the same policies, whose unit value may fall further.

Searching the price for one given limit, rather than a lower limit for one given share, was measured: see
docs/method.md.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .errors import RequestError
from .follow import (
    UNBOUND,
    Followed,
    Kind,
    followed_by,
    judged,
    make_policy,
    policy_task,
)
from .judge.run import Outcome
from .policy import policy_at_price, weights_at_price
from .policy.backward import Problem
from .results import goal_probabilities
from .setting import Setting

FloatArray = NDArray[np.float64]

_ROUNDS = 8
_ONE_SIDED = 1.645
_CLOSE = 0.7  # standard errors of the share of paths that breaks the limit: closer than they can tell
_GAIN = 5e-4  # of probability: what may be left to gain by using more of the allowance
_NEAR, _FEW = 0.003, 2560  # distance from it, and paths, of a search that only says where to begin
_FAR = 0.03  # seven standard errors of a share of so few
_COARSE = 0.0045  # of breaches that a table twice as coarse brings
_LOOSEST, _FIRST, _FIRST_BY_DATE, _STRICTEST = 1e-3, 1.0, 4.0, 1e4
_SLOPE, _STEEPEST, _FLATTEST = -0.8, -3.0, -0.35  # of the log of the breach by the log of the strictness
_LONGEST = 1.6  # log strictness of a step
_RARE = 1e-4  # breach shares below this are told apart no further
_TIGHT = 1.002  # a bracket narrower than this holds nothing new
_RERANK = 1.5  # weights found at a price that was off by more than this factor are found again


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """A policy whose promise was checked on the validation paths.

    `strictness` is what was searched for: the price of a breach where the policy is dynamic, else the allowance over
    the share of breaches that the lattice was left; None without a limit, 0 where the policy made without it keeps it.
    `reached` (n_goals,) are the shares of validation paths on which each goal is paid in full, None where there was
    nothing to check. `kept` is False where no strictness keeps the promise; `breach` is then the least share found.
    """

    followed: Followed
    strictness: float | None
    breach: float
    kept: bool
    reached: FloatArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    strictness: float
    followed: Followed
    breach: float
    reached: FloatArray


def calibrated(setting: Setting, kind: Kind, near: Calibrated | None = None) -> Calibrated:
    """Policy of `kind` whose validated breach share keeps the promised drawdown limit; any policy without one.

    `near` is the answer for a setting that is nearly the same, such as the same client's with another contribution.

    Raises
    ------
    RequestError
        The paths are too few to tell whether the confidence is met: not even no breach at all would show it.
    """
    limits = setting.request.limits
    if limits.max_drawdown is None:
        return Calibrated(followed=make_policy(setting, kind), strictness=None, breach=0.0, kept=True)
    allowed = _allowed(limits.confidence, setting.paths)
    begin = near.strictness if near is not None else None
    if not begin:
        free = _without_limit(setting, kind)
        if setting.paths <= _FEW or _tried(setting, free, 0.0, _FEW).breach <= allowed + _FAR:
            tried = _tried(setting, free, 0.0)
            if tried.breach <= allowed:
                return _kept(tried)
    if kind == "dynamic":
        found, least = _dynamic(setting, allowed, begin or _FIRST)
    else:
        found, least = _by_date(setting, kind, allowed, begin or _FIRST_BY_DATE)
    return _kept(found) if found is not None else _calmest(setting, kind, allowed, least)


def calibrated_anew(changed: Setting, near: Calibrated) -> Calibrated:
    """`calibrated` for a setting that is nearly the same as that of `near`, the policy of the kind asked for.

    It begins at the price of `near`; but not where priorities are served in turn: their weights are found at the price
    that the search begins with, and what is found has to be the plan that the changed request gets alone.
    """
    return calibrated(changed, changed.request.policy, None if near.followed.tuned else near)


def _allowed(confidence: float, paths: int) -> float:
    """Share of the paths that may break the limit, so that its one-sided bound is what the confidence leaves."""
    allowance = 1.0 - confidence
    allowed = allowance - _ONE_SIDED * _error(confidence, paths)
    if allowed <= 0.0:
        least = int(_ONE_SIDED**2 * confidence / allowance) + 1
        raise RequestError(
            f"limits.confidence = {confidence:g} cannot be checked on paths = {paths}; give at least {least} paths "
            "or a lower confidence."
        )
    return allowed


def _error(confidence: float, paths: int) -> float:
    """Standard error of the share of paths that breaks the limit, where that is all that the confidence leaves."""
    return float(np.sqrt((1.0 - confidence) * confidence / paths))


def validated_shares(setting: Setting, solved: Calibrated) -> FloatArray:
    """(n_goals,) share of the validation paths on which each goal is paid in full."""
    if solved.reached is not None:
        return solved.reached
    return goal_probabilities(judged(setting, solved.followed.table, "validation"))


def _without_limit(setting: Setting, kind: Kind) -> Followed:
    """The policy that a breach costs nothing; a stress floor still looks at the drawdown."""
    if setting.request.limits.stress_floor is None or kind != "dynamic":
        return make_policy(setting, kind, UNBOUND)
    task = policy_task(setting)
    problem = task.problem(task.spacing, limited=True)
    return followed_by(setting, policy_at_price(task, problem, weights_at_price(task, problem, 0.0), 0.0))


def _dynamic(setting: Setting, allowed: float, begin: float) -> tuple[_Tried | None, float]:
    """Search the price: roughly on a lattice twice as coarse and some of the paths, then in full."""
    task = policy_task(setting)
    assert task.spacing is not None
    coarse = task.problem(2.0 * task.spacing, limited=True)

    def attempt_on(
        problem: Problem, weights: tuple[float, ...], most: int | None = None
    ) -> Callable[[float], _Tried]:
        def attempt(price: float) -> _Tried:
            followed = followed_by(setting, policy_at_price(task, problem, weights, price))
            return _tried(setting, followed, price, most)

        return attempt

    weights = weights_at_price(task, coarse, begin)
    found, _ = _loosest(attempt_on(coarse, weights, _FEW), allowed + _COARSE, begin, either_side=_NEAR)
    price = _STRICTEST if found is None else found.strictness
    if task.ranked and abs(np.log(price / begin)) > np.log(_RERANK):
        weights = weights_at_price(task, coarse, price)
    fine = attempt_on(task.problem(task.spacing, limited=True), weights)
    return _loosest(fine, allowed, price, close=_close(setting))


def _by_date(setting: Setting, kind: Kind, allowed: float, begin: float) -> tuple[_Tried | None, float]:
    """Search how much less than the client's allowance the lattice is left."""
    allowance = 1.0 - setting.request.limits.confidence

    def attempt(strictness: float) -> _Tried:
        return _tried(setting, make_policy(setting, kind, allowance / strictness), strictness)

    return _loosest(attempt, allowed, begin, close=_close(setting))


def _close(setting: Setting) -> float:
    """Share of paths below the allowance that is close enough: more than one path."""
    return max(_CLOSE * _error(setting.request.limits.confidence, setting.paths), 1.5 / setting.paths)


def _loosest(
    attempt: Callable[[float], _Tried],
    allowed: float,
    begin: float,
    *,
    close: float = 0.0,
    either_side: float = 0.0,
) -> tuple[_Tried | None, float]:
    """The loosest that keeps the promise, and the least breach of all tried.

    The log of the breach falls with the log of the strictness, nearly along a line: secant steps inside a bracket.
    A policy at price m that leaves d of its allowance unused is at most m d below the best one that uses it, so
    the search ends where that is small, or d at most `close`. With `either_side` the first share as near as that is
    taken, above or below.
    """
    tried: list[_Tried] = []
    low, high, best = 0.0, np.inf, None
    strictness = begin
    while best is None or len(tried) < _ROUNDS:
        last = attempt(strictness)
        tried.append(last)
        unused = allowed - last.breach
        if either_side and abs(unused) <= either_side:
            return last, last.breach
        if unused >= 0.0:
            best = last if best is None or last.strictness < best.strictness else best
            if unused <= close or unused * strictness <= _GAIN:
                break
            high = min(high, strictness)
        else:
            low = max(low, strictness)
        if strictness in (_LOOSEST, _STRICTEST) or high <= low * _TIGHT:
            break
        strictness = _next(tried, allowed - 0.5 * close, low, high)
    return best, min(t.breach for t in tried)


def _next(tried: list[_Tried], aim: float, low: float, high: float) -> float:
    """Where a line through the logs of the last two breach shares meets that of `aim`, inside the bracket."""
    at = [(float(np.log(t.strictness)), float(np.log(max(t.breach, _RARE) / aim))) for t in tried]
    (x, gap), slope = at[-1], _SLOPE
    if len(at) > 1 and abs(x - at[-2][0]) > 1e-6:
        slope = float(np.clip((gap - at[-2][1]) / (x - at[-2][0]), _STEEPEST, _FLATTEST))
    step = float(np.clip(x - gap / slope, x - _LONGEST, x + _LONGEST))
    if low > 0.0 and high < np.inf:
        margin = 0.1 * float(np.log(high / low))
        step = float(np.clip(step, np.log(low) + margin, np.log(high) - margin))
    else:  # nothing on the other side yet: ever longer steps, since a share may stay where it is
        away = 0.1 * len(tried) ** 2
        step = max(step, x + away) if low > 0.0 else min(step, x - away)
    return float(np.clip(np.exp(step), _LOOSEST, _STRICTEST))


def _tried(setting: Setting, followed: Followed, strictness: float, most: int | None = None) -> _Tried:
    """A policy with its shares of the validation paths, the first `most` of them."""
    outcome = judged(setting, followed.table, "validation", daily=True, most=most)
    return _Tried(
        strictness=strictness,
        followed=followed,
        breach=_broken(setting, outcome),
        reached=goal_probabilities(outcome),
    )


def _broken(setting: Setting, outcome: Outcome) -> float:
    """Share of the paths that break the limit: in the worst window, or of the money paid in."""
    limits = setting.request.limits
    assert limits.max_drawdown is not None
    if limits.measured_from == "paid_in":
        return float((outcome.loss_of_paid_in > limits.max_drawdown).mean())
    # In a window whose limit is broken already there is nothing left to promise.
    promise = outcome.drawdown[:, 1:] if setting.carried.broken else outcome.drawdown
    return float((promise > limits.max_drawdown).mean(axis=0).max(initial=0.0))


def _kept(found: _Tried) -> Calibrated:
    return Calibrated(
        followed=found.followed,
        strictness=found.strictness,
        breach=found.breach,
        kept=True,
        reached=found.reached,
    )


def _calmest(setting: Setting, kind: Kind, allowed: float, least: float) -> Calibrated:
    """Last resort: the portfolio of least risk throughout. If it breaks the limit too, the limit cannot be kept."""
    rows = {name: getattr(setting.menu, name)[:1] for name in ("weights", "mean", "volatility", "drag")}
    alone = replace(setting, menu=replace(setting.menu, **rows))
    calm = _tried(alone, make_policy(alone, kind, UNBOUND), _STRICTEST)
    kept = calm.breach <= allowed
    return Calibrated(
        followed=calm.followed,
        strictness=_STRICTEST if kept else None,
        breach=calm.breach if kept else min(least, calm.breach),
        kept=kept,
        reached=calm.reached,
    )
