"""Assignments from the command line, ``client.cash=300000``, made on a request before it is checked."""

import re
import tomllib
from typing import Any

from .errors import RequestError

_WORD = re.compile(r"[A-Za-z][\w:.-]*")


def override(table: dict[str, Any], assignment: str) -> None:
    """Make one assignment in place.

    Parameters
    ----------
    table
        The request as read from TOML.
    assignment
        ``KEY=VALUE``: a dotted key, list entries counted from 0, and a TOML value. A bare word that is no
        TOML value is text, so that ``policy=fixed_mix`` needs no quotes within quotes.

    Raises
    ------
    RequestError
        There is no ``=``, the value is not TOML, or the key leads nowhere.
    """
    key, equals, text = (part.strip() for part in assignment.partition("="))
    parts = key.split(".")
    if not equals or not all(parts):
        raise RequestError(
            f"{assignment!r} is not an assignment; write KEY=VALUE, such as client.cash=300000."
        )
    value = _value(key, text)
    here: Any = table
    for depth, part in enumerate(parts[:-1]):
        if isinstance(here, dict):
            here = here.setdefault(part, {})
        else:
            here = here[_position(here, key, parts, depth)]
        if not isinstance(here, dict | list):
            raise RequestError(
                f"{key} cannot be set: {'.'.join(parts[: depth + 1])} is one value, not a table or a list."
            )
    if isinstance(here, dict):
        here[parts[-1]] = value
    else:
        here[_position(here, key, parts, len(parts) - 1)] = value


def _value(key: str, text: str) -> Any:
    try:
        table = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        table = {}
    if table.keys() == {"value"}:
        return table["value"]
    if _WORD.fullmatch(text):
        return text
    raise RequestError(
        f"{key} = {text!r} is not a TOML value; put text that is more than a word in double quotes."
    )


def _position(here: list[Any], key: str, parts: list[str], depth: int) -> int:
    part = parts[depth]
    if part.isascii() and part.isdigit() and int(part) < len(here):
        return int(part)
    entries = ".".join(parts[:depth])
    raise RequestError(
        f"{key} cannot be set: {entries} has {len(here)} entries, counted from 0; {part!r} is none of them."
    )
