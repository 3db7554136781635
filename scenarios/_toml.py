"""Read a TOML file into a frozen pydantic model; every fault is a sentence with the file and the field."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

import pydantic

from .errors import DataError

_Model = TypeVar("_Model", bound=pydantic.BaseModel)


def read_toml(path: Path, model: type[_Model], page: str = "docs/stress.md") -> _Model:
    """`model` of the file at `path`; DataError lists all that is missing, unknown or out of range.

    `page` of the documentation shows every entry.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name}: not valid TOML: {error}.") from error
    try:
        return model.model_validate(content)
    except pydantic.ValidationError as error:
        raise DataError([_sentence(path.name, page, fault) for fault in error.errors()]) from error


def _sentence(where: str, page: str, fault: object) -> str:
    assert isinstance(fault, dict)
    field = ".".join(str(part) for part in fault["loc"]) or "the file"
    if fault["type"] == "missing":
        return f"{where}: {field} is missing; add it ({page} shows every entry)."
    if fault["type"] == "extra_forbidden":
        return f"{where}: {field} is not a known entry; remove it or correct its name ({page})."
    return f"{where}: {field} is {fault['input']!r}: {fault['msg'].removeprefix('Value error, ')}."
