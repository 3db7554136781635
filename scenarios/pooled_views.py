"""Assumptions under views by entropy pooling: the nearest law of a year under which the views hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ._table import FloatArray
from .errors import DataError
from .views import Relation, View, entropy_pooling, opinion

if TYPE_CHECKING:
    from .assumptions import Assumptions

SCENARIOS = 20_000
_SEED = 1


def with_pooled_views(
    assumptions: Assumptions, views: Sequence[View], relations: Sequence[Relation] | None = None
) -> Assumptions:
    """Return `assumptions` with the moments of their own years, weighted so that `views` hold.

    20,000 years are drawn from the lognormal law of `assumptions` and brought to its moments exactly; the expected
    returns of the views are put on them by `entropy_pooling` with the confidence that all views share. Means,
    volatilities and correlations of assets and indices follow; the effective number of scenarios stands in the
    rationale.

    Parameters
    ----------
    assumptions : Assumptions
    views : sequence of View
        On combinations of assets and indices.
    relations : sequence of {"equal", "at_least", "at_most"}, optional
        By default all equal.

    Raises
    ------
    DataError
        If a view names what the assumptions do not know, views differ in confidence, contradict each other, or leave
        fewer than a tenth of the scenarios effective.
    """
    if not views:
        return assumptions
    ids = assumptions.asset_ids + assumptions.index_ids
    unknown = sorted({i for view in views for i in view.weights} - set(ids))
    if unknown:
        raise DataError(f"views: {unknown} are unknown; known are {list(ids)}.")
    confidences = sorted({view.confidence for view in views})
    if len(confidences) > 1:
        raise DataError(
            f"views: entropy pooling has one confidence for all, here are {confidences}; give one."
        )
    logs, simple = _years(assumptions)
    picks = np.array([[view.weights.get(i, 0.0) for i in ids] for view in views])
    kinds: list[Relation] = ["equal"] * len(views) if relations is None else list(relations)
    pooled = entropy_pooling(
        simple @ picks.T, [view.value for view in views], kinds, confidence=confidences[0]
    )
    p, N = pooled.probability, len(assumptions.asset_ids)
    off = logs - p @ logs
    off[:, np.append(assumptions.volatility, assumptions.index_volatility) == 0.0] = 0.0  # not its rounding
    covariance = (off * p[:, None]).T @ off
    volatility = np.sqrt(np.diag(covariance))
    scale = np.where(volatility > 0.0, volatility, 1.0)
    correlation = 0.5 * (covariance + covariance.T) / np.outer(scale, scale)
    np.fill_diagonal(correlation, 1.0)
    mean = p @ simple
    opinions = "; ".join(opinion(view, kind) for view, kind in zip(views, kinds, strict=True))
    return replace(
        assumptions,
        name=f"{assumptions.name} with views",
        mean=mean[:N],
        volatility=volatility[:N],
        index_mean=mean[N:],
        index_volatility=volatility[N:],
        correlation=correlation,
        rationale=(
            f"{assumptions.rationale} Views by entropy pooling, {pooled.effective:,.0f} effective of {SCENARIOS:,} "
            f"scenarios: {opinions}."
        ),
    )


def _years(assumptions: Assumptions) -> tuple[FloatArray, FloatArray]:
    """Return log growth and simple returns (S, N+J) of a year; covariance of the first, mean of the second exact."""
    from ._kernels import mean_shifts

    m, C = assumptions.monthly_log_moments()
    moving = np.flatnonzero(np.diag(C) > 0.0)
    D = moving.size
    z = np.empty((SCENARIOS, D))
    mean_shifts(_SEED, 0, 0, 0, np.eye(D, 4 * ((D + 3) // 4)), 1.0, np.arange(D), z)  # independent normals
    z -= z.mean(axis=0)
    now, wanted = (
        np.linalg.cholesky(z.T @ z / SCENARIOS),
        np.linalg.cholesky(12.0 * C[np.ix_(moving, moving)]),
    )
    logs = np.tile(12.0 * m, (SCENARIOS, 1))
    logs[:, moving] += np.linalg.solve(now, z.T).T @ wanted.T
    simple = np.expm1(logs)
    return logs, simple + (np.append(assumptions.mean, assumptions.index_mean) - simple.mean(axis=0))
