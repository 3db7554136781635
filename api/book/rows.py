"""Clients as a firm keeps them: CSV with dotted columns, one JSON object a line, or Parquet."""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ..engine.errors import RequestError
from ..engine.handed_in import RepeatedKeyError, no_column_twice, once

Read = TypeVar("Read")
_NUMBER = re.compile(r"[-+]?(0|[1-9]\d{0,17})(\.\d+)?([eE][-+]?\d{1,3})?")
_TEXT = frozenset({"id", "name", "product", "account", "evidence", "basis"})  # digits there are still text


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the source, counted from 1; a table for `PlanRequest`, or what is wrong with the row."""

    number: int
    table: Mapping[str, Any] | None
    problem: str | None = None


def read_rows(path: Path) -> Iterator[Row]:
    """Read a source row by row.

    Parameters
    ----------
    path
        ``.jsonl``: a `PlanRequest` a line. ``.csv``: a column for each key, dotted as ``--set`` takes them
        (``client.id``, ``goals.0.amount``); an empty cell leaves the key out. ``.parquet``: either.

    Raises
    ------
    RequestError
        The file cannot be read, or is of another kind.
    """
    readers: dict[str, Callable[[Path], Iterator[Row]]] = {
        ".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet,
    }  # fmt: skip
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise RequestError(f"{path.name} is of no known kind; give a .csv, .jsonl or .parquet file.")
    try:
        yield from reader(path)
    except OSError as error:
        raise RequestError(f"{path} cannot be read ({error.strerror}); give a file of clients.") from error
    except UnicodeDecodeError as error:
        raise RequestError(f"{path} is not UTF-8 text at byte {error.start}; save it as UTF-8.") from error


def _jsonl(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="\n") as lines:
        number = 0
        for line in lines:
            if not line.strip():
                continue
            number += 1
            try:
                table = json.loads(line, object_pairs_hook=once)
            except RepeatedKeyError as error:
                yield Row(number, None, f"has {error}; keep one of them")
                continue
            except (ValueError, RecursionError) as error:
                yield Row(number, None, f"is not JSON ({error}); write one object a line")
                continue
            yield (
                Row(number, table)
                if isinstance(table, dict)
                else Row(number, None, "is not a JSON object; write one object a line")
            )


def _csv(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines, strict=True)
        if "client.id" not in _read(path, reader, lambda: reader.fieldnames or ()):
            raise RequestError(
                f"{path.name} has no column client.id; name the columns in the first line, such as client.id, "
                "client.risk_level, client.cash, goals.0.kind, goals.0.name, goals.0.due, goals.0.amount."
            )
        no_column_twice(path.name, reader.fieldnames or ())
        number = 0
        while True:
            number += 1
            cells = _read(path, reader, lambda: next(reader, None))
            if cells is None:
                return
            if None in cells:
                yield Row(number, None, "has more cells than the first line has columns; remove the rest")
                continue
            if None in cells.values():
                yield Row(number, None, "has fewer cells than the first line has columns; was it cut off?")
                continue
            yield _nested(number, {k: _value(k, v.strip()) for k, v in cells.items() if v.strip()})


def _read(path: Path, reader: "csv.DictReader[str]", what: Callable[[], Read]) -> Read:
    try:
        return what()
    except csv.Error as error:
        raise RequestError(f"{path.name}, line {reader.line_num}: {error}; mend that line.") from error


def _parquet(path: Path) -> Iterator[Row]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ModuleNotFoundError as error:
        raise RequestError("reading Parquet needs pyarrow; run: pip install 'goalplan[parquet]'.") from error
    try:
        with ParquetFile(path) as file:
            number = 0
            for batch in file.iter_batches(batch_size=4096):
                for cells in batch.to_pylist():
                    number += 1
                    yield _nested(number, {k: v for k, v in cells.items() if v is not None})
    except ArrowException as error:
        raise RequestError(f"{path.name} is not a Parquet file ({error}); give another.") from error


def _value(key: str, text: str) -> Any:
    """What a CSV cell says: a number, true or false, a JSON list or object, else text."""
    if key.rpartition(".")[2] in _TEXT:
        return text
    if text in ("true", "false"):
        return text == "true"
    if _NUMBER.fullmatch(text):
        return float(text) if set(text) & set(".eE") else int(text)
    if text[0] in "[{":
        try:
            return json.loads(text, object_pairs_hook=once)
        except (ValueError, RecursionError):
            return text  # the model then says what is wrong with it
    return text


def _nested(number: int, cells: Mapping[str, Any]) -> Row:
    """Tables and lists from dotted keys; keys that are all digits make a list."""
    tree: dict[str, Any] = {}
    for key, value in cells.items():
        here = tree
        *parents, last = key.split(".")
        for part in parents:
            here = here.setdefault(part, {})
            if not isinstance(here, dict):
                break
        if not isinstance(here, dict) or last in here:
            return Row(number, None, f"{key} cannot stand beside a column that is the whole of it; drop one")
        here[last] = value
    try:
        return Row(number, _lists(tree))
    except _GapError as gap:
        return Row(number, None, f"{gap} are not counted 0, 1, 2 without a gap; fill or empty their columns")


class _GapError(Exception):
    """Entries of a list with one missing."""


def _lists(value: Any, key: str = "") -> Any:
    if not isinstance(value, dict):
        return value
    inside = {part: _lists(entry, f"{key}.{part}".lstrip(".")) for part, entry in value.items()}
    if inside and all(part.isascii() and part.isdigit() for part in inside):
        if sorted(map(int, inside)) != list(range(len(inside))):
            raise _GapError(f"the entries of {key}")
        return [inside[part] for part in sorted(inside, key=int)]
    return inside
