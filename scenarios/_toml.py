"""Read a TOML file into a frozen pydantic model; every fault is a sentence with the file and the field."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

import pydantic

from .errors import DataError

_Model = TypeVar("_Model", bound=pydantic.BaseModel)


def read_toml(path: Path, model: type[_Model], page: str = "docs/stress.md") -> _Model:
    """`model` of the file at `path`; DataError lists all that is missing, unknown or out of range.

    `page` of the documentation shows every entry.
    """
    content = toml_tables(path)
    try:
        return model.model_validate(content)
    except pydantic.ValidationError as error:
        raise DataError([_sentence(path.name, page, fault) for fault in error.errors()]) from error


def toml_tables(path: Path) -> dict[str, Any]:
    """Tables of the file at `path`; DataError where it is not TOML."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise DataError(f"{path}: it cannot be read ({error.strerror}); give a TOML file.") from error
    except (ValueError, RecursionError) as error:
        known = isinstance(error, tomllib.TOMLDecodeError | UnicodeDecodeError)
        reason = str(error) if known else "a value is too long or nested too deep"
        raise DataError(f"{path.name}: not valid TOML: {reason}.") from error


def _sentence(where: str, page: str, fault: object) -> str:
    assert isinstance(fault, dict)
    field = ".".join(str(part) for part in fault["loc"]) or "the file"
    if fault["type"] == "missing":
        return f"{where}: {field} is missing; add it ({page} shows every entry)."
    if fault["type"] == "extra_forbidden":
        return f"{where}: {field} is not a known entry; remove it or correct its name ({page})."
    return f"{where}: {field} is {fault['input']!r}: {fault['msg'].removeprefix('Value error, ')}."
