"""Hypothetical shocks: one step that moves some assets or factors, carried to all others by expectation.

With log returns jointly normal, the assets that are not moved get

    E[x_U | x_C = s] = D_U R_UC R_CC^+ D_C^-1 s,

R the correlations and D the volatilities of the assumptions, C the moved assets and factors (Kupiec, "Stress
testing in a value at risk framework", Journal of Derivatives 6 (1998)). A factor's volatility and its
correlation with each asset come from the months that the market and ``factors.csv`` have in common, so that
a market that ends early never learns from later ones. ``data/shocks.toml`` states each shock and duration. A
shock is one step, so its loss is linear in the weights.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pydantic

from ._asset import Asset
from ._propagation import expected_logs, factor_links
from ._table import FloatArray, frozen
from ._toml import read_toml
from .errors import DataError
from .market import EMBEDDED, Market
from .stress import Id, Route, StressPath

if TYPE_CHECKING:
    from .assumptions import Assumptions

_FACTORS = ("rates", "cny")
_CURRENCY = "CNY"  # of the factors


class Move(pydantic.BaseModel):
    """Part of a shock: a return of one asset or one class, or a change of a factor (see ``shocks.toml``)."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    asset: str | None = None
    asset_class: str | None = None
    factor: Literal["rates", "cny", "spread"] | None = None
    value: float = pydantic.Field(allow_inf_nan=False)

    @pydantic.model_validator(mode="after")
    def _one_target(self) -> Move:
        if sum(target is not None for target in (self.asset, self.asset_class, self.factor)) != 1:
            raise ValueError("a move has exactly one of asset, asset_class, factor")
        if self.factor in (None, "cny") and self.value <= -1.0:
            raise ValueError(f"value is {self.value}; a return must be above -1 (-0.4 is a fall of 40 %)")
        if self.factor == "spread" and self.value < 0.0:
            raise ValueError(f"value is {self.value}; a multiple of the trading cost is at least 0")
        return self


class Shock(pydantic.BaseModel):
    """One hypothetical shock.

    Attributes
    ----------
    id, name_zh, name_en, what_zh, what_en, source, rationale : str
        Names to print (the id where left out), what is assumed, and on what grounds.
    moves : tuple of Move
        Moves that meet on one asset compound.
    correlation : float, optional
        Replaces every correlation between assets that are not cash, 0 up to but not 1. With moves of
        assets and classes only.
    count_gains : bool
        Whether an asset that is not moved may gain; if not, its expectation is cut at 0.
    """

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    id: Id
    name_zh: str = ""
    name_en: str = ""
    moves: tuple[Move, ...] = pydantic.Field(min_length=1)
    correlation: float | None = pydantic.Field(default=None, ge=0.0, lt=1.0)
    count_gains: bool = True
    what_zh: str = ""
    what_en: str = ""
    source: str
    rationale: str = ""

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> Shock:
        if self.correlation is not None and any(move.factor in _FACTORS for move in self.moves):
            raise ValueError("correlation stands beside a factor move; use it with moved assets or classes")
        return self


class Duration(pydantic.BaseModel):
    """Effective duration in years of one asset, or of a class for assets without their own."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    asset: str | None = None
    asset_class: str | None = None
    years: float = pydantic.Field(gt=0.0, le=40.0)
    source: str

    @pydantic.model_validator(mode="after")
    def _one_target(self) -> Duration:
        if (self.asset is None) == (self.asset_class is None):
            raise ValueError("a duration has exactly one of asset, asset_class")
        return self


class Shocks(pydantic.BaseModel):
    """The shocks in the order they are shown, and the durations they use; ids are unique."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    shocks: tuple[Shock, ...] = ()
    durations: tuple[Duration, ...] = ()

    @pydantic.model_validator(mode="after")
    def _unique(self) -> Shocks:
        ids = [shock.id for shock in self.shocks]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"the ids {twice} stand there more than once; give each shock its own id")
        return self

    @property
    def digest(self) -> str:
        """SHA-256 of every entry."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def duration(self, asset: Asset) -> float:
        """Duration of a bond in years: its own entry, else that of its class, else 0 (not a bond)."""
        for entry in self.durations:
            if entry.asset == asset.id:
                return entry.years
        return next((entry.years for entry in self.durations if entry.asset_class == asset.asset_class), 0.0)


def load_shocks(extra: str | Path | None = None) -> Shocks:
    """Return the library's shocks, followed by those of the TOML file `extra`, whose durations come first.

    DataError names every entry that is missing, unknown or wrong, and an id that the library has already.
    """
    library = _library()
    if extra is None:
        return library
    path = Path(extra)
    added = read_toml(path, Shocks)
    known = {shock.id for shock in library.shocks}
    clash = [shock.id for shock in added.shocks if shock.id in known]
    if clash:
        raise DataError(f"{path.name}: the ids {clash} are the library's; give your shocks other ids.")
    return Shocks(shocks=(*library.shocks, *added.shocks), durations=(*added.durations, *library.durations))


def apply_shock(
    shock: Shock, market: Market, assumptions: Assumptions, library: Shocks | None = None
) -> StressPath:
    """Return of every asset of `market` under `shock`, a path of one step.

    Parameters
    ----------
    shock : Shock
    market : Market
        Its assets are the columns; its months link them to the factors.
    assumptions : Assumptions
        Volatilities and correlations; must know every asset of `market`.
    library : Shocks, optional
        Whose durations are used; by default the embedded ones.

    Raises
    ------
    DataError
        If no asset of the market is moved, the assumptions lack an asset, or a factor of the yuan meets a
        market in another currency.
    """
    moved = _moved(shock, market, library or _library())
    expected = _expected(shock, market, assumptions, moved)
    logs, routes = np.zeros(moved.size), []
    for j, asset in enumerate(market.assets):
        route = _route(shock, asset, moved[j], expected[j])
        logs[j] = {"moved": moved[j], "expected": expected[j]}.get(route, 0.0)
        routes.append(route)
    multiple = sum(move.value for move in shock.moves if move.factor == "spread")
    exit_cost = np.log1p(-np.minimum(multiple * np.array([a.trading_cost for a in market.assets]), 0.99))
    return StressPath(
        id=shock.id,
        name_zh=shock.name_zh or shock.id,
        name_en=shock.name_en or shock.id,
        kind="shock",
        step="once",
        proxy=False,
        asset_ids=market.asset_ids,
        dates=frozen(np.empty(0, dtype="datetime64[D]")),
        returns=frozen(np.expm1(logs + exit_cost)[np.newaxis]),
        routes=tuple(routes),
        proxies=(),
    )


def _route(shock: Shock, asset: Asset, moved: float, expected: float) -> Route:
    if not np.isnan(moved):
        return "moved"
    if asset.asset_class == "cash":
        return "held_at_par"
    if np.isnan(expected):
        return "not_linked"
    return "gain_dropped" if expected > 0.0 and not shock.count_gains else "expected"


def _moved(shock: Shock, market: Market, library: Shocks) -> FloatArray:
    """Log returns (N,) that the moves set themselves, NaN for the assets that no move touches."""
    logs = np.full(len(market.assets), np.nan)
    for move in shock.moves:
        for j, asset in enumerate(market.assets):
            own = _own_log(shock, move, asset, market, library)
            if own is not None:
                logs[j] = own + (0.0 if np.isnan(logs[j]) else logs[j])
    if any(move.factor == "rates" for move in shock.moves) and np.isnan(logs).all():
        raise DataError(f"shock {shock.id!r}: no asset of {market.name} has a duration; add [[durations]].")
    if all(move.factor is None for move in shock.moves) and np.isnan(logs).all():
        targets = [move.asset or move.asset_class for move in shock.moves]
        raise DataError(
            f"shock {shock.id!r}: {market.name} has no asset or class {targets}; correct the moves."
        )
    return logs


def _own_log(shock: Shock, move: Move, asset: Asset, market: Market, library: Shocks) -> float | None:
    if move.factor is None:
        return float(np.log1p(move.value)) if _targets(move, asset) else None
    if move.factor == "spread":
        return None
    if market.currency != _CURRENCY:
        raise DataError(
            f"shock {shock.id!r}: the factor {move.factor!r} is of the yuan, the market {market.name} is in "
            f"{market.currency}; move assets or classes instead."
        )
    if move.factor == "cny":
        return -float(np.log1p(move.value)) if _foreign(asset, market) else None
    years = library.duration(asset)
    if years * move.value >= 1.0:
        raise DataError(
            f"shock {shock.id!r}: {asset.id} of duration {years:g} would lose everything in a rise of "
            f"{move.value:g}; give a smaller rise (0.02 is 200 bp)."
        )
    return float(np.log1p(-years * move.value)) if years else None


def _foreign(asset: Asset, market: Market) -> bool:
    return asset.currency != market.currency or asset.asset_class == "commodity"


def _expected(shock: Shock, market: Market, assumptions: Assumptions, moved: FloatArray) -> FloatArray:
    """Log returns (N,) expected given the moves; NaN where an asset cannot be linked to a moved factor."""
    volatility, correlation = _assumed(shock, market, assumptions)
    size = moved.size
    factors = [move for move in shock.moves if move.factor in _FACTORS]
    links = factor_links(market, [str(move.factor) for move in factors])
    joint = np.eye(size + len(factors))
    joint[:size, :size] = correlation
    if factors:
        joint[size:, size:] = links.between
        joint[size:, :size] = np.nan_to_num(links.assets)
        joint[:size, size:] = joint[size:, :size].T
    by_asset = [j for j, asset in enumerate(market.assets) if any(_targets(m, asset) for m in shock.moves)]
    changes = [move.value if move.factor == "rates" else float(np.log1p(move.value)) for move in factors]
    given = np.array([*by_asset, *range(size, joint.shape[0])], dtype=np.int64)
    values = np.array([*moved[by_asset], *changes])
    logs = expected_logs(joint, np.append(volatility, links.volatility), given, values)[:size]
    unlinked = np.isnan(links.assets).any(axis=0) if factors else np.zeros(size, dtype=np.bool_)
    return np.where(unlinked, np.nan, logs)


def _targets(move: Move, asset: Asset) -> bool:
    return asset.id == move.asset or asset.asset_class == move.asset_class


def _assumed(shock: Shock, market: Market, assumptions: Assumptions) -> tuple[FloatArray, FloatArray]:
    """Volatilities (N,) and correlations (N, N) in the market's order, stressed where the shock says so."""
    lacking = [name for name in market.asset_ids if name not in assumptions.asset_ids]
    if lacking:
        raise DataError(f"shock {shock.id!r}: the assumptions {assumptions.name} lack {lacking}; add them.")
    columns = [assumptions.asset_ids.index(name) for name in market.asset_ids]
    correlation = assumptions.correlation[np.ix_(columns, columns)]
    if shock.correlation is not None:
        risky = np.array([asset.asset_class != "cash" for asset in market.assets])
        correlation = np.where(np.outer(risky, risky), shock.correlation, correlation)
        np.fill_diagonal(correlation, 1.0)
    return assumptions.volatility[columns], correlation


@functools.cache
def _library() -> Shocks:
    return read_toml(EMBEDDED / "shocks.toml", Shocks)
