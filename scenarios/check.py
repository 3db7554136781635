"""Soft checks of a market: what a careful user looks at before trusting it. Nothing here stops a plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ._table import Dates, FloatArray
from .market import Market

LARGEST_MOVE = {"daily": 0.20, "monthly": 0.40, "annual": 0.80}  # of log level from one row to the next
TYPICAL_MOVES = 80.0  # times the median absolute move of the series; catches a wrong price of a bond
STALE_ROWS = {"daily": 10, "monthly": 3, "annual": 3}
LONGEST_PAUSE = 15  # days without any row in a daily market; the longest Chinese holidays take 12
SHORT_HISTORY = 10.0  # years that all assets share


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketWarning:
    """One observation: `code`, the series and date it is about, a value, and a sentence in two languages."""

    code: str
    series: str
    date: str
    value: float
    text_en: str
    text_zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketCheck:
    """What `check_market` found.

    Attributes
    ----------
    market, digest : str
        Name and digest of the market.
    spans : tuple of (id, first date, last date)
        Of every series.
    warnings : tuple of MarketWarning
        Codes: `jump`, `stale_end`, `late_start`, `early_end`, `pause`, `short_history`, `two_tables_differ`.
    """

    market: str
    digest: str
    spans: tuple[tuple[str, str, str], ...]
    warnings: tuple[MarketWarning, ...]


def check_market(market: Market) -> MarketCheck:
    """Return the spans of all series of `market` and everything in them that deserves a look."""
    daily = market.frequency == "daily"
    dates, levels = (market.days, market.daily) if daily else (market.months, market.monthly)
    series = [(name, dates, levels[:, j], market.frequency) for j, name in enumerate(market.asset_ids)]
    series += [
        (name, market.index_months, market.index_levels[:, j], "monthly")
        for j, name in enumerate(market.index_ids)
    ]
    found: list[MarketWarning] = []
    spans = []
    for name, when, column, frequency in series:
        there = np.flatnonzero(~np.isnan(column))
        when, column = when[there], column[there]
        spans.append((name, str(when[0]), str(when[-1])))
        found += _jumps(name, when, column, frequency)
        found += _stale_end(name, when, column, frequency)
    found += _ends(spans[: len(market.assets)], str(dates[0]), str(dates[-1]))
    if daily:
        found += _pauses(dates)
        found += _differences(market)
    found += _short_history(market)
    return MarketCheck(market=market.name, digest=market.digest, spans=tuple(spans), warnings=tuple(found))


def _jumps(name: str, when: Dates, column: FloatArray, frequency: str) -> Iterator[MarketWarning]:
    moves = np.diff(np.log(column))
    limit = min(LARGEST_MOVE[frequency], max(TYPICAL_MOVES * float(np.median(np.abs(moves))), 0.01))
    for i in np.flatnonzero(np.abs(moves) > limit):
        value = float(np.expm1(moves[i]))
        yield MarketWarning(
            code="jump",
            series=name,
            date=str(when[i + 1]),
            value=value,
            text_en=f"{name} moves by {value:+.1%} on {when[i + 1]}: check for a split or a wrong price.",
            text_zh=f"{name} 在 {when[i + 1]} 变动 {value:+.1%}：请核对是否拆分或价格有误。",
        )


def _stale_end(name: str, when: Dates, column: FloatArray, frequency: str) -> Iterator[MarketWarning]:
    rows = STALE_ROWS[frequency]
    if column.size > rows and (column[-rows - 1 :] == column[-1]).all():
        changed = np.flatnonzero(column != column[-1])
        since = str(when[int(changed[-1]) + 1] if changed.size else when[0])
        yield MarketWarning(
            code="stale_end",
            series=name,
            date=since,
            value=float(column[-1]),
            text_en=f"{name} has not changed since {since}: its source may have stopped.",
            text_zh=f"{name} 自 {since} 起没有变化：数据来源可能已停止更新。",
        )


def _ends(spans: list[tuple[str, str, str]], first: str, last: str) -> Iterator[MarketWarning]:
    for name, start, end in spans:
        if start > first:
            yield MarketWarning(
                code="late_start",
                series=name,
                date=start,
                value=0.0,
                text_en=f"{name} starts on {start}, the table on {first}.",
                text_zh=f"{name} 始于 {start}，数据表始于 {first}。",
            )
        if end < last:
            yield MarketWarning(
                code="early_end",
                series=name,
                date=end,
                value=0.0,
                text_en=f"{name} ends on {end}, the table on {last}.",
                text_zh=f"{name} 止于 {end}，数据表止于 {last}。",
            )


def _pauses(days: Dates) -> Iterator[MarketWarning]:
    length = np.diff(days).astype(np.int64)
    for i in np.flatnonzero(length > LONGEST_PAUSE):
        yield MarketWarning(
            code="pause",
            series="",
            date=str(days[i]),
            value=float(length[i]),
            text_en=f"No row for {length[i]} days after {days[i]}: rows may be missing.",
            text_zh=f"{days[i]} 之后 {length[i]} 天没有数据：可能缺行。",
        )


def _differences(market: Market) -> Iterator[MarketWarning]:
    """Compare the growth of the daily and the monthly table over the months that they share."""
    last = np.flatnonzero(np.append(np.diff(market.days.astype("datetime64[M]")).astype(np.int64) > 0, True))
    months, here, there = np.intersect1d(
        market.days[last].astype("datetime64[M]"), market.months, return_indices=True
    )
    gap = np.log(market.daily[last[here]]) - np.log(market.monthly[there])
    for j, name in enumerate(market.asset_ids):
        column = gap[:, j][~np.isnan(gap[:, j])]
        drift = float(column[-1] - column[0]) if column.size else 0.0
        if abs(drift) > 0.05:
            yield MarketWarning(
                code="two_tables_differ",
                series=name,
                date=str(months[-1]),
                value=drift,
                text_en=f"{name} grows by {drift:+.1%} more in prices than in prices_monthly: one is wrong.",
                text_zh=f"{name} 在 prices 中比在 prices_monthly 中多增长 {drift:+.1%}。",
            )


def _short_history(market: Market) -> Iterator[MarketWarning]:
    months, returns = market.common_returns()
    years = returns.shape[0] / market.periods_per_year
    if years < SHORT_HISTORY:
        yield MarketWarning(
            code="short_history",
            series="",
            date=str(months[0]),
            value=years,
            text_en=f"All assets share only {years:.1f} years of returns: means and tails are little known.",
            text_zh=f"全部资产共有的历史只有 {years:.1f} 年：均值与尾部难以估计。",
        )
