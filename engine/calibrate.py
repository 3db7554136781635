"""The working limit: how far below the promised drawdown the lattice must aim for the promise to hold.

The lattice knows months, plug-in moments and no trading costs. The promise is about days, uncertain parameters and
costs. So the limit given to the lattice is lowered until, on the validation paths, the share of paths that break
the *promised* limit in any one window meets the confidence with a one-sided 95 % bound; the judge paths then report.

A limit on the loss of the money paid in is kept by the same policies: where the unit value never falls by more than
x from any earlier month, no contribution has lost more than x. That is stricter than asked, so the working limit on the
unit value may lie above the promised loss, and is raised until the loss of the money paid in uses its allowance.
"""

from dataclasses import dataclass, replace

import numpy as np

from .follow import UNBOUND, Followed, Kind, judged, make_policy
from .setting import Setting

_ROUNDS = 6
_ONE_SIDED = 1.645
_CLOSE = 0.004  # share of paths below the allowance that is close enough
_HIGHEST_RAISE = 4.0  # of the promised log loss of the money paid in: a working limit above this is not tried
_DEEPEST_CUT = 0.35  # of the promised log limit: a working limit below this is not tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """A policy whose promise was checked on the validation paths.

    `kept` is False where no working limit tried keeps the promise; `breach` is then the least share found. The working
    limit is `UNBOUND` where the policy without the limit keeps it.
    """

    followed: Followed
    working_limit: float | None
    breach: float
    kept: bool


def calibrated(setting: Setting, kind: Kind, first: float | None = None) -> Calibrated:
    """Policy of `kind` whose validated breach share keeps the promised drawdown limit; any policy without one.

    `first` is a working limit known to be near, such as that of the same client with another contribution.
    """
    limits = setting.request.limits
    if limits.max_drawdown is None:
        return Calibrated(followed=make_policy(setting, kind), working_limit=None, breach=0.0, kept=True)
    most = limits.max_drawdown
    paid_in = limits.measured_from == "paid_in"
    promised = -float(np.log1p(-most))
    top = (_HIGHEST_RAISE if paid_in else 1.0) * promised
    allowance = 1.0 - limits.confidence
    allowed = allowance - _ONE_SIDED * float(np.sqrt(allowance * (1.0 - allowance) / setting.paths))

    def attempt(depth: float) -> tuple[float, Followed]:
        followed = make_policy(setting, kind, -float(np.expm1(-depth)))
        if (
            not followed.policy.feasible and not paid_in
        ):  # not even by month, with certain parameters and free trading
            return max(followed.policy.breach_probability, allowance), followed
        return _broken(setting, followed, most), followed

    if (first is None and limits.stress_floor is None) or first == UNBOUND:
        free = make_policy(setting, kind, UNBOUND)
        breach = _broken(setting, free, most)
        if breach <= allowed:
            return Calibrated(followed=free, working_limit=UNBOUND, breach=breach, kept=True)
        first = None
    depth = promised if first is None else -float(np.log1p(-first))
    low, high = _DEEPEST_CUT * promised, top
    best: tuple[float, Followed, float] | None = None
    least = 1.0
    seen: list[tuple[float, float]] = []
    for _ in range(_ROUNDS):
        breach, followed = attempt(depth)
        least = min(least, breach)
        if not followed.policy.feasible and depth >= promised and not paid_in:
            return _calmest(setting, kind, most, allowed, followed, breach)
        seen.append((depth, breach))
        if breach <= allowed:
            best, low = (
                (depth, followed, breach) if best is None or depth > best[0] else best,
                max(low, depth),
            )
            if allowed - breach <= _CLOSE or depth >= top:
                break
        else:
            high = min(high, depth)
            last = followed
        if high - low < 0.01 * promised:
            break
        depth = _next(seen, allowed, low, high)
    if best is None:
        return _calmest(setting, kind, most, allowed, last, least)
    depth, followed, breach = best
    return Calibrated(followed=followed, working_limit=-float(np.expm1(-depth)), breach=breach, kept=True)


def _calmest(
    setting: Setting, kind: Kind, most: float, allowed: float, found: Followed, least: float
) -> Calibrated:
    """Last resort: the portfolio of least risk throughout. If it breaks the limit too, the limit cannot be kept."""
    rows = {name: getattr(setting.menu, name)[:1] for name in ("weights", "mean", "volatility", "drag")}
    alone = replace(setting, menu=replace(setting.menu, **rows))
    followed = make_policy(alone, kind)
    breach = _broken(alone, followed, most)
    kept = breach <= allowed
    return Calibrated(
        followed=followed if kept else found,
        working_limit=most if kept else None,
        breach=breach if kept else min(least, breach),
        kept=kept,
    )


def _broken(setting: Setting, followed: Followed, most: float) -> float:
    """Share of the validation paths that break the limit: in the worst window, or of the money paid in."""
    outcome = judged(setting, followed.table, "validation", daily=True)
    if setting.request.limits.measured_from == "paid_in":
        return float((outcome.loss_of_paid_in > most).mean())
    # In a window whose limit is broken already there is nothing left to promise.
    promise = outcome.drawdown[:, 1:] if setting.carried.broken else outcome.drawdown
    return float((promise > most).mean(axis=0).max(initial=0.0))


def _next(seen: list[tuple[float, float]], allowed: float, low: float, high: float) -> float:
    """Next log depth: where a straight line through the last two breach shares meets the allowance."""
    depth, breach = seen[-1]
    if len(seen) > 1 and abs(seen[-2][1] - breach) > 1e-4:
        slope = (breach - seen[-2][1]) / (depth - seen[-2][0])
    else:
        slope = max(breach, 0.02) / (0.35 * depth)
    step = depth + (allowed - breach - 0.25 * _CLOSE) / slope if slope > 0.0 else 0.5 * (low + high)
    margin = 0.05 * (high - low)
    return float(np.clip(step, low + margin, high - margin))
