"""What markets may do: market data and assumptions, return models, simulated paths.

Names are loaded on first use, so that reading a market does not load the compiled kernels.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._asset import Asset as Asset
    from .assumptions import Assumptions as Assumptions
    from .assumptions_toml import load_assumptions as load_assumptions
    from .bootstrap import BlockBootstrap as BlockBootstrap
    from .check import MarketCheck as MarketCheck
    from .check import check_market as check_market
    from .errors import DataError as DataError
    from .filtered import FilteredHistorical as FilteredHistorical
    from .lognormal import LognormalModel as LognormalModel
    from .market import Market as Market
    from .market import load_market as load_market
    from .model_names import DEFAULT_MODEL as DEFAULT_MODEL
    from .model_names import MODEL_NAMES as MODEL_NAMES
    from .model_names import ModelName as ModelName
    from .models import fit_model as fit_model
    from .paths import Model as Model
    from .paths import ReturnPaths as ReturnPaths
    from .paths import simulate as simulate
    from .pooled_views import with_pooled_views as with_pooled_views
    from .reference import reference_assumptions as reference_assumptions
    from .regime import Regimes as Regimes
    from .regime import RegimeSwitching as RegimeSwitching
    from .student_t import StudentT as StudentT
    from .views import View as View
    from .views import black_litterman as black_litterman
    from .views import entropy_pooling as entropy_pooling
    from .views import with_views as with_views
    from .wealth import WealthPaths as WealthPaths
    from .wealth import simulate_wealth as simulate_wealth

_HOMES = {
    "Asset": "_asset",
    "Assumptions": "assumptions",
    "BlockBootstrap": "bootstrap",
    "DEFAULT_MODEL": "model_names",
    "DataError": "errors",
    "FilteredHistorical": "filtered",
    "LognormalModel": "lognormal",
    "MODEL_NAMES": "model_names",
    "Market": "market",
    "MarketCheck": "check",
    "Model": "paths",
    "ModelName": "model_names",
    "RegimeSwitching": "regime",
    "Regimes": "regime",
    "ReturnPaths": "paths",
    "StudentT": "student_t",
    "View": "views",
    "WealthPaths": "wealth",
    "black_litterman": "views",
    "check_market": "check",
    "entropy_pooling": "views",
    "fit_model": "models",
    "load_assumptions": "assumptions_toml",
    "load_market": "market",
    "reference_assumptions": "reference",
    "simulate": "paths",
    "simulate_wealth": "wealth",
    "with_pooled_views": "pooled_views",
    "with_views": "views",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value
