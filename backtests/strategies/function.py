"""A user's own strategy: a plain function of the past, named in the configuration."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from .._types import FloatArray
from ..past import Account, History, NoDecisionError, Study
from ._rule import AccountRule, Step

Parameter = float | int | str | bool
UserFunction = Callable[..., Mapping[str, float] | FloatArray]


class Function(AccountRule):
    """Call ``f(history, **parameters)`` at every decision.

    `f` gets a `goalplan.backtests.History` and returns weights, either an array (n,) in the order of
    ``history.asset_ids`` or a mapping from asset id to weight; all at least 0, the sum at most 1, the rest
    cash. An exception, a NaN, a short position or a sum above 1 keeps the previous weights at that date and
    is recorded.
    """

    kind: Literal["function"] = "function"
    function: Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")] = Field(
        description="Where the function is: 'module:function'."
    )
    parameters: dict[str, Parameter] = Field(default={}, description="Keyword arguments passed on each call.")
    assets: tuple[str, ...] = Field(default=(), description="Ids of the assets it wants; all when empty.")

    @property
    def estimates(self) -> bool:
        """True: it is shown a window of history."""
        return True

    @property
    def label(self) -> str:
        """Name to print: that of the function when no other is given."""
        return self.name or self.function

    def universe(self, given: tuple[str, ...]) -> tuple[str, ...]:
        """Ids in `assets`, or all it is given."""
        return self.assets or given

    def stepper(self, study: Study) -> Step:
        """Return the step that shows the function its past and checks what it gives back."""
        function = self.load()

        def step(k: int, account: Account) -> FloatArray:
            history = study.history(k, account)
            try:
                answer = function(history, **self.parameters)
            except Exception as error:
                raise NoDecisionError(f"{self.function} raised {type(error).__name__}: {error}") from error
            weights = np.zeros(len(study.asset_ids))
            weights[study.eligible[k]] = checked_weights(answer, history, self.function)
            return weights

        return step

    def load(self) -> UserFunction:
        """Import the function; ValueError says what is missing."""
        module, _, name = self.function.partition(":")
        try:
            found = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError) as error:
            raise ValueError(
                f"strategy.function = {self.function!r}: {error}; give an importable 'module:function'."
            ) from error
        if not callable(found):
            raise ValueError(f"strategy.function = {self.function!r} is not a function.")
        loaded: UserFunction = found
        return loaded


def checked_weights(answer: Mapping[str, float] | FloatArray, history: History, source: str) -> FloatArray:
    """Weights (n,) of the eligible assets; NoDecisionError says what is wrong with them."""
    ids = history.asset_ids
    if isinstance(answer, Mapping):
        unknown = [name for name in answer if name not in ids]
        if unknown:
            raise NoDecisionError(f"{source} named {', '.join(map(str, unknown))}, not eligible at this date")
        answer = np.array([answer.get(name, 0.0) for name in ids])
    try:
        weights = np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise NoDecisionError(f"{source} returned no array of numbers: {error}") from error
    if weights.shape != (len(ids),):
        raise NoDecisionError(f"{source} returned the shape {weights.shape}; {len(ids)} assets are eligible")
    if not np.isfinite(weights).all():
        raise NoDecisionError(f"{source} returned a weight that is not a number")
    if weights.min(initial=0.0) < -1e-9 or weights.sum() > 1.0 + 1e-6:
        raise NoDecisionError(
            f"{source} returned weights from {weights.min():g} that sum to {weights.sum():g}; "
            "they must be at least 0 and sum to at most 1"
        )
    positive: FloatArray = np.maximum(weights, 0.0)
    return positive / max(float(positive.sum()), 1.0)
