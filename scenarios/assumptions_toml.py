"""Assumptions as a TOML file: what a firm states itself, with source, date and rationale."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ._table import FloatArray
from ._toml import read_toml
from .assumptions import Assumptions
from .errors import DataError
from .market import Market
from .moments import expected_index_growth, expected_returns, historic_moments
from .pooled_views import with_pooled_views
from .views import Relation, View, with_views

_PAGE = "docs/assumptions.md"
_STRICT = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
_Return = Annotated[float, Field(gt=-0.5, lt=1.0)]
_Volatility = Annotated[float, Field(ge=0.0, lt=2.0)]


class IndexEntry(BaseModel):
    """One index: expected growth a year, arithmetic (`mean`) or `geometric`, and volatility."""

    model_config = _STRICT
    mean: _Return | None = None
    geometric: _Return | None = None
    volatility: _Volatility | None = None


class AssetEntry(IndexEntry):
    """One asset: as an index, and the largest weight that the figures are meant for."""

    max_weight: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0


class CorrelationEntry(BaseModel):
    """The whole correlation matrix, rows and columns in the order of `ids`."""

    model_config = _STRICT
    ids: tuple[str, ...]
    matrix: tuple[tuple[float, ...], ...]


class ViewEntry(BaseModel):
    """One view: a combination of assets is expected to earn `value` a year; indices too by entropy pooling."""

    model_config = _STRICT
    weights: dict[str, float]
    value: _Return
    confidence: Annotated[float, Field(gt=0.0, le=1.0)] = 0.5
    relation: Relation = "equal"


class AssumptionsFile(BaseModel):
    """The file: who says what, when and why; whatever is left out is estimated from the market."""

    model_config = _STRICT
    schema_version: Literal[1] = 1
    name: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    as_of: datetime.date
    rationale: Annotated[str, Field(min_length=1)]
    cash: Annotated[float, Field(ge=-0.05, le=0.5)]
    years: Annotated[float, Field(gt=0.0)] | None = None
    since: str | None = None
    assets: dict[str, AssetEntry] = {}
    indices: dict[str, IndexEntry] = {}
    correlation: CorrelationEntry | None = None
    views: tuple[ViewEntry, ...] = ()
    views_by: Literal["black_litterman", "entropy_pooling"] = "black_litterman"


def load_assumptions(path: str | Path, market: Market) -> Assumptions:
    """Return the `Assumptions` that the file at `path` makes for `market`.

    Every asset of the market needs a `mean` (arithmetic) or a `geometric` return; volatilities, correlations,
    indices and `years` that are left out are estimated from the market's returns since the month `since`, by
    default its whole common history. A file with views may leave assets out: they are those of the reference set.

    Parameters
    ----------
    path
        TOML, as docs/assumptions.md describes it.
    market
        Its assets and indices are those of the result.

    Raises
    ------
    DataError
        The file does not fit; every problem names its field.

    """
    path = Path(path)
    file = read_toml(path, AssumptionsFile, _PAGE)
    problems = _faults(file, market)
    if problems:
        raise DataError([f"{path.name}: {problem}" for problem in problems])
    moments = historic_moments(market, file.since)
    expected = expected_index_growth(market, moments, file.cash)
    usual, weights = expected_returns(market, moments, file.cash)
    mean, volatility = _stated(file.assets, market.asset_ids, usual, moments.volatility)
    caps = dict(zip(market.asset_ids, map(float, weights), strict=True))
    caps |= {name: asset.max_weight for name, asset in file.assets.items()}
    index_mean, index_volatility = _stated(file.indices, market.index_ids, expected, moments.index_volatility)
    stated = Assumptions(
        name=file.name,
        asset_ids=market.asset_ids,
        mean=mean,
        volatility=volatility,
        index_ids=market.index_ids,
        index_mean=index_mean,
        index_volatility=index_volatility,
        correlation=_correlation(file.correlation, market, moments.correlation),
        cash=file.cash,
        years=moments.years if file.years is None else file.years,
        max_weight=np.array([caps[i] for i in market.asset_ids]),
        source=file.source,
        as_of=file.as_of,
        rationale=file.rationale,
    )
    return _under_views(stated, file, path.name)


def _under_views(stated: Assumptions, file: AssumptionsFile, where: str) -> Assumptions:
    views = [View(weights=v.weights, value=v.value, confidence=v.confidence) for v in file.views]
    try:
        if file.views_by == "entropy_pooling":
            return with_pooled_views(stated, views, [view.relation for view in file.views])
        return with_views(stated, views)
    except DataError as error:
        raise DataError([f"{where}: {problem}" for problem in error.problems]) from None


def _faults(file: AssumptionsFile, market: Market) -> list[str]:
    """Return what pydantic cannot see: ids against the market, and one return per entry."""
    problems = []
    for table, rows, ids in (
        ("assets", file.assets, market.asset_ids),
        ("indices", file.indices, market.index_ids),
    ):
        problems += [
            f"{table}.{i} is unknown to the market; it has {', '.join(ids)}." for i in rows if i not in ids
        ]
    problems += [
        f"assets.{i} is missing; give its mean or geometric."
        for i in market.asset_ids
        if i not in file.assets and not file.views
    ]
    problems += [
        f"views.{k}.relation is {view.relation!r}; Black and Litterman take equal alone: write "
        'views_by = "entropy_pooling".'
        for k, view in enumerate(file.views)
        if view.relation != "equal" and file.views_by == "black_litterman"
    ]
    problems += [
        f"views.{k}.weights holds nothing; give the combination, such as {{ gold = 1.0 }}."
        for k, view in enumerate(file.views)
        if not any(view.weights.values())
    ]
    for name, asset in file.assets.items():
        if (asset.mean is None) == (asset.geometric is None):
            problems.append(f"assets.{name}: give either mean (arithmetic) or geometric.")
    for name, index in file.indices.items():
        if index.mean is not None and index.geometric is not None:
            problems.append(f"indices.{name}: give mean (arithmetic) or geometric, not both.")
    ids = market.asset_ids + market.index_ids
    given = file.correlation
    if given is not None and (
        sorted(given.ids) != sorted(ids) or [len(row) for row in given.matrix] != [len(ids)] * len(ids)
    ):
        problems.append(f"correlation: give ids and a square matrix of {', '.join(ids)}, or leave it out.")
    return problems


def _stated(
    rows: Mapping[str, IndexEntry], ids: tuple[str, ...], mean: FloatArray, volatility: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return mean and volatility of `ids`: as stated in `rows`, else the given ones."""
    means, volatilities = mean.copy(), volatility.copy()
    for k, row in enumerate(rows.get(i) for i in ids):
        if row is None:
            continue
        if row.volatility is not None:
            volatilities[k] = row.volatility
        if row.mean is not None:
            means[k] = row.mean
        elif row.geometric is not None:
            means[k] = (1.0 + row.geometric) * np.exp(0.5 * volatilities[k] ** 2) - 1.0
    return means, volatilities


def _correlation(given: CorrelationEntry | None, market: Market, estimated: FloatArray) -> FloatArray:
    if given is None:
        return estimated
    order = [given.ids.index(i) for i in market.asset_ids + market.index_ids]
    matrix: FloatArray = np.array(given.matrix, dtype=np.float64)[np.ix_(order, order)]
    return matrix
