"""The plan's policy where another return model is true: the spread of its probabilities over models."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..scenarios.errors import DataError
from ..scenarios.model_names import MODEL_NAMES
from ..scenarios.models import fit_model
from ..scenarios.paths import Model, ReturnPaths, simulate
from .base_model import TITLES
from .findings import Finding, finding
from .follow import follow
from .judge.extremes import month_extremes_of
from .judge.run import Outcome
from .judge.statistics import drawdown_statistics, goal_statistics
from .menu.menu import Menu
from .plan import ModelOutlook
from .policy.table import PolicyTable
from .results import estimate
from .setting import Setting

PATHS = 2000  # of another model: a breach share of 5 % to half a point
_KEPT = len(MODEL_NAMES)  # the models of one plan; 7 MB and 13 MB each at 36 months and 15 portfolios


def model_spread(
    setting: Setting, table: PolicyTable, outcome: Outcome
) -> tuple[tuple[ModelOutlook, ...], tuple[Finding, ...]]:
    """Return what the policy achieves under every model, the plan's own first, and what must be said of it.

    `outcome` is the plan's own on its judge paths. The policy stays what it is: this asks what happens if the plan
    was made on the wrong model. A model that the history cannot carry is left out, by name. A breach share above
    twice its allowance under any model is a warning.
    """
    rows, findings = [_row(setting, outcome)], []
    limited = setting.request.limits.max_drawdown is not None
    for kind in MODEL_NAMES:
        if kind == setting.kind:
            continue
        try:
            model = fit_model(kind, setting.market, setting.assumptions, daily=limited)
        except DataError as error:
            findings.append(
                finding("model_left_out", zh=TITLES[kind].zh, en=TITLES[kind].en, reason=str(error))
            )
            continue
        other = replace(setting, kind=kind, model=model, paths=min(setting.paths, PATHS))
        rows.append(_row(other, _judged(other, table)))
    allowance = 1.0 - setting.request.limits.confidence
    findings += [
        finding("model_breach_high", zh=row.title.zh, en=row.title.en, share=row.breach.value)
        for row in rows
        if row.breach is not None and row.breach.value > 2.0 * allowance
    ]
    return tuple(rows), tuple(findings)


def _row(setting: Setting, outcome: Outcome) -> ModelOutlook:
    limit = setting.request.limits.max_drawdown
    fall = None if limit is None else drawdown_statistics(outcome, limit, (95.0,))
    return ModelOutlook(
        model=setting.kind,
        title=TITLES[setting.kind],
        name=setting.model.name,
        paths=setting.paths,
        probabilities=tuple(estimate(goal.probability) for goal in goal_statistics(outcome)),
        drawdown_high=None if fall is None else float(fall.quantiles[0]),
        breach=None if fall is None else estimate(max(fall.windows, key=lambda share: share.value)),
    )


def _judged(setting: Setting, table: PolicyTable) -> Outcome:
    sample = (setting.schedule.months, setting.paths, setting.seed)
    limited = setting.request.limits.max_drawdown is not None
    return follow(
        setting,
        table,
        _months(setting.model, *sample),
        _days(setting.model, setting.menu, *sample) if limited else None,
    )


@lru_cache(maxsize=_KEPT)
def _months(model: Model, months: int, paths: int, seed: int) -> ReturnPaths:
    return simulate(model, months, paths, seed, "judge")


@lru_cache(maxsize=_KEPT)
def _days(model: Model, menu: Menu, months: int, paths: int, seed: int) -> NDArray[np.float32]:
    return month_extremes_of(model, menu, months, paths, seed, "judge")
