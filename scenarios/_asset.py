"""An asset class as a client can hold it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from .errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One asset class as a client can hold it.

    Attributes
    ----------
    id : str
        Column of the price table.
    name_zh, name_en : str
        Names to print.
    asset_class, region, currency : str
        Free words used by bounds and reports; the embedded market uses the classes `equity`, `bond`,
        `commodity`, `real_estate`, `cash`. `currency` is that of the holdings, not of the prices.
    risk_level : int
        Product risk level R1 to R5, as 1 to 5.
    fee : float
        Yearly cost not yet taken out of the price series, decimal a year.
    trading_cost : float
        One-way cost of a trade, decimal of the amount traded.
    exempt : bool
        An index or money-market fund, exempt from the cap on a single fund.
    esg : float or None
        ESG score where one is known.
    source : str
        Where the prices come from, and the reasons for the other entries.
    """

    id: str
    name_zh: str
    name_en: str
    asset_class: str
    region: str
    currency: str
    risk_level: int
    fee: float
    trading_cost: float
    exempt: bool
    esg: float | None
    source: str

    def __post_init__(self) -> None:
        problems = self._wrong_types() or self._wrong_values()
        if problems:
            raise DataError([f"asset {self.id!r}: {problem}" for problem in problems])

    def _wrong_types(self) -> list[str]:
        wanted = {"risk_level": int, "fee": (int, float), "trading_cost": (int, float), "exempt": bool}
        problems = []
        for field in fields(self):
            value = getattr(self, field.name)
            kind: Any = (int, float, type(None)) if field.name == "esg" else wanted.get(field.name, str)
            if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
                problems.append(f"{field.name} is {value!r}, which has the wrong type; see docs/market.md.")
        return problems

    def _wrong_values(self) -> list[str]:
        problems = [
            f"{name} is empty; give a text."
            for name in ("id", "name_zh", "name_en", "asset_class", "source")
            if not getattr(self, name).strip()
        ]
        if not 1 <= self.risk_level <= 5:
            problems.append(f"risk_level is {self.risk_level}; allowed are 1 (R1) to 5 (R5).")
        for name in ("fee", "trading_cost"):
            if not 0.0 <= getattr(self, name) <= 0.1:
                problems.append(
                    f"{name} is {getattr(self, name)}; allowed are 0 to 0.1 (a decimal, 0.002 is 0.2 %)."
                )
        return problems


def assets_from_rows(rows: Sequence[dict[str, Any]]) -> tuple[Asset, ...]:
    """Assets of the tables of an ``assets.toml``; DataError names every unknown, missing or wrong entry."""
    known = [field.name for field in fields(Asset)]
    assets, problems = [], []
    for number, row in enumerate(rows, start=1):
        name = f"asset {row['id']!r}" if "id" in row else f"asset number {number}"
        faults = [
            f"{name}: unknown entry {key!r}; known are {', '.join(known)}, optional."
            for key in row
            if key not in known
        ]
        faults += [
            f"{name}: the entry {key!r} is missing." for key in known if key not in row and key != "esg"
        ]
        if not faults:
            try:
                assets.append(Asset(**{"esg": None, **row}))
            except DataError as error:
                faults += error.problems
        problems += faults
    if problems:
        raise DataError(problems)
    return tuple(assets)
