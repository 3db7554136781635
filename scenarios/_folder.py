"""A market folder: ``prices.csv``, ``assets.toml``, optional ``prices_monthly.csv`` and ``indices.csv``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ._table import Table, read_table
from ._toml import toml_tables
from ._validate import Values
from .errors import DataError

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """Raw content of a market folder; `rows` are the asset tables, `default_ids` the ids not optional."""

    name: str
    currency: str
    values: Values
    rows: tuple[dict[str, Any], ...]
    default_ids: tuple[str, ...]
    prices: Table
    monthly: Table | None
    indices: Table | None


def read_folder(path: Path) -> Folder:
    """Read `path`; DataError if a file is missing or cannot be parsed."""
    if not path.is_dir():
        raise DataError(
            f"{path}: there is no such folder; a market is a folder with prices.csv and assets.toml."
        )
    prices = read_table(path, "prices")
    described = path / "assets.toml"
    missing = [] if prices is not None else ["prices.csv (or prices.parquet)"]
    missing += [] if described.exists() else ["assets.toml"]
    if prices is None or missing:
        raise DataError([f"{path}: the file {name} is missing; docs/market.md shows it." for name in missing])
    content = toml_tables(described)
    market, rows = _tables(content)
    return Folder(
        name=str(market.get("name", path.name)),
        currency=str(market.get("currency", "CNY")),
        values="returns" if market.get("values") == "returns" else "levels",
        rows=tuple({key: value for key, value in row.items() if key != "optional"} for row in rows),
        default_ids=tuple(str(row.get("id")) for row in rows if not row.get("optional", False)),
        prices=prices,
        monthly=read_table(path, "prices_monthly"),
        indices=read_table(path, "indices"),
    )


def _tables(content: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    problems = []
    version = content.get("schema_version", SCHEMA_VERSION)
    if version != SCHEMA_VERSION:
        problems.append(f"assets.toml: schema_version is {version!r}; this release reads {SCHEMA_VERSION}.")
    market = content.get("market", {})
    rows = content.get("assets", [])
    problems += [
        f"assets.toml: unknown entry {key!r}; known are schema_version, [market], [[assets]]."
        for key in content
        if key not in ("schema_version", "market", "assets")
    ]
    tables = isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows)
    if not isinstance(market, dict) or not tables:
        raise DataError(
            [*problems, "assets.toml: write one [market] table and one [[assets]] table per asset."]
        )
    problems += [
        f"assets.toml: unknown entry market.{key}; known are name, currency, values."
        for key in market
        if key not in ("name", "currency", "values")
    ]
    if market.get("values", "levels") not in ("levels", "returns"):
        problems.append(f"assets.toml: market.values is {market['values']!r}; write 'levels' or 'returns'.")
    if all(row.get("optional", False) for row in rows):
        problems.append("assets.toml: every asset is marked optional; at least one must not be.")
    if problems:
        raise DataError(problems)
    return market, rows
