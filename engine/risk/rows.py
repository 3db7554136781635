"""Linear constraints as text: ``"equity <= 0.6"``, ``"0.1 <= gold + reits <= 0.2"``, ``"equity >= 2 bonds"``.

A name is an asset or a group (the sum of its assets). A side is a sum of names and numbers, a name with an
optional coefficient before it (``2 bonds``, ``0.5 * gold``). Two sides are joined by ``<=``, ``>=`` or
``==``; three by the same sign, for a range whose outer sides are numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import RequestError
from ._types import FloatArray, frozen

_SIGN = re.compile(r"\s*(<=|>=|==)\s*")
_ENDS = ("", " ", "+", "-", "*")
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """One named linear constraint ``lower <= slope'w <= upper``."""

    name: str
    slope: FloatArray
    lower: float = -math.inf
    upper: float = math.inf


def parse_row(text: str, members: Mapping[str, FloatArray]) -> Row:
    """Read one constraint; `members` gives the slope (N,) of each asset and group.

    Raises
    ------
    RequestError
        The text is no constraint, or names what is neither an asset nor a group.
    """
    parts = _SIGN.split(text.strip())
    sides = [_side(part, text, members) for part in parts[::2]]
    signs = parts[1::2]
    if len(sides) == 2:
        slope, constant = sides[0][0] - sides[1][0], sides[1][1] - sides[0][1]
        bounds = (constant if signs[0] != "<=" else -math.inf, constant if signs[0] != ">=" else math.inf)
    elif len(sides) == 3 and signs[0] == signs[1] != "==" and not (sides[0][0].any() or sides[2][0].any()):
        slope = sides[1][0]
        ends = (sides[0][1] - sides[1][1], sides[2][1] - sides[1][1])
        bounds = ends if signs[0] == "<=" else ends[::-1]
    else:
        raise RequestError(
            f"constraint {text!r}: give one comparison with <=, >= or ==, such as 'equity <= 0.6', "
            "or a range, such as '0.1 <= gold <= 0.2'."
        )
    if not slope.any():
        raise RequestError(f"constraint {text!r}: holds no weight; name an asset or a group.")
    if bounds[0] > bounds[1]:
        raise RequestError(f"constraint {text!r}: its lower end is above its upper end; exchange them.")
    return Row(name=text, slope=frozen(slope), lower=bounds[0], upper=bounds[1])


def _side(part: str, text: str, members: Mapping[str, FloatArray]) -> tuple[FloatArray, float]:
    """Slope and constant of one side; the longest known name wins, so names may hold any character."""
    known = sorted(members, key=len, reverse=True)
    slope, constant = np.zeros(len(next(iter(members.values())))), 0.0
    rest, first = part.strip(), True
    if not rest:
        raise RequestError(f"constraint {text!r}: one side is empty; give a number or a sum of names.")
    while rest:
        factor = 1.0
        if rest[0] in "+-":
            factor = -1.0 if rest[0] == "-" else 1.0
            rest = rest[1:].lstrip()
        elif not first:
            raise RequestError(f"constraint {text!r}: expected + or - before {rest!r}.")
        first = False
        name = _name(rest, known)
        number = None if name else _NUMBER.match(rest)
        if number:
            factor *= float(number.group())
            rest = rest[number.end() :].lstrip()
            starred = rest.startswith("*")
            rest = rest[1:].lstrip() if starred else rest
            name = _name(rest, known)
            if name is None and (starred or (rest and rest[0] not in "+-")):
                raise _unknown(rest, text, members)
        elif name is None:
            raise _unknown(rest, text, members)
        if name is None:
            constant += factor
        else:
            slope += factor * members[name]
            rest = rest[len(name) :].lstrip()
    return slope, constant


def _name(rest: str, known: list[str]) -> str | None:
    for name in known:
        if rest.startswith(name) and rest[len(name) : len(name) + 1] in _ENDS:
            return name
    return None


def _unknown(rest: str, text: str, members: Mapping[str, FloatArray]) -> RequestError:
    found = rest.split()[0] if rest.split() else "nothing"
    return RequestError(
        f"constraint {text!r}: {found!r} is neither an asset nor a group; known are {sorted(members)}."
    )
