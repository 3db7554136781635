"""Goal cohorts over many starts: in parallel, kept as they are done, never computed twice."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, as_completed
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from ...engine.errors import RequestError
from ...engine.whole_file import write_whole
from ...goals import build_schedule
from ...scenarios.errors import DataError
from ...scenarios.market import Market, load_market
from ...scenarios.reference import reference_assumptions
from .cohort import cohort
from .config import CohortConfig
from .real import last_month
from .result import CohortResult, CohortRow

Progress = Callable[[int, int], None]
_ROWS: TypeAdapter[tuple[CohortRow, ...]] = TypeAdapter(tuple[CohortRow, ...])
_FORM = 1  # of the kept files; a new number makes old folders another run


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
    place = None if folder is None else _claimed(Path(folder), config, market)
    rows: dict[dt.date, tuple[CohortRow, ...]] = {}
    for start in starts:
        if place is not None and (file := _file(place, start)).exists():
            rows[start] = _ROWS.validate_json(file.read_bytes())
    if progress is not None:
        progress(len(rows), len(starts))
    for start, found in _computed(config, market, [s for s in starts if s not in rows], executor):
        rows[start] = found
        if place is not None:
            write_whole(_file(place, start), _ROWS.dump_json(found))
        if progress is not None:
            progress(len(rows), len(starts))
    return CohortResult(
        config=config,
        market=market.name,
        market_digest=market.digest,
        months=_horizon(config, market, starts[0]),
        rows=tuple(row for start in starts for row in rows[start]),
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


def _computed(
    config: CohortConfig, market: Market, starts: list[dt.date], executor: Executor | None
) -> Iterator[tuple[dt.date, tuple[CohortRow, ...]]]:
    if executor is None:
        for start in starts:
            yield start, cohort(config, market, start)
        return
    waiting = {executor.submit(cohort, config, market, start): start for start in starts}
    for future in as_completed(waiting):
        yield waiting[future], future.result()


def _claimed(folder: Path, config: CohortConfig, market: Market) -> Path:
    """Make the folder this run's own, or go on in it."""
    asked = config.model_dump(mode="json", exclude={"start", "end", "every"})  # these only choose starts
    text = json.dumps(asked, sort_keys=True, ensure_ascii=False)
    same = {
        "form": _FORM,
        "config": hashlib.sha256(text.encode()).hexdigest(),
        "market_digest": market.digest,
    }
    mark = folder / "run.json"
    folder.mkdir(parents=True, exist_ok=True)
    if mark.exists():
        before = json.loads(mark.read_text(encoding="utf-8"))
        other = [name for name in same if before.get(name) != same[name]]
        if other:
            raise RequestError(f"{folder} holds cohorts of another {', '.join(other)}; give a new folder.")
    elif any(folder.iterdir()):
        raise RequestError(f"{folder} is not empty and holds no cohorts; give an empty or a new folder.")
    else:
        write_whole(mark, json.dumps(same, indent=2) + "\n")
    kept = folder / "cohorts"
    kept.mkdir(exist_ok=True)
    return kept


def _file(place: Path, start: dt.date) -> Path:
    return place / f"{start:%Y-%m}.json"
