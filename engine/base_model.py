"""The model that a plan is made and judged on, and why that one."""

from typing import NamedTuple

from ..goals.edge import Problem, refuse
from ..scenarios.assumptions import Assumptions
from ..scenarios.errors import DataError
from ..scenarios.lognormal import LognormalModel
from ..scenarios.market import Market
from ..scenarios.model_names import DEFAULT_MODEL, ModelName
from ..scenarios.models import fit_model
from ..scenarios.paths import Model
from .findings import Finding, Text, finding

TITLES: dict[ModelName, Text] = {
    "lognormal": Text(zh="对数正态", en="lognormal"),
    "student_t": Text(zh="学生 t（厚尾）", en="Student-t (fat tails)"),
    "bootstrap": Text(zh="历史区块重抽样", en="block bootstrap of history"),
    "regime": Text(zh="状态转换", en="regime switching"),
    "filtered_historical": Text(zh="过滤历史模拟（当前波动）", en="filtered historical (today's volatility)"),
}


class Base(NamedTuple):
    """A fitted model, its name in the registry, and why it was taken."""

    kind: ModelName
    model: Model
    why: Finding


def base_model(
    asked: ModelName | None, market: Market, assumptions: Assumptions, *, daily: bool = False
) -> Base:
    """Return the model fitted to `market`, and the finding that says why.

    `asked` is what the request names. Left out it is `DEFAULT_MODEL`, for its record on the market's past
    (docs/calibration.md); where the history cannot carry that, the lognormal model, which needs only the assumptions.
    `daily` where the plan's drawdown is watched by day.

    Raises
    ------
    pydantic.ValidationError
        The model that the request names cannot be fitted; the reason stands at the field `model`.

    """
    if asked is not None:
        try:
            model = fit_model(asked, market, assumptions, daily=daily)
        except DataError as error:
            text = f"cannot be fitted here: {error} Leave model out to have one that can"
            refuse("PlanRequest", [Problem(("model",), asked, "model", text)])
        return Base(asked, model, _why("model_asked", asked, model))
    try:
        model = fit_model(DEFAULT_MODEL, market, assumptions)
    except DataError as error:
        plain = LognormalModel(assumptions)
        return Base("lognormal", plain, _why("model_fallback", "lognormal", plain, reason=str(error)))
    return Base(DEFAULT_MODEL, model, _why("model_default", DEFAULT_MODEL, model))


def _why(code: str, kind: ModelName, model: Model, **params: str) -> Finding:
    return finding(code, zh=TITLES[kind].zh, en=model.name, **params)
