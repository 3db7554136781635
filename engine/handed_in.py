"""What people hand in: TOML tables, CSV rows, JSON objects, whatever is wrong with them told in one sentence."""

import csv
import io
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import RequestError


def read_text(path: Path, kind: str) -> str:
    """Text of a UTF-8 file, with or without a byte-order mark; `kind` as in "a CSV file"."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise RequestError(f"{path} cannot be read ({error.strerror}); give the path of {kind}.") from error
    except UnicodeDecodeError as error:
        raise RequestError(f"{path} is not UTF-8 text at byte {error.start}; save it as UTF-8.") from error


def read_toml(path: Path) -> dict[str, Any]:
    """Tables of a TOML file."""
    try:
        return tomllib.loads(read_text(path, "a TOML file"))
    except tomllib.TOMLDecodeError as error:
        raise RequestError(f"{path} is not a TOML file: {error}; correct that place.") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, RequestError):
            raise
        reason = "a value is too long or nested too deep"
        raise RequestError(f"{path} is not a TOML file: {reason}; correct that place.") from error


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a CSV file: the names of the columns, and for each row the line it ends in and its cells by name.

    Cells beyond the last name stand under None.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str | None, Any]], ...]


def read_rows(where: str, text: str) -> Rows:
    """Rows of CSV text, of which `where` is the name."""
    reader = csv.DictReader(io.StringIO(text, newline=None), skipinitialspace=True)
    try:
        columns = tuple(reader.fieldnames or ())
        no_column_twice(where, columns)
        return Rows(columns, tuple((reader.line_num, row) for row in reader))
    except csv.Error as error:
        raise RequestError(f"{where}, line {reader.line_num + 1}: {error}; mend that line.") from error


def no_column_twice(where: str, columns: Iterable[str]) -> None:
    """Raise RequestError if two columns have one name: which of them counts, nobody can tell."""
    twice = [name for name, count in Counter(columns).items() if name and count > 1]
    if twice:
        raise RequestError(f"{where} has the column {', '.join(twice)} more than once; keep one of them.")


class RepeatedKeyError(ValueError):
    """A JSON object names one key twice."""


def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """The object of `pairs`, for ``json.loads(object_pairs_hook=once)``; RepeatedKeyError if a key stands twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise RepeatedKeyError(f"the key {twice[:60]!r} twice in one object")
    return found
