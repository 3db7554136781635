"""Stress episodes: named stretches of real history, replayed step by step on the assets of a market.

An episode is dated by the highs and lows of its anchor assets in the embedded data (docs/stress.md has the
rule and the table). Its loss for a mix is the maximum drawdown of that mix *rebalanced at every step of the
episode's data* (each trading day, or each month where only months are known). That is the loss a
`Limits.stress` entry bounds, because it is exact and convex in the weights (`goalplan.scenarios.drawdown`).
"""

from __future__ import annotations

import datetime
import functools
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pydantic
from numpy.typing import ArrayLike

from ._table import Dates, FloatArray, frozen, read_table
from ._toml import read_toml
from .drawdown import Stretch, drifting_drawdowns, max_drawdowns, worst_stretch
from .errors import DataError
from .market import EMBEDDED, Market
from .proxies import Proxy, Source, choose, levels_at, source_of

Id = Annotated[str, pydantic.StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Step = Literal["daily", "monthly", "once"]
Route = Literal["own", "proxy", "moved", "expected", "gain_dropped", "not_linked", "held_at_par"]


class Episode(pydantic.BaseModel):
    """One named stretch of history.

    Attributes
    ----------
    id : str
        Name used in limits, such as ``2008``.
    name_zh, name_en : str
        To print; the id where left out.
    start, end : date
        First level (before the fall) and last level of the replay; the months of these dates where `step` is
        monthly.
    step : {"daily", "monthly"}
        Steps of the replay; a monthly market replays a daily episode by its months.
    proxy : bool
        Told with stand-ins for most assets: to be labelled so wherever it is shown.
    happened_zh, happened_en : str
        What happened.
    source, rationale : str
        Where the facts come from, and why these dates.
    anchors, search : tuple of str, tuple of two dates
        Assets of the embedded market and the span in which their worst falls set `start` and `end`.
    """

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    id: Id
    name_zh: str = ""
    name_en: str = ""
    start: datetime.date
    end: datetime.date
    step: Literal["daily", "monthly"] = "daily"
    proxy: bool = False
    happened_zh: str = ""
    happened_en: str = ""
    source: str
    rationale: str = ""
    anchors: tuple[str, ...] = ()
    search: tuple[datetime.date, datetime.date] | None = None

    @pydantic.model_validator(mode="before")
    @classmethod
    def _named(cls, content: Any) -> Any:
        if isinstance(content, dict) and "id" in content:
            return {"name_zh": content["id"], "name_en": content["id"], **content}
        return content

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> Episode:
        if self.end <= self.start:
            raise ValueError(f"the end {self.end} is not after the start {self.start}; the end must be later")
        return self


class Episodes(pydantic.BaseModel):
    """The episodes in the order they are shown; ids are unique."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    episodes: tuple[Episode, ...]

    @pydantic.model_validator(mode="after")
    def _unique(self) -> Episodes:
        ids = [episode.id for episode in self.episodes]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"the ids {twice} stand there more than once; give each episode its own id")
        return self

    @property
    def digest(self) -> str:
        """SHA-256 of every entry."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def point_in_time(self, as_of: datetime.date) -> Episodes:
        """Only the episodes that had ended before `as_of`."""
        return Episodes(episodes=tuple(e for e in self.episodes if _last_day(e) < as_of))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StressPath:
    """What one stress event does to every asset, step by step; a shock is a path of one step.

    Attributes
    ----------
    id, name_zh, name_en : str
    kind : {"episode", "shock"}
    step : {"daily", "monthly", "once"}
    proxy : bool
        Whether the event is told by stand-ins as a whole (old episodes).
    asset_ids : tuple of str
    dates : (S+1,) datetime64
        Of the levels; empty for a shock.
    returns : (S, N) float64
        Simple returns.
    routes : tuple of str
        Where each asset's returns come from. In an episode `own` levels or a `proxy`. In a shock `moved` by
        it, `expected` given it, `gain_dropped` (the expectation was a gain that does not count), `not_linked`
        (too few months with the factor, no return) or `held_at_par` (cash).
    proxies : tuple of Proxy
        The stand-ins of an episode.
    """

    id: str
    name_zh: str
    name_en: str
    kind: Literal["episode", "shock"]
    step: Step
    proxy: bool
    asset_ids: tuple[str, ...]
    dates: Dates
    returns: FloatArray
    routes: tuple[Route, ...]
    proxies: tuple[Proxy, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the event and of every return."""
        head = (self.id, self.kind, self.step, self.asset_ids, self.routes, self.proxies, self.dates.tolist())
        return hashlib.sha256(repr(head).encode() + self.returns.tobytes()).hexdigest()

    @property
    def depths(self) -> FloatArray:
        """Return the loss of each asset held alone, (N,)."""
        return self.losses(np.eye(len(self.asset_ids)))

    def losses(self, weights: ArrayLike) -> FloatArray:
        """Maximum drawdown of each mix, (N,) or (K, N) to (K,), rebalanced at every step."""
        return max_drawdowns(self.returns, weights)

    def loss(self, weights: ArrayLike) -> float:
        """Maximum drawdown of one mix (N,), rebalanced at every step."""
        return float(self.losses(weights)[0])

    def drifting_losses(self, weights: ArrayLike) -> FloatArray:
        """Maximum drawdown of each mix rebalanced at the first step of each month only, (K,)."""
        if self.step != "daily":
            return self.losses(weights)
        months = self.dates.astype("datetime64[M]")[1:]
        return drifting_drawdowns(self.returns, weights, np.append(True, months[1:] != months[:-1]))

    def stretch(self, weights: ArrayLike) -> Stretch:
        """Peak and trough of one mix (N,), as rows of `dates`."""
        return worst_stretch(self.returns, weights)

    def select(self, ids: tuple[str, ...]) -> StressPath:
        """Path of some assets, in the given order; unknown ids raise DataError."""
        unknown = [name for name in ids if name not in self.asset_ids]
        if unknown:
            raise DataError(f"assets: stress {self.id!r} knows no {unknown}; it has {list(self.asset_ids)}.")
        columns = [self.asset_ids.index(name) for name in ids]
        marks = tuple(proxy for proxy in self.proxies if proxy.asset in ids)
        return replace(
            self,
            asset_ids=tuple(ids),
            returns=frozen(self.returns[:, columns]),
            routes=tuple(self.routes[j] for j in columns),
            proxies=marks,
        )


def load_episodes(extra: str | Path | None = None) -> Episodes:
    """Return the library's episodes, followed by those of the TOML file `extra` (docs/stress.md).

    DataError names every entry that is missing, unknown or wrong, and an id that the library has already.
    """
    library = _library()
    if extra is None:
        return library
    path = Path(extra)
    added = read_toml(path, Episodes).episodes
    known = {episode.id for episode in library.episodes}
    clash = [episode.id for episode in added if episode.id in known]
    if clash:
        raise DataError(f"{path.name}: the ids {clash} are the library's; give your episodes other ids.")
    return Episodes(episodes=(*library.episodes, *added))


def replay(episode: Episode, market: Market) -> StressPath:
    """Return what every asset of `market` did through `episode`, step by step.

    An asset without levels of its own through the whole episode is replaced by rule (`proxies`) and marked.
    The stand-ins of a market in another currency than the embedded one come from that market alone. Replay
    the whole market and `select` afterwards: fewer assets are fewer stand-ins.

    Raises
    ------
    DataError
        If the market is annual, if the episode had not ended by ``market.as_of``, or if no series covers it.
    """
    if market.frequency == "annual":
        raise DataError(f"{market.name}: an annual market replays no episode; give monthly or daily levels.")
    if _last_day(episode) > market.as_of:
        raise DataError(
            f"episode {episode.id!r} ends on {_last_day(episode)}, after the last day {market.as_of} of the "
            "market; leave it out with point_in_time(market.as_of)."
        )
    own = source_of(market, market.name)
    sources = (own, *(source for currency, source in _references() if currency == market.currency))
    dates = _dates(episode, market, sources)
    logs = np.empty((dates.size - 1, len(own.ids)))
    marks = []
    for j, name in enumerate(own.ids):
        levels = levels_at(own, j, dates)
        if levels is not None:
            logs[:, j] = np.diff(np.log(levels))
            continue
        found = choose(own, j, dates, sources)
        if found is None:
            raise DataError(_uncovered(episode, market, name))
        marks.append(found[0])
        logs[:, j] = found[1]
    stood_in = {mark.asset for mark in marks}
    return StressPath(
        id=episode.id,
        name_zh=episode.name_zh,
        name_en=episode.name_en,
        kind="episode",
        step="daily" if dates.dtype == np.dtype("datetime64[D]") else "monthly",
        proxy=episode.proxy,
        asset_ids=own.ids,
        dates=frozen(dates),
        returns=frozen(np.expm1(logs)),
        routes=tuple("proxy" if name in stood_in else "own" for name in own.ids),
        proxies=tuple(marks),
    )


def _last_day(episode: Episode) -> datetime.date:
    if episode.step == "daily":
        return episode.end
    month = np.datetime64(episode.end, "M") + 1
    return datetime.date.fromisoformat(str(month.astype("datetime64[D]") - 1))


def _dates(episode: Episode, market: Market, sources: tuple[Source, ...]) -> Dates:
    """Dates of the levels (S+1,): days of the first source whose days cover the episode, or its months."""
    first, last = np.datetime64(episode.start, "D"), np.datetime64(episode.end, "D")
    if episode.step == "monthly" or market.frequency == "monthly":
        before = 0 if episode.step == "monthly" else 1  # a daily start lies inside its month
        return np.arange(first.astype("datetime64[M]") - before, last.astype("datetime64[M]") + 1)
    for source in sources:
        days = source.days
        if days.size and days[0] <= first and last <= days[-1]:
            return days[np.searchsorted(days, first, "right") - 1 : np.searchsorted(days, last, "right")]
    raise DataError(_uncovered(episode, market, "every asset"))


def _uncovered(episode: Episode, market: Market, name: str) -> str:
    return (
        f"episode {episode.id!r} ({episode.start} to {episode.end}): {market.name} has no levels for {name} "
        'and no series can stand in; give longer prices, write step = "monthly" where months are known, or '
        "leave the episode out."
    )


class _OldSeries(pydantic.BaseModel):
    """A monthly series in ``old_series.csv``, in yuan, for assets that are younger than an episode."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    id: str
    asset_class: str
    region: str
    source: str


class _LibraryFile(Episodes):
    series: tuple[_OldSeries, ...]


@functools.cache
def _library_file() -> _LibraryFile:
    return read_toml(EMBEDDED / "episodes.toml", _LibraryFile)


@functools.cache
def _library() -> Episodes:
    return Episodes(episodes=_library_file().episodes)


@functools.cache
def _references() -> tuple[tuple[str, Source], ...]:
    """Currency and series that may stand in: all embedded assets, then the old monthly series."""
    embedded = Market.from_folder(EMBEDDED, _embedded_ids())
    table, described = read_table(EMBEDDED, "old_series"), _library_file().series
    assert table is not None
    old = Source(
        name="old_series",
        ids=tuple(series.id for series in described),
        classes=tuple(series.asset_class for series in described),
        regions=tuple(series.region for series in described),
        days=np.empty(0, dtype="datetime64[D]"),
        daily=np.empty((0, len(described))),
        months=table.dates.astype("datetime64[M]"),
        monthly=table.values[:, [table.ids.index(series.id) for series in described]],
    )
    return (embedded.currency, source_of(embedded, embedded.name)), (embedded.currency, old)


def _embedded_ids() -> tuple[str, ...]:
    table = read_table(EMBEDDED, "prices")
    assert table is not None
    return table.ids
