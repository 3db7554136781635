"""Goal cohorts over many starts: in parallel, kept as they are done, never computed twice."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import Executor
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from ...goals import build_schedule
from ...scenarios.errors import DataError
from ...scenarios.market import Market, load_market
from ...scenarios.reference import reference_assumptions
from ..kept import Kept, Progress, claimed, run_pieces
from .cohort import cohort
from .config import CohortConfig
from .real import last_month
from .result import CohortResult, CohortRow

_ROWS: TypeAdapter[tuple[CohortRow, ...]] = TypeAdapter(tuple[CohortRow, ...])


def goal_cohorts(
    config: CohortConfig,
    market: Market | None = None,
    *,
    folder: str | Path | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> CohortResult:
    """Start the same client in every month of history, and see what became of each.

    At each start the market is cut to what was known on its eve: means, model, stress episodes and menu come from that
    slice. The plan is then followed month by month through what really came, with trading costs, fees,
    contributions and the real growth of each goal's index.

    Parameters
    ----------
    config : CohortConfig
    market : Market, optional
        The market of ``config.market`` when absent.
    folder : path, optional
        Where every finished cohort is kept; a run that was stopped goes on there.
    executor : Executor, optional
        Runs cohorts side by side; it must not fork. One after another when absent. The result is the same.
    progress : callable, optional
        Called with cohorts done and in all.

    Raises
    ------
    DataError
        No start has both a history and a future in the market.
    RequestError
        `folder` holds another run.
    """
    market = load_market(config.market) if market is None else market
    starts = cohort_starts(config, market)
    chooses = {"start", "end", "every"}
    place = None if folder is None else claimed(Path(folder), "cohorts", config, chooses, market)
    pieces = {f"{start:%Y-%m}": (config, market, start) for start in starts}
    found = run_pieces(pieces, cohort, Kept(place=place, form=_ROWS), executor, progress)
    return CohortResult(
        config=config,
        market=market.name,
        market_digest=market.digest,
        months=_horizon(config, market, starts[0]),
        rows=tuple(row for rows in found for row in rows),
    )


def cohort_starts(config: CohortConfig, market: Market) -> tuple[dt.date, ...]:
    """First days of the cohorts; DataError where there is none."""
    months, _ = market.common_returns()
    first = months[0] + 12 * config.history - (12 // market.periods_per_year - 1)
    if config.start is not None:
        first = max(first, np.datetime64(config.start, "M"))
    if market.periods_per_year == 1:
        first += -first.astype(np.int64) % 12  # months count from January 1970
    horizon = _horizon(config, market, dt.date.fromisoformat(f"{first}-01"))
    last = last_month(market) + 1 - horizon
    if config.end is not None:
        last = min(last, np.datetime64(config.end, "M"))
    step = config.every if market.periods_per_year == 12 else 12 * -(-config.every // 12)
    found = tuple(dt.date.fromisoformat(f"{month}-01") for month in np.arange(first, last + 1, step))
    if not found:
        raise DataError(
            f"start, end: {market.name} has {config.history} years of history only from {first} on, and the goals, "
            f"{horizon} months later, lie in it only for starts to {last}; give other dates or a longer market."
        )
    return found


def _horizon(config: CohortConfig, market: Market, start: dt.date) -> int:
    request = config.request_at(start, 1.0)
    whole = reference_assumptions(market)
    growth = dict(zip(whole.index_ids, map(float, whole.index_mean), strict=True))
    schedule = build_schedule(
        request.goals, request.contributions, start, request.client.birth_year, index_growth=growth
    )
    return schedule.months
