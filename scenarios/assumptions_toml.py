"""Assumptions as a TOML file: what a firm states itself, with source, date and rationale."""

from __future__ import annotations

import datetime
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ._table import FloatArray
from .assumptions import Assumptions
from .errors import DataError

if TYPE_CHECKING:
    from .market import Market

SCHEMA_VERSION = 1
_TOP: dict[str, Any] = {
        "schema_version": int, "name": str, "source": str, "as_of": datetime.date, "rationale": str,
        "cash": (int, float), "years": (int, float), "since": str, "assets": dict, "indices": dict,
        "correlation": dict}  # fmt: skip
_NEEDED = ("name", "source", "as_of", "rationale", "cash", "assets")
_SERIES = ("mean", "geometric", "volatility", "max_weight")


def read(path: Path, market: Market) -> Assumptions:
    """Read the file at `path` for `market`.

    Every asset of the market needs a `mean` (arithmetic) or a `geometric` return; volatilities, correlations,
    indices and `years` that are left out are estimated from the market's returns since `since`, by default
    its whole common history.
    """
    from .reference import reference_assumptions

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name}: cannot be read as TOML: {error}.") from error
    problems = _wrong_entries(content, market)
    if problems:
        raise DataError([f"{path.name}: {problem}" for problem in problems])
    estimated = reference_assumptions(market, cash=float(content["cash"]), since=content.get("since"))
    mean, volatility = _stated(content["assets"], market.asset_ids, None, estimated.volatility)
    index_mean, index_volatility = _stated(
        content.get("indices", {}), market.index_ids, estimated.index_mean, estimated.index_volatility
    )
    return Assumptions(
        name=content["name"],
        asset_ids=market.asset_ids,
        mean=mean,
        volatility=volatility,
        index_ids=market.index_ids,
        index_mean=index_mean,
        index_volatility=index_volatility,
        correlation=_correlation(content.get("correlation"), market, estimated.correlation),
        cash=float(content["cash"]),
        years=float(content.get("years", estimated.years)),
        max_weight=np.array([float(content["assets"][i].get("max_weight", 1.0)) for i in market.asset_ids]),
        source=content["source"],
        as_of=content["as_of"],
        rationale=content["rationale"],
    )


def text(assumptions: Assumptions) -> str:
    """Return the TOML text of `assumptions`, every number to its last digit."""
    a = assumptions
    lines = [
        f"schema_version = {SCHEMA_VERSION}",
        f"name = {_quoted(a.name)}",
        f"source = {_quoted(a.source)}",
        f"as_of = {a.as_of.isoformat()}",
        f"rationale = {_quoted(a.rationale)}",
        f"cash = {a.cash!r}",
        f"years = {a.years!r}",
    ]
    for i, name in enumerate(a.asset_ids):
        lines += ["", f"[assets.{_quoted(name)}]", f"mean = {float(a.mean[i])!r}"]
        lines += [f"volatility = {float(a.volatility[i])!r}", f"max_weight = {float(a.max_weight[i])!r}"]
    for j, name in enumerate(a.index_ids):
        lines += ["", f"[indices.{_quoted(name)}]", f"mean = {float(a.index_mean[j])!r}"]
        lines += [f"volatility = {float(a.index_volatility[j])!r}"]
    ids = ", ".join(_quoted(name) for name in a.asset_ids + a.index_ids)
    lines += ["", "[correlation]", f"ids = [{ids}]", "matrix = ["]
    lines += ["    [" + ", ".join(repr(float(c)) for c in row) + "]," for row in a.correlation]
    return "\n".join([*lines, "]", ""])


def _quoted(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _wrong_entries(content: dict[str, Any], market: Market) -> list[str]:
    problems = [f"unknown entry {key!r}; known are {', '.join(_TOP)}." for key in content if key not in _TOP]
    problems += [f"the entry {key!r} is missing." for key in _NEEDED if key not in content]
    for key, kind in _TOP.items():
        if key in content and (not isinstance(content[key], kind) or isinstance(content[key], bool)):
            problems.append(f"{key} is {content[key]!r}, which has the wrong type; see docs/assumptions.md.")
    if problems:
        return problems
    if content.get("schema_version", SCHEMA_VERSION) != SCHEMA_VERSION:
        problems.append(
            f"schema_version is {content['schema_version']}; this release reads {SCHEMA_VERSION}."
        )
    for table, ids in (("assets", market.asset_ids), ("indices", market.index_ids)):
        for name, row in content.get(table, {}).items():
            problems += _wrong_row(f"{table}.{name}", row, known=name in ids, ids=ids)
    problems += [f"assets.{i} is missing; every asset of the market needs a mean." for i in market.asset_ids
                 if i not in content["assets"]]  # fmt: skip
    return problems


def _wrong_row(where: str, row: Any, *, known: bool, ids: tuple[str, ...]) -> list[str]:
    if not known:
        return [f"{where} is unknown to the market; it has {', '.join(ids)}."]
    if not isinstance(row, dict):
        return [f"{where} is {row!r}; write a table with mean or geometric."]
    allowed = _SERIES if where.startswith("assets") else _SERIES[:-1]
    problems = [
        f"{where}: unknown entry {key!r}; known are {', '.join(allowed)}."
        for key in row
        if key not in allowed
    ]
    problems += [
        f"{where}: {key} is {value!r}; write a decimal number."
        for key, value in row.items()
        if isinstance(value, bool) or not isinstance(value, int | float)
    ]
    if ("mean" in row) == ("geometric" in row) and (where.startswith("assets") or "mean" in row):
        problems.append(f"{where}: give either mean (arithmetic) or geometric.")
    return problems


def _stated(
    rows: dict[str, dict[str, float]], ids: tuple[str, ...], mean: FloatArray | None, volatility: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return mean and volatility of `ids`: as stated in `rows`, else the given ones."""
    stated_volatility = np.array(
        [float(rows.get(i, {}).get("volatility", volatility[k])) for k, i in enumerate(ids)]
    )
    means = []
    for k, i in enumerate(ids):
        row = rows.get(i, {})
        if "geometric" in row:
            means.append((1.0 + row["geometric"]) * np.exp(0.5 * stated_volatility[k] ** 2) - 1.0)
        elif "mean" in row or mean is None:
            means.append(float(row["mean"]))
        else:
            means.append(float(mean[k]))
    return np.array(means), stated_volatility


def _correlation(table: dict[str, Any] | None, market: Market, estimated: FloatArray) -> FloatArray:
    if table is None:
        return estimated
    ids = market.asset_ids + market.index_ids
    if set(table) != {"ids", "matrix"} or sorted(table["ids"]) != sorted(ids):
        raise DataError(f"correlation: give ids and matrix, with each of {list(ids)} once, or leave it out.")
    try:
        matrix = np.array(table["matrix"], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError("correlation: matrix must hold one row of numbers per id.") from error
    if matrix.shape != (len(ids), len(ids)):
        raise DataError(
            f"correlation: matrix has shape {matrix.shape}; {len(ids)} ids need {len(ids)} rows of as many."
        )
    order = [table["ids"].index(i) for i in ids]
    return matrix[np.ix_(order, order)]
