"""What is known of the markets: assets, their total-return levels, index series, and a digest of it all."""

from __future__ import annotations

import datetime
import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ._asset import Asset as Asset
from ._asset import assets_from_rows
from ._folder import read_folder
from ._table import Dates, FloatArray, Table, frozen, table_from_frame
from ._validate import MIN_RETURNS, Frequency, Levels, Values, checked, checked_indices
from .errors import DataError

if TYPE_CHECKING:
    import pandas as pd

EMBEDDED = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Market:
    """A frozen market: equal and hashed by `digest`, every array read-only.

    Attributes
    ----------
    name, currency : str
        Levels are total-return levels in `currency`.
    assets : tuple of Asset
        N assets, in the order of the columns below.
    frequency : {"daily", "monthly", "annual"}
        Of the price table. An annual market has no `monthly_returns`.
    days : (D,) datetime64[D]
        Trading days; D = 0 unless the market is daily.
    daily : (D, N) float64
        Levels, NaN before a series starts and after it ends.
    months : (M,) datetime64[M]
        Calendar months (12 apart in an annual market).
    monthly : (M, N) float64
        Levels at the end of each month, NaN where absent. They may reach further back than `daily`.
    index_ids : tuple of str
        J index series: ``cpi``, ``education``, ``home:CITY``, ``cash``, ``fx:usd`` (yuan a dollar).
    index_months : (L,) datetime64[M]
    index_levels : (L, J) float64
        Levels by month, NaN where absent.
    as_of : datetime.date
        Last date of the price table.
    digest : str
        SHA-256 of everything above.
    """

    name: str
    currency: str
    assets: tuple[Asset, ...]
    frequency: Frequency
    days: Dates
    daily: FloatArray
    months: Dates
    monthly: FloatArray
    index_ids: tuple[str, ...]
    index_months: Dates
    index_levels: FloatArray
    as_of: datetime.date
    digest: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Market) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __setstate__(self, state: Sequence[object]) -> None:
        """Arrays come out of a pickle writable; this market's are not."""
        for field, value in zip(fields(self), state, strict=True):
            kept = frozen(value) if isinstance(value, np.ndarray) else value
            object.__setattr__(self, field.name, kept)

    @property
    def asset_ids(self) -> tuple[str, ...]:
        """Ids of the assets, in column order."""
        return tuple(asset.id for asset in self.assets)

    @property
    def periods_per_year(self) -> int:
        """Rows of `months` a year: 12, or 1 in an annual market."""
        return 1 if self.frequency == "annual" else 12

    def select(self, ids: Sequence[str]) -> Market:
        """Market of the named assets in the given order, all indices kept; unknown ids raise DataError."""
        unknown = [name for name in ids if name not in self.asset_ids]
        if unknown or not ids or len(set(ids)) < len(ids):
            wrong = ", ".join(map(repr, unknown)) or list(ids)
            raise DataError(
                f"assets: cannot select {wrong}; give one or more of {', '.join(self.asset_ids)}, each once."
            )
        columns = [self.asset_ids.index(name) for name in ids]
        return _sealed(
            replace(
                self,
                assets=tuple(self.assets[j] for j in columns),
                daily=self.daily[:, columns],
                monthly=self.monthly[:, columns],
            )
        )

    def select_indices(self, ids: Sequence[str]) -> Market:
        """Market with the named index series alone, in the given order; unknown ids raise DataError."""
        unknown = [name for name in ids if name not in self.index_ids]
        if unknown or len(set(ids)) < len(ids):
            wrong = ", ".join(map(repr, unknown)) or list(ids)
            raise DataError(
                f"indices: cannot select {wrong}; give some of {', '.join(self.index_ids)}, each once."
            )
        columns = [self.index_ids.index(name) for name in ids]
        return _sealed(replace(self, index_ids=tuple(ids), index_levels=self.index_levels[:, columns]))

    def until(self, day: datetime.date) -> Market:
        """Return what was known at the close of `day`.

        Later levels are gone, and with them the assets that had too short a history to be accepted then. A
        month is known from its last trading day on, an index figure one month after its own: it is published.
        """
        end = np.datetime64(day)
        month_ends = (self.months + 1).astype("datetime64[D]") - 1
        if self.days.size:
            month = self.days.astype("datetime64[M]")
            last = np.searchsorted(month, self.months, side="right") - 1
            inside = (last >= 0) & (month[last] == self.months)
            month_ends = np.where(inside, self.days[last], month_ends)
        rows = month_ends <= end
        kept = (self.index_months + 2).astype("datetime64[D]") <= end + 1
        returns = np.count_nonzero(~np.isnan(self.monthly[rows]), axis=0) - 1
        old = [
            name for name, n in zip(self.asset_ids, returns, strict=True) if n >= MIN_RETURNS[self.frequency]
        ]
        if not old:
            raise DataError(f"{self.name}: on {day} no asset had a history yet; take a later day.")
        return _sealed(
            replace(
                self,
                days=self.days[self.days <= end],
                daily=self.daily[self.days <= end],
                months=self.months[rows],
                monthly=self.monthly[rows],
                index_months=self.index_months[kept],
                index_levels=self.index_levels[kept],
                as_of=min(self.as_of, day),
            )
        ).select(old)

    def returns(self) -> FloatArray:
        """Return simple returns per row of `months`, (M-1, N), NaN where either level is absent."""
        return frozen(self.monthly[1:] / self.monthly[:-1] - 1.0)

    def monthly_returns(self) -> FloatArray:
        """Return simple monthly returns, (M-1, N), row i over ``months[i+1]``; NaN where absent."""
        if self.frequency == "annual":
            raise DataError(
                f"{self.name}: an annual market has no monthly returns; give monthly or daily levels."
            )
        return self.returns()

    def common_returns(self) -> tuple[Dates, FloatArray]:
        """Return months (R,) and simple returns (R, N) of the longest run in which every asset has a level.

        Raises DataError if the assets never overlap.
        """
        returns = self.returns()
        complete = np.flatnonzero(~np.isnan(returns).any(axis=1))
        if complete.size == 0:
            raise DataError(
                f"{self.name}: the assets {list(self.asset_ids)} have no period in common; drop one."
            )
        # A series has no hole inside, so the complete rows are one block.
        rows = slice(int(complete[0]), int(complete[-1]) + 1)
        return frozen(self.months[1:][rows]), frozen(returns[rows])

    @classmethod
    def from_frames(
        cls,
        prices: pd.DataFrame,
        assets: Sequence[Asset],
        *,
        indices: pd.DataFrame | None = None,
        monthly: pd.DataFrame | None = None,
        name: str = "market",
        currency: str = "CNY",
        values: Values = "levels",
    ) -> Market:
        """Market of pandas frames.

        Parameters
        ----------
        prices : DataFrame
            Index of dates, one column per asset id; daily, monthly or annual, NaN before a series starts
            and after it ends.
        assets : sequence of Asset
            One for each column; it sets the order.
        indices : DataFrame, optional
            Monthly index levels by month, one column per index id.
        monthly : DataFrame, optional
            Longer monthly levels beside daily `prices`.
        name, currency : str
        values : {"levels", "returns"}
            Whether `prices` and `monthly` hold levels or simple returns per row.

        Raises
        ------
        DataError
            Naming every series, date and value that cannot be used.
        """
        return _build(
            name=name,
            currency=currency,
            assets=tuple(assets),
            values=values,
            prices=table_from_frame(prices, "prices"),
            monthly=None if monthly is None else table_from_frame(monthly, "monthly"),
            indices=None if indices is None else table_from_frame(indices, "indices"),
        )

    @classmethod
    def from_folder(cls, path: str | Path, assets: Sequence[str] | None = None) -> Market:
        """Read a folder with ``prices.csv``, ``assets.toml`` and optional ``indices.csv`` (docs/market.md).

        `assets` picks the assets and their order; by default all that are not marked optional.
        """
        folder = read_folder(Path(path))
        market = _build(
            name=folder.name,
            currency=folder.currency,
            assets=assets_from_rows(folder.rows),
            values=folder.values,
            prices=folder.prices,
            monthly=folder.monthly,
            indices=folder.indices,
        )
        chosen = tuple(assets) if assets is not None else folder.default_ids
        return market if chosen == market.asset_ids else market.select(chosen)


def load_market(folder: str | Path | None = None, assets: Sequence[str] | None = None) -> Market:
    """Market of `folder`, or the embedded one; read once per process while its files stay unchanged.

    Parameters
    ----------
    folder
        As docs/market.md describes it.
    assets
        Ids to pick, in their order; by default all that ``assets.toml`` does not mark optional.

    Raises
    ------
    DataError
        What is there cannot be used; every problem names series, date and value.

    """
    path = EMBEDDED if folder is None else Path(folder)
    stamp = tuple((f.name, f.stat().st_mtime_ns, f.stat().st_size) for f in sorted(path.glob("*.*")))
    return _load(path.resolve(), stamp, None if assets is None else tuple(assets))


@functools.lru_cache(maxsize=16)
def _load(path: Path, stamp: object, assets: tuple[str, ...] | None) -> Market:  # noqa: ARG001 - cache key
    return Market.from_folder(path, assets)


def _build(
    *,
    name: str,
    currency: str,
    assets: tuple[Asset, ...],
    values: Values,
    prices: Table,
    monthly: Table | None,
    indices: Table | None,
) -> Market:
    ids = tuple(asset.id for asset in assets)
    problems = [
        f"assets: the id {i!r} is given twice; ids are unique." for i in sorted(set(ids)) if ids.count(i) > 1
    ]
    main = checked(prices, ids, values, problems)
    longer = checked(monthly, ids, values, problems) if monthly is not None else main
    if monthly is not None and longer is not None and longer.frequency != "monthly":
        problems.append(f"{monthly.where}: the rows are {longer.frequency}; it holds one row a month.")
    if main is None or longer is None or problems:
        raise DataError(problems)
    months, by_month = longer.by_month()
    index_ids, index_months, index_levels = checked_indices(indices)
    daily = main.frequency == "daily"
    return _sealed(
        Market(
            name=name,
            currency=currency,
            assets=assets,
            frequency=main.frequency,
            days=main.dates if daily else main.dates[:0],
            daily=main.values if daily else main.values[:0],
            months=months,
            monthly=by_month,
            index_ids=index_ids,
            index_months=index_months,
            index_levels=index_levels,
            as_of=_last_date(main),
            digest="",
        )
    )


def _last_date(levels: Levels) -> datetime.date:
    last = levels.dates[-1]
    if levels.frequency != "daily":
        last = (levels.by_month()[0][-1] + 1).astype("datetime64[D]") - 1  # a period is known at its end
    return datetime.date.fromisoformat(str(last))


def _sealed(market: Market) -> Market:
    """Return the market with read-only contiguous arrays and the digest of its content."""
    content: dict[str, object] = {}
    digest = hashlib.sha256()
    for field in fields(Market):
        value = getattr(market, field.name)
        if field.name == "digest":
            continue
        if isinstance(value, np.ndarray):
            value = frozen(value)
            digest.update(f"{field.name} {value.dtype} {value.shape} ".encode())
            digest.update(value.view(np.int64).data)
        else:
            digest.update(f"{field.name} {value!r} ".encode())
        content[field.name] = value
    return replace(market, **content, digest=digest.hexdigest())  # type: ignore[arg-type]
