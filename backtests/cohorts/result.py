"""What goal cohorts give back: one row for each start, difficulty and planner, and the figures over the starts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from .._types import EdgeModel, FloatArray
from ..scores import BlockShare, Reliability, block_share, reliability
from .config import CohortConfig

if TYPE_CHECKING:
    import pandas as pd


class CohortRow(EdgeModel):
    """One client: who planned, what was promised, and what came.

    Attributes
    ----------
    start, name, kind, difficulty
        First day; label; ``"plan"`` or ``"strategy"``; factor on the goals' amounts.
    reason
        Why there is no result; None where there is one. The figures below are then empty.
    promised
        Probability of each goal; empty for a strategy, which promises nothing.
    promised_breach, kept
        Promised share of paths that break the limit in any window; whether the plan met its limit at all.
    paid
        Whether each goal was paid in full.
    short, amounts
        Nominal money that lacked for each goal, and its whole cost.
    needed
        Least monthly contribution that would have paid every goal at the returns really earned; None where none
        would.
    drawdown, broken
        Worst drawdown from the all-time peak, by days where the market has them; whether any window between
        resets went beyond the limit (or `CohortConfig.drawdown_mark`).
    final
        Money left at the end.
    wealth, fan
        By month, before payments: what came, and the promised percentiles 5, 25, 50, 75, 95.
    note
        What happened at reviews, or how many decisions of a strategy failed.
    """

    start: dt.date
    name: str
    kind: Literal["plan", "strategy"]
    difficulty: float
    reason: str | None = None
    promised: tuple[float, ...] = ()
    promised_breach: float | None = None
    kept: bool = True
    paid: tuple[bool, ...] = ()
    short: tuple[float, ...] = ()
    amounts: tuple[float, ...] = ()
    needed: float | None = None
    drawdown: float = 0.0
    broken: bool = False
    final: float = 0.0
    wealth: tuple[float, ...] = ()
    fan: tuple[tuple[float, ...], ...] = ()
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether every goal was paid in full."""
        return self.reason is None and all(self.paid)


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortFigures:
    """One planner or strategy over its starts; shares with block intervals.

    Attributes
    ----------
    starts, missing : int
        Cohorts with a result, and without.
    windows : float
        Horizons that fit side by side into the starts: the effective sample size.
    met, broken : BlockShare
        Share of starts that paid every goal; that broke the limit.
    promised : float
        Mean promised probability of the first goal; NaN for a strategy.
    short : float
        Mean money short where a goal was not met.
    needed_median, needed_high : float
        Median and 95 % quantile of the contribution that would have been needed.
    drawdown_median, drawdown_worst : float
    """

    name: str
    difficulty: float
    starts: int
    missing: int
    windows: float
    met: BlockShare
    broken: BlockShare
    promised: float
    short: float
    needed_median: float
    needed_high: float
    drawdown_median: float
    drawdown_worst: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortResult:
    """Finished goal cohorts.

    Attributes
    ----------
    config : CohortConfig
    market, market_digest : str
    months : int
        Horizon of the client.
    rows : tuple of CohortRow
        By start, difficulty, and name in the order of the configuration.
    """

    config: CohortConfig
    market: str
    market_digest: str
    months: int
    rows: tuple[CohortRow, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Planners, then strategies."""
        return tuple(each.label for each in (*self.config.planners, *self.config.strategies))

    @property
    def block(self) -> int:
        """Starts in a block of the intervals: as many as overlap."""
        return max(1, -(-self.months // self.config.every))

    def of(self, name: str, difficulty: float | None = None) -> tuple[CohortRow, ...]:
        """Rows of one planner or strategy that have a result, by start."""
        return tuple(
            row
            for row in self.rows
            if row.name == name and row.reason is None and difficulty in (None, row.difficulty)
        )

    def figures(self) -> tuple[CohortFigures, ...]:
        """Figures of every planner and strategy, by difficulty."""
        return tuple(self._figures(name, factor) for factor in self.config.difficulty for name in self.names)

    def _figures(self, name: str, factor: float) -> CohortFigures:
        rows = self.of(name, factor)
        missing = sum(r.name == name and r.difficulty == factor for r in self.rows) - len(rows)
        short = [sum(row.short) for row in rows if not row.met]
        needed = [np.inf if row.needed is None else row.needed for row in rows]
        falls = [row.drawdown for row in rows]
        promised = [row.promised[0] for row in rows if row.promised]
        return CohortFigures(
            name=name,
            difficulty=factor,
            starts=len(rows),
            missing=missing,
            windows=self.windows(rows),
            met=block_share(np.array([row.met for row in rows], dtype=np.float64), self.block),
            broken=block_share(np.array([row.broken for row in rows], dtype=np.float64), self.block),
            promised=_mean(promised),
            short=_mean(short),
            needed_median=_quantile(needed, 0.5),
            needed_high=_quantile(needed, 0.95),
            drawdown_median=_quantile(falls, 0.5),
            drawdown_worst=max(falls, default=float("nan")),
        )

    def windows(self, rows: tuple[CohortRow, ...]) -> float:
        """How many horizons the starts of `rows` hold side by side."""
        if not rows:
            return 0.0
        first, last = (np.datetime64(row.start, "M") for row in (rows[0], rows[-1]))
        return float((last - first).astype(int)) / self.months + 1.0

    def reliability(self, name: str) -> Reliability | None:
        """Promised against realised over all starts, goals and difficulties; None for a strategy."""
        rows = [row for row in self.of(name) if row.promised]
        if not rows:
            return None
        starts = sorted({row.start for row in rows})
        table: dict[dt.date, list[tuple[float, bool]]] = {start: [] for start in starts}
        for row in rows:
            table[row.start] += zip(row.promised, row.paid, strict=True)
        width = max(len(pairs) for pairs in table.values())
        promised = np.full((len(starts), width), np.nan)
        came = np.full((len(starts), width), np.nan)
        for s, start in enumerate(starts):
            for k, (p, paid) in enumerate(table[start]):
                promised[s, k], came[s, k] = p, float(paid)
        return reliability(promised, came, self.block)

    def to_frame(self) -> pd.DataFrame:
        """One row for each start, difficulty and name; goals side by side, series left out."""
        import pandas as pd

        lines = []
        for row in self.rows:
            line = row.model_dump(exclude={"wealth", "fan", "promised", "paid", "short", "amounts"})
            for key in ("promised", "paid", "short", "amounts"):
                line |= {f"{key}:{g}": value for g, value in enumerate(getattr(row, key))}
            lines.append({**line, "met": row.met})
        return pd.DataFrame(lines)


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _quantile(values: list[float], level: float) -> float:
    if not values:
        return float("nan")
    ordered: FloatArray = np.sort(np.array(values, dtype=np.float64))
    return float(ordered[min(int(np.ceil(level * len(ordered))) - 1, len(ordered) - 1)])
