"""All stress events of one market at once: what a plan bounds, reports and puts its digest on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ._table import FloatArray
from .errors import DataError
from .market import Market
from .shocks import Shocks, apply_shock, load_shocks
from .stress import Episodes, StressPath, load_episodes, replay

if TYPE_CHECKING:
    from .assumptions import Assumptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """An event that this market cannot tell, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StressSet:
    """Stress events over the same assets.

    Attributes
    ----------
    asset_ids : tuple of str
    paths : tuple of StressPath
        Episodes first, then shocks, in library order.
    skipped : tuple of Skipped
    """

    asset_ids: tuple[str, ...]
    paths: tuple[StressPath, ...]
    skipped: tuple[Skipped, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the events, in the order of `losses`."""
        return tuple(path.id for path in self.paths)

    @property
    def digest(self) -> str:
        """SHA-256 of every event."""
        return hashlib.sha256("".join(path.digest for path in self.paths).encode()).hexdigest()

    def get(self, stress_id: str) -> StressPath:
        """Return the event of that id; DataError lists the known ones, or says why it was skipped."""
        for path in self.paths:
            if path.id == stress_id:
                return path
        for event in self.skipped:
            if event.id == stress_id:
                raise DataError(f"stress {stress_id!r} cannot be told on this market: {event.reason}")
        raise DataError(f"stress {stress_id!r} is unknown; known are {', '.join(self.ids)}.")

    def losses(self, weights: ArrayLike) -> FloatArray:
        """Loss of each mix, (N,) or (K, N), in each event, (E, K): maximum drawdown, a positive fraction."""
        rows = np.atleast_2d(np.asarray(weights)).shape[0]
        return np.array([path.losses(weights) for path in self.paths]).reshape(len(self.paths), rows)

    def select(self, ids: tuple[str, ...]) -> StressSet:
        """Return the same events for some assets, in the given order."""
        return replace(self, asset_ids=tuple(ids), paths=tuple(path.select(ids) for path in self.paths))


def stress_set(
    market: Market,
    assumptions: Assumptions,
    *,
    episodes: Episodes | None = None,
    shocks: Shocks | None = None,
) -> StressSet:
    """Every episode that had ended before ``market.as_of`` and every shock, on all assets of `market`.

    Parameters
    ----------
    market : Market
        The whole market, so that stand-ins are found; `StressSet.select` narrows the result.
    assumptions : Assumptions
        Volatilities and correlations that carry the shocks.
    episodes, shocks : optional
        By default the embedded libraries.

    Returns
    -------
    StressSet
        Events that the market cannot tell (no series covers them, no asset is moved, an episode that had not
        ended) are in `skipped` with their reason, never silently dropped.

    Raises
    ------
    DataError
        If an episode and a shock have the same id.
    """
    episodes, shocks = episodes or load_episodes(), shocks or load_shocks()
    ids = [episode.id for episode in episodes.episodes] + [shock.id for shock in shocks.shocks]
    if len(set(ids)) < len(ids):
        twice = sorted({i for i in ids if ids.count(i) > 1})
        raise DataError(f"stress: {twice} name both an episode and a shock; give them different ids.")
    ended = episodes.point_in_time(market.as_of).episodes
    paths, skipped = [], []
    for episode in episodes.episodes:
        if episode not in ended:
            skipped.append(Skipped(id=episode.id, reason=f"it had not ended before {market.as_of}."))
            continue
        try:
            paths.append(replay(episode, market))
        except DataError as error:
            skipped.append(Skipped(id=episode.id, reason=str(error)))
    for shock in shocks.shocks:
        try:
            paths.append(apply_shock(shock, market, assumptions, shocks))
        except DataError as error:
            skipped.append(Skipped(id=shock.id, reason=str(error)))
    return StressSet(asset_ids=market.asset_ids, paths=tuple(paths), skipped=tuple(skipped))
