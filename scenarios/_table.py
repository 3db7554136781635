"""Wide tables of levels: one dated row per day or period, one column per series, NaN where absent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .errors import DataError

if TYPE_CHECKING:
    import pandas as pd

Dates = NDArray[np.datetime64]
FloatArray = NDArray[np.float64]
_EMPTY = re.compile(r",\s*(?=,|$)")
_NUMBER = re.compile(r"\s*[-+]?(nan|inf|infinity|(\d+\.?\d*|\.\d+)(e[-+]?\d+)?)\s*", re.IGNORECASE)
_Scalar = TypeVar("_Scalar", bound=np.generic)


def frozen(array: NDArray[_Scalar]) -> NDArray[_Scalar]:
    """C-contiguous read-only copy (or the array itself where it is one already)."""
    if array.flags.c_contiguous and not array.flags.writeable:
        return array
    array = np.array(array, order="C")
    array.flags.writeable = False
    return array


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Levels as read: `dates` (D,) datetime64[D], `ids` (N,), `values` (D, N) with NaN for an empty cell."""

    where: str
    dates: Dates
    ids: tuple[str, ...]
    values: FloatArray


def read_table(folder: Path, stem: str) -> Table | None:
    """Read ``stem.csv`` or else ``stem.parquet`` from `folder`; None if there is neither.

    The first column is `date`: ``2024-03-29``, ``2024-03`` (a month) or ``2024`` (a year), stored as the
    first day of what it names. An empty cell means that the series has no value there.
    """
    path = folder / f"{stem}.csv"
    if path.exists():
        return _from_csv(path)
    path = folder / f"{stem}.parquet"
    return _from_parquet(path) if path.exists() else None


def table_from_frame(frame: pd.DataFrame, where: str) -> Table:
    """Table of a frame indexed by date (or by period) with one column per series."""
    ids = tuple(str(column) for column in frame.columns)
    dates = [str(label)[:10] for label in frame.index]
    try:
        values = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{where}: a cell is not a number ({error}); give floats, NaN where absent."
        ) from error
    return Table(where=where, dates=_dates(dates, where), ids=_ids(ids, where), values=np.array(values))


def _from_csv(path: Path) -> Table:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name}: not UTF-8 text ({error.reason}); save it as UTF-8.") from error
    header, *rows = [line for line in text.replace('"', "").splitlines() if line.strip(" ,")] or [""]
    names = [name.strip() for name in header.split(",")]
    if names[0] != "date" or not rows:
        raise DataError(
            f"{path.name}: the first line must name the columns and begin with 'date' (found {names[0][:60]!r}), "
            "and at least one dated row must follow."
        )
    ids = _ids(tuple(names[1:]), path.name)
    uneven = [row for row in rows if row.count(",") != len(ids)]
    if uneven:
        raise DataError(
            [
                f"{path.name}: the row {row[:10]!r} has {row.count(',') + 1} cells, the header {len(names)}."
                for row in uneven
            ]
        )
    dates = _dates([row.partition(",")[0].strip() for row in rows], path.name)
    filled = [_EMPTY.sub(",nan", row) if ",," in row or row[-1] in ", " else row for row in rows]
    try:
        values = np.loadtxt(filled, delimiter=",", comments=None, usecols=range(1, len(names)), ndmin=2)
    except ValueError:
        raise DataError(_bad_cells(path.name, ids, filled)) from None
    return Table(where=path.name, dates=dates, ids=ids, values=values)


def _bad_cells(where: str, ids: tuple[str, ...], rows: list[str]) -> list[str]:
    problems = []
    for row in rows:
        date, *cells = row.split(",")
        for name, cell in zip(ids, cells, strict=True):
            if not _NUMBER.fullmatch(cell):
                problems.append(
                    f"{where}: {name} on {date} is {cell!r}, not a number; leave the cell empty if absent."
                )
    return problems


def _from_parquet(path: Path) -> Table:
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise DataError(
            f"{path.name}: reading Parquet needs the extra 'parquet' (pip install 'goalplan[parquet]'); "
            "or save the table as CSV."
        ) from None
    columns: dict[str, Any] = parquet.read_table(path).to_pydict()
    if "date" not in columns:
        raise DataError(f"{path.name}: there is no column 'date'.")
    dates = _dates([str(label)[:10] for label in columns.pop("date")], path.name)
    ids = _ids(tuple(columns), path.name)
    try:
        values = np.array([[np.nan if v is None else float(v) for v in columns[name]] for name in ids])
    except (TypeError, ValueError) as error:
        raise DataError(f"{path.name}: a cell is not a number ({error}).") from error
    return Table(where=path.name, dates=dates, ids=ids, values=values.T.copy())


def _ids(ids: tuple[str, ...], where: str) -> tuple[str, ...]:
    if not ids:
        raise DataError(f"{where}: there is no series beside the date column.")
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise DataError([f"{where}: the column {name!r} stands there more than once." for name in twice])
    return ids


def _dates(labels: list[str], where: str) -> Dates:
    try:
        return np.array(labels, dtype="datetime64[D]")
    except ValueError:
        raise DataError(
            [
                f"{where}: row {i + 2} has the date {label!r}; write 2024-03-29, 2024-03 or 2024."
                for i, label in enumerate(labels)
                if not _is_date(label)
            ]
        ) from None


def _is_date(label: str) -> bool:
    try:
        return not np.isnat(np.datetime64(label, "D"))
    except ValueError:
        return False
