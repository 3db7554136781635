"""Append new rows to a table of a market folder: the monthly refresh, checked as a whole before a byte is changed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from ._table import Table, read_table
from .errors import DataError
from .market import Market

TableName = Literal["prices", "prices_monthly", "indices"]
_SAME = 1e-9  # relative; a row that is there already must say the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """What was done: the file, the rows added with their first and last date, rows that were there already.

    `market` is the folder as it reads now.
    """

    file: Path
    added: int
    known: int
    first: str | None
    last: str | None
    market: Market


def append_rows(folder: Path, new: Path, table: TableName | None = None) -> Appended:
    """Add the rows of the CSV file `new` to a table of `folder`, after its last date.

    Rows that the table has already are left out if they say the same. The market that would result is read and
    checked first, in a copy; only then the table is replaced, in one step. Cells keep their text.

    Parameters
    ----------
    folder
        A market folder whose table is a CSV file.
    new
        ``date`` and columns of the table, in any order; a column may be left out where its series has ended.
    table
        Which table; by default the one of `prices` and `indices` that has the columns.

    Raises
    ------
    DataError
        Unknown or missing columns, a known row that says something else, a date before the last that is not
        there, or whatever makes the resulting market unusable. The folder is then as it was.

    """
    rows = _rows_of(new)
    name = table or _table_of(folder, rows.ids)
    held = read_table(folder, name)
    path = folder / f"{name}.csv"
    if held is None or not path.exists():
        raise DataError(f"{path}: there is no such table; rows can be appended to a CSV table that exists.")
    _check_columns(held, rows)
    fresh = _fresh(held, rows)
    text = path.read_text(encoding="utf-8-sig")
    text += "" if text.endswith("\n") else "\n"
    text += "".join(f"{line}\n" for line in _lines(new, held.ids, {str(rows.dates[i]) for i in fresh}))
    market = _tried(folder, path.name, text)
    if fresh:
        _replace(path, text)
    return Appended(
        file=path,
        added=len(fresh),
        known=len(rows.dates) - len(fresh),
        first=str(rows.dates[fresh[0]]) if fresh else None,
        last=str(rows.dates[fresh[-1]]) if fresh else None,
        market=market,
    )


def _rows_of(new: Path) -> Table:
    if new.suffix != ".csv" or not new.is_file():
        raise DataError(f"{new}: give an existing CSV file whose first column is 'date'.")
    rows = read_table(new.parent, new.stem)
    assert rows is not None
    return rows


def _table_of(folder: Path, ids: tuple[str, ...]) -> TableName:
    for name in ("prices", "indices"):
        held = read_table(folder, name)
        if held is not None and set(ids) <= set(held.ids):
            return name
    raise DataError(
        f"{folder}: neither prices nor indices has all the columns {', '.join(ids)}; `goalplan market show` lists them."
    )


def _check_columns(held: Table, rows: Table) -> None:
    problems = [
        f"{rows.where}: the column {name!r} is not in {held.where}; its columns are {', '.join(held.ids)}."
        for name in rows.ids
        if name not in held.ids
    ]
    going_on = [name for name, level in zip(held.ids, held.values[-1], strict=True) if not np.isnan(level)]
    problems += [
        f"{rows.where}: there is no column {name!r}, whose series goes on to {held.dates[-1]}; add it."
        for name in going_on
        if name not in rows.ids
    ]
    if problems:
        raise DataError(problems)


def _fresh(held: Table, rows: Table) -> list[int]:
    """Rows after the last date held; DataError where an earlier one is unknown or says something else."""
    place = {date: i for i, date in enumerate(held.dates.tolist())}
    fresh, problems = [], []
    for i, date in enumerate(rows.dates.tolist()):
        if held.dates[-1] < rows.dates[i]:
            fresh.append(i)
        elif date not in place:
            problems.append(
                f"{rows.where}: {date} lies before {held.dates[-1]}, where {held.where} ends, and is not in it."
            )
        else:
            for name, value in zip(rows.ids, rows.values[i], strict=True):
                before = held.values[place[date], held.ids.index(name)]
                if not np.isclose(before, value, rtol=_SAME, atol=0.0, equal_nan=True):
                    problems.append(
                        f"{rows.where}: {name} on {date} is {value:g}, {held.where} says {before:g}; "
                        "correct one of them, history is not rewritten here."
                    )
    if problems:
        raise DataError(problems)
    return fresh


def _lines(new: Path, ids: tuple[str, ...], dates: set[str]) -> Iterable[str]:
    """Rows of `new` on `dates` (days in full), cells in the order of `ids`, their text as it stands."""
    lines = [
        line for line in new.read_text(encoding="utf-8-sig").replace('"', "").splitlines() if line.strip(" ,")
    ]
    names = [name.strip() for name in lines[0].split(",")]
    for line in lines[1:]:
        cells = dict(zip(names, (cell.strip() for cell in line.split(",")), strict=True))
        if str(np.datetime64(cells["date"], "D")) in dates:
            yield ",".join([cells["date"], *(cells.get(name, "") for name in ids)])


def _tried(folder: Path, name: str, text: str) -> Market:
    """Read the folder with `text` in place of the table `name`, in a copy of it."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / folder.resolve().name
        copy.mkdir()
        for file in folder.iterdir():
            if file.suffix in (".csv", ".toml", ".parquet") and file.name != name:
                shutil.copyfile(file, copy / file.name)
        (copy / name).write_text(text, encoding="utf-8")
        return Market.from_folder(copy)


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
