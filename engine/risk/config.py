"""A frontier from a TOML file and a market: what ``goalplan frontier`` runs (docs/risk.md shows every entry)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ...scenarios._toml import read_toml
from ...scenarios.errors import DataError
from ...scenarios.market import Market
from ...scenarios.stress import load_episodes, replay
from ._types import FloatArray
from .constraints import Constraints
from .frontier import frontier
from .measures import Measure
from .problem import Limit
from .solution import Solution

_PAGE = "docs/risk.md"
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Bound = float | dict[str, float]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class LimitConfig(_Entry):
    """An upper bound: on a measure of the history, or on the loss in a named stress episode."""

    at_most: float
    measure: Literal["variance", "cvar", "cdar", "max_drawdown"] = "max_drawdown"
    confidence: Share = 0.95
    stress: str | None = None
    name: str = ""


class FrontierConfig(_Entry):
    """What to minimise, on which history, under what.

    Attributes
    ----------
    measure, confidence, compounded
        See `Measure`.
    points
        Portfolios on the frontier.
    frequency
        Rows of the history: months, or the days of a market that has them.
    assets, since, until
        Part of the market; all of it where left out.
    annual_means
        Expected simple returns a year by asset id, in the place of the history's; all assets or none.
    budget, lower, upper, cap, groups, rows, min_esg
        See `Constraints`; bounds are one number or a table by asset id. The market's asset classes are
        groups already; the cap spares the assets that the market marks exempt.
    previous, max_turnover
        Weights held now by asset id, 0 where left out; trading costs what the market says, spread over a year.
    limits
        Tables [[limits]].
    """

    schema_version: Literal[1] = 1
    measure: Literal["variance", "cvar", "cdar", "max_drawdown"] = "cvar"
    confidence: Share = 0.95
    compounded: bool = True
    points: Annotated[int, Field(ge=2, le=500)] = 20
    frequency: Literal["monthly", "daily"] = "monthly"
    assets: tuple[str, ...] = ()
    since: dt.date | None = None
    until: dt.date | None = None
    annual_means: dict[str, float] = {}
    budget: float = 1.0
    lower: Bound = 0.0
    upper: Bound = 1.0
    cap: Share | None = None
    groups: dict[str, tuple[str, ...]] = {}
    rows: tuple[str, ...] = ()
    min_esg: float | None = None
    previous: dict[str, float] | None = None
    max_turnover: Annotated[float, Field(ge=0.0)] | None = None
    limits: tuple[LimitConfig, ...] = ()

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """Read a file; DataError names every entry that is missing, unknown or wrong."""
        return read_toml(Path(path), cls, _PAGE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frontier:
    """Portfolios of least risk with the history they were found on.

    Attributes
    ----------
    assets : tuple of str
    solutions : tuple of Solution
        By rising return; one refusal if nothing is feasible.
    first, last : str
        First and last row of the history.
    rows, rows_a_year : int
        Rows of the history, and of a year of it.
    """

    config: FrontierConfig
    assets: tuple[str, ...]
    solutions: tuple[Solution, ...]
    first: str
    last: str
    rows: int
    rows_a_year: int


def run_frontier(config: FrontierConfig, market: Market) -> Frontier:
    """Compute the frontier of a market.

    Raises
    ------
    DataError, RequestError
        What the market does not have, or a constraint that cannot be used.
    SolverError
        Every solver failed.
    """
    chosen = market.select(config.assets) if config.assets else market
    dates, returns = _history(config, chosen)
    ids = chosen.asset_ids
    rows_a_year = 12 if config.frequency == "monthly" else 252
    mean = None
    if config.annual_means:
        mean = _by_asset(config.annual_means, ids, "annual_means", None) / rows_a_year
    held = None if config.previous is None else _by_asset(config.previous, ids, "previous", 0.0)
    classes: dict[str, tuple[str, ...]] = {}
    for asset in chosen.assets:
        classes[asset.asset_class] = (*classes.get(asset.asset_class, ()), asset.id)
    scores = [np.nan if asset.esg is None else asset.esg for asset in chosen.assets]
    constraints = Constraints(
        assets=ids,
        budget=config.budget,
        lower=_bound(config.lower, ids, "lower", 0.0),
        upper=_bound(config.upper, ids, "upper", 1.0),
        groups={name: members for name, members in classes.items() if name not in ids} | config.groups,
        rows=config.rows,
        cap=config.cap,
        exempt=tuple(asset.id for asset in chosen.assets if asset.exempt),
        esg=None if config.min_esg is None else scores,
        min_esg=config.min_esg,
        previous=held,
        max_turnover=config.max_turnover,
        trading_cost=0.0 if held is None else np.array([a.trading_cost for a in chosen.assets]) / rows_a_year,
    )
    solutions = frontier(
        Measure(kind=config.measure, confidence=config.confidence, compounded=config.compounded),
        returns,
        points=config.points,
        mean=mean,
        limits=[_limit(limit, market, ids) for limit in config.limits],
        constraints=constraints,
    )
    return Frontier(
        config=config,
        assets=ids,
        solutions=solutions,
        first=dates[0],
        last=dates[-1],
        rows=len(returns),
        rows_a_year=rows_a_year,
    )


def _history(config: FrontierConfig, market: Market) -> tuple[list[str], FloatArray]:
    """Dates and simple returns of the rows in which every asset has one."""
    if config.frequency == "daily":
        if not market.days.size:
            raise DataError(f'{market.name}: has no daily levels; set frequency = "monthly".')
        dates, returns = market.days[1:], market.daily[1:] / market.daily[:-1] - 1.0
    else:
        dates, returns = market.months[1:], market.monthly_returns()
    kept = ~np.isnan(returns).any(axis=1)
    days = dates.astype("datetime64[D]")
    if config.since is not None:
        kept &= days >= np.datetime64(config.since)
    if config.until is not None:
        kept &= days <= np.datetime64(config.until)
    if np.count_nonzero(kept) < 2:
        raise DataError(
            f"{market.name}: the assets {list(market.asset_ids)} have fewer than 2 rows in common in that "
            "time; drop the youngest or take a longer time."
        )
    return [str(date) for date in dates[kept]], np.ascontiguousarray(returns[kept])


def _by_asset(table: dict[str, float], ids: tuple[str, ...], name: str, rest: float | None) -> FloatArray:
    unknown = [asset for asset in table if asset not in ids]
    missing = [asset for asset in ids if asset not in table] if rest is None else []
    if unknown:
        raise DataError(f"{name}: no asset is called {', '.join(unknown)}; give some of {', '.join(ids)}.")
    if missing:
        raise DataError(f"{name}: {', '.join(missing)} are missing; give all of the assets or none.")
    return np.array([table.get(asset, rest if rest is not None else 0.0) for asset in ids])


def _bound(bound: Bound, ids: tuple[str, ...], name: str, rest: float) -> float | FloatArray:
    return _by_asset(bound, ids, name, rest) if isinstance(bound, dict) else bound


def _limit(limit: LimitConfig, market: Market, ids: tuple[str, ...]) -> Limit:
    measure = Measure(kind=limit.measure, confidence=limit.confidence)
    if limit.stress is None:
        return Limit(measure=measure, at_most=limit.at_most, name=limit.name)
    known = {episode.id: episode for episode in load_episodes().episodes}
    if limit.stress not in known:
        raise DataError(f"limits: stress {limit.stress!r} is unknown; give one of {sorted(known)}.")
    # The whole market is replayed and the assets picked after: more of them stand in for one another.
    path = replay(known[limit.stress], market).select(ids)
    name = limit.name or f"stress {limit.stress}"
    return Limit(measure=measure, at_most=limit.at_most, name=name, scenarios=path.returns)
