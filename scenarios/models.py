"""The models by name, each fitted to a market and centred on assumptions."""

from __future__ import annotations

from collections.abc import Callable

from .assumptions import Assumptions
from .bootstrap import BlockBootstrap
from .errors import DataError
from .filtered import FilteredHistorical
from .lognormal import LognormalModel
from .market import Market
from .model_names import MODEL_NAMES, ModelName
from .paths import Model
from .regime import RegimeSwitching
from .student_t import StudentT

DAYS_OF_HISTORY: tuple[ModelName, ...] = ("bootstrap", "filtered_historical")


def fit_model(name: ModelName, market: Market, assumptions: Assumptions, *, daily: bool = False) -> Model:
    """Return the model `name` with its default settings, fitted to `market`; docs/models.md compares them.

    Means, covariance and indices are those of `assumptions` in every model; what is fitted is the shape: tails,
    spells, volatility of the day. The assets are those of `assumptions`, which `market` must have. `daily` asks for
    one that can be drawn by day: those of `DAYS_OF_HISTORY` take their days from the market's.

    Raises
    ------
    ValueError
        If `name` is not in `MODEL_NAMES`.
    DataError
        If the history is too short, has a constant series, a singular covariance or one great change, or has no days
        where they are asked for.
    """
    fits: dict[str, Callable[[Market, Assumptions], Model]] = {
        "lognormal": lambda _, assumptions: LognormalModel(assumptions),
        "student_t": StudentT.fit,
        "bootstrap": BlockBootstrap.fit,
        "regime": RegimeSwitching.fit,
        "filtered_historical": FilteredHistorical.fit,
    }
    if name not in fits:
        raise ValueError(f"model is {name!r}; allowed are {', '.join(MODEL_NAMES)}.")
    if daily and name in DAYS_OF_HISTORY and market.frequency != "daily":
        others = ", ".join(each for each in MODEL_NAMES if each not in DAYS_OF_HISTORY)
        raise DataError(
            f"{market.name}: its prices are {market.frequency}, and a drawdown limit is a promise about days, which "
            f"{name} takes from history; leave limits.max_drawdown out, or take one of {others}."
        )
    return fits[name](market, assumptions)
