"""Assumptions as a TOML file: what a firm states itself, with source, date and rationale."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ._table import FloatArray
from ._toml import read_toml
from .errors import DataError
from .market import Market
from .moments import expected_index_growth, historic_moments

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
    assets: dict[str, AssetEntry]
    indices: dict[str, IndexEntry] = {}
    correlation: CorrelationEntry | None = None


def read(path: Path, market: Market) -> dict[str, Any]:
    """Return the entries of `Assumptions` that the file at `path` makes for `market`.

    Every asset of the market needs a `mean` (arithmetic) or a `geometric` return; volatilities, correlations,
    indices and `years` that are left out are estimated from the market's returns since the month `since`, by
    default its whole common history.
    """
    file = read_toml(path, AssumptionsFile, _PAGE)
    problems = _faults(file, market)
    if problems:
        raise DataError([f"{path.name}: {problem}" for problem in problems])
    moments = historic_moments(market, file.since)
    expected = expected_index_growth(market, moments, file.cash)
    mean, volatility = _stated(file.assets, market.asset_ids, moments.mean, moments.volatility)
    index_mean, index_volatility = _stated(file.indices, market.index_ids, expected, moments.index_volatility)
    return {
        "name": file.name,
        "asset_ids": market.asset_ids,
        "mean": mean,
        "volatility": volatility,
        "index_ids": market.index_ids,
        "index_mean": index_mean,
        "index_volatility": index_volatility,
        "correlation": _correlation(file.correlation, market, moments.correlation),
        "cash": file.cash,
        "years": moments.years if file.years is None else file.years,
        "max_weight": np.array([file.assets[i].max_weight for i in market.asset_ids]),
        "source": file.source,
        "as_of": file.as_of,
        "rationale": file.rationale,
    }


def text(entries: Mapping[str, Any]) -> str:
    """Return the TOML text of the entries of `Assumptions`, every number to its last digit."""
    asset_ids, index_ids = entries["asset_ids"], entries["index_ids"]
    lines = ["schema_version = 1"]
    lines += [f"{key} = {_quoted(entries[key])}" for key in ("name", "source", "rationale")]
    lines += [f"as_of = {entries['as_of'].isoformat()}"]
    lines += [f"{key} = {float(entries[key])!r}" for key in ("cash", "years")]
    for i, name in enumerate(asset_ids):
        lines += ["", f"[assets.{_quoted(name)}]"]
        lines += [f"{key} = {float(entries[key][i])!r}" for key in ("mean", "volatility", "max_weight")]
    for j, name in enumerate(index_ids):
        lines += ["", f"[indices.{_quoted(name)}]"]
        lines += [f"{key} = {float(entries[f'index_{key}'][j])!r}" for key in ("mean", "volatility")]
    ids = ", ".join(_quoted(name) for name in asset_ids + index_ids)
    lines += ["", "[correlation]", f"ids = [{ids}]", "matrix = ["]
    lines += ["    [" + ", ".join(repr(float(c)) for c in row) + "]," for row in entries["correlation"]]
    return "\n".join([*lines, "]", ""])


def _quoted(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


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
        if i not in file.assets
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
