"""The price of each limit: what the goals would reach, and cost, without it."""

from .calibrate import calibrated
from .follow import judged
from .plan import LimitPrice
from .required import contribution_levers
from .results import goal_probabilities
from .setting import Setting, prepare


def price_of_limits(setting: Setting) -> tuple[LimitPrice, ...]:
    """Solve the plan anew without one kind of limit at a time, everything else unchanged.

    ``"max_drawdown"``; ``"stress"``: all named losses; ``"cvar"``: worst years; ``"esg"``: lowest score and what
    the client excludes.
    """
    limits = setting.request.limits
    without: list[tuple[str, dict[str, object]]] = []
    if limits.max_drawdown is not None:
        without.append(("max_drawdown", {"max_drawdown": None, "stress_floor": None}))
    if limits.stress:
        without.append(("stress", {"stress": {}, "stress_floor": None}))
    if limits.min_esg is not None or limits.exclude:
        without.append(("esg", {"min_esg": None, "exclude": ()}))
    if limits.cvar is not None:
        without.append(("cvar", {"cvar": None}))
    return tuple(_price(name, _relaxed(setting, changes)) for name, changes in without)


def _relaxed(setting: Setting, changes: dict[str, object]) -> Setting:
    request = setting.request
    freed = request.model_copy(update={"limits": request.limits.model_copy(update=changes)})
    return prepare(freed, setting.whole_market, setting.seed, setting.paths, setting.firm)


def _price(name: str, free: Setting) -> LimitPrice:
    solved = calibrated(free, free.request.policy)
    probabilities = goal_probabilities(judged(free, solved.followed.table, "judge"))
    (lever,) = contribution_levers(free, solved, full=False)
    return LimitPrice(
        limit=name,
        probabilities=tuple(float(p) for p in probabilities),
        required_monthly=lever.value,
    )
