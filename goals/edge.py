"""Types shared by the goal models: what a number, a date and a typed name may be at the edge.

Numbers are strict (no quoted numbers, no booleans), finite and bounded, so that what the JSON Schema says
is what the models accept. Every field carries a description that says what to give, in which unit; error
messages reuse it.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from typing import Annotated, Any, NamedTuple, NoReturn

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

MAX_MONEY = 1e12
FIRST_YEAR, LAST_YEAR = 1900, 2300
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# Control and format characters (line ends, bidirectional overrides), surrogates, private use: unprintable
# or deceptive.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


class EdgeModel(BaseModel):
    """What every model read from a request has in common: frozen, no unknown keys, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Problem(NamedTuple):
    """One thing wrong with an input: where, the value, and the words after "<field> = <value>"."""

    loc: tuple[int | str, ...]
    value: Any
    code: str
    text: str


def refuse(title: str, problems: Iterable[Problem]) -> NoReturn:
    """Raise one `pydantic.ValidationError` in which every problem stands at its own field."""
    raise ValidationError.from_exception_data(
        title,
        [
            InitErrorDetails(type=PydanticCustomError(p.code, p.text), loc=p.loc, input=p.value)
            for p in problems
        ],
    )


def _day(value: object) -> dt.date:
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        try:
            value = dt.date.fromisoformat(value)
        except ValueError:
            raise PydanticCustomError(
                "date", "is not a day of the calendar; give a date as YYYY-MM-DD"
            ) from None
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise PydanticCustomError("date", "is not a date; give it as YYYY-MM-DD, without a time")
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise PydanticCustomError("date", f"is not a year from {FIRST_YEAR} to {LAST_YEAR}; check the year")
    return value


def _zero(value: float) -> float:
    return value + 0.0  # -0.0 becomes 0.0: the same request must give the same bytes


def _printable(value: str) -> str:
    text = unicodedata.normalize("NFC", value)
    for character in text:
        if unicodedata.category(character) in _UNPRINTABLE:
            raise PydanticCustomError(
                "unprintable", f"contains the unprintable character U+{ord(character):04X}; remove it"
            )
    return text


Day = Annotated[dt.date, BeforeValidator(_day)]
Amount = Annotated[float, Field(strict=True, ge=0.01, le=MAX_MONEY)]
Money = Annotated[float, Field(strict=True, ge=0.0, le=MAX_MONEY), AfterValidator(_zero)]
Share = Annotated[float, Field(strict=True, gt=0.0, le=1.0)]
Probability = Annotated[float, Field(strict=True, gt=0.0, lt=1.0)]
Growth = Annotated[float, Field(strict=True, ge=-0.5, le=0.5), AfterValidator(_zero)]
BirthYear = Annotated[int, Field(strict=True, ge=1900, le=2100)]
Name = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=60),
    AfterValidator(_printable),
]
