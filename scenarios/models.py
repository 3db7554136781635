"""The models by name, each fitted to a market and centred on assumptions."""

from __future__ import annotations

from collections.abc import Callable

from .assumptions import Assumptions
from .bootstrap import BlockBootstrap
from .filtered import FilteredHistorical
from .lognormal import LognormalModel
from .market import Market
from .model_names import MODEL_NAMES, ModelName
from .paths import Model
from .regime import RegimeSwitching
from .student_t import StudentT


def fit_model(name: ModelName, market: Market, assumptions: Assumptions) -> Model:
    """Return the model `name` with its default settings, fitted to `market`; docs/models.md compares them.

    Means, covariance and indices are those of `assumptions` in every model; what is fitted is the shape: tails,
    spells, volatility of the day. The assets are those of `assumptions`, which `market` must have.

    Raises
    ------
    ValueError
        If `name` is not in `MODEL_NAMES`.
    DataError
        If the history is too short, has a constant series, a singular covariance or one great change.
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
    return fits[name](market, assumptions)
