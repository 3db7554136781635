"""Turns what pydantic found wrong into one plain sentence for each problem.

A sentence names the dotted key as `--set` takes it, the value, what is allowed and what to do. What is
allowed comes from the description of the model's own field, so the sentence and the JSON Schema never
disagree.
"""

import datetime as dt
import difflib
import types
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

_BOUNDS = {
    "greater_than": ("gt", "must be greater than"),
    "greater_than_equal": ("ge", "must be at least"),
    "less_than": ("lt", "must be less than"),
    "less_than_equal": ("le", "must be at most"),
}
_KINDS = {
    "float_type": "is not a number",
    "int_type": "is not a whole number",
    "bool_type": "is not true or false",
    "string_type": "is not text",
    "string_unicode": "is not text: it holds half of a pair of characters",
    "finite_number": "is not a finite number",
    "tuple_type": "is not a list",
    "dict_type": "is not a table of keys",
    "model_type": "is not a table of keys",
    "model_attributes_type": "is not a table of keys",
    "string_pattern_mismatch": "is not allowed",
    "string_too_short": "is empty",
    "string_too_long": "is too long",
    "too_short": "has too few entries",
    "too_long": "has too many entries",
    "literal_error": "is not allowed",
}


class _Place(NamedTuple):
    key: str
    field: FieldInfo | None
    owner: type[BaseModel] | None
    kinds: tuple[str, ...]


def explain(error: ValidationError, model: type[BaseModel]) -> tuple[str, ...]:
    """Return one sentence for each problem of a validation error.

    Parameters
    ----------
    error
        Raised by `model`, or by a function that locates its problems as `model` does.
    model
        The model that the locations start from.
    """
    return tuple(sentence(details, model) for details in error.errors(include_url=False))


def sentence(details: ErrorDetails, model: type[BaseModel]) -> str:
    """Return the sentence for one problem, as pydantic tells it, located from `model`."""
    place = _place(details["loc"], model)
    code, context = details["type"], details.get("ctx", {})
    remedy = f"; give {place.field.description}" if place.field and place.field.description else ""
    if code == "missing":
        return f"{place.key} is missing{remedy}."
    if code == "union_tag_not_found":
        return f"{place.key}.kind is missing; give one of {', '.join(place.kinds)}."
    if code == "union_tag_invalid":
        return f"{place.key}.kind = {context['tag']!r} is not allowed; give one of {', '.join(place.kinds)}."
    subject = place.key if details["input"] is None else f"{place.key} = {_shown(details['input'])}"
    if code == "extra_forbidden":
        allowed = list(place.owner.model_fields) if place.owner else []
        close = difflib.get_close_matches(str(details["loc"][-1]), allowed, n=1)
        hint = f"; did you mean {close[0]}?" if close else "."
        return f"{subject} is not a known key; allowed here: {', '.join(allowed)}{hint}"
    if code in _BOUNDS:
        bound, words = _BOUNDS[code]
        return f"{subject} {words} {context[bound]:g}{remedy}."
    if code == "literal_error" and not _lists(place.field, str(context["expected"])):
        return f"{subject} is not allowed; give {context['expected']}."
    if code in _KINDS:
        return f"{subject} {_KINDS[code]}{remedy}."
    if code == "value_error":  # said by a model of ours in a whole sentence that names its keys
        said = str(context["error"])
        return f"{place.key}: {said}." if details["loc"] else f"{said}."
    return f"{subject} {details['msg']}."


def _lists(field: FieldInfo | None, expected: str) -> bool:
    """Whether the field's own description names every word that is allowed."""
    words = expected.replace(" or ", ", ").split(", ")
    said = (field.description if field else None) or ""
    return all(word.strip("'") in said for word in words)


def _place(loc: tuple[int | str, ...], model: type[BaseModel]) -> _Place:
    """Follow a location through the model's annotations; tags of unions are no part of the key."""
    keys: list[str] = []
    field: FieldInfo | None = None
    owner: type[BaseModel] | None = None
    here: Any = model
    for part in loc:
        choices = _kinds(here)
        if part in choices:
            here = choices[str(part)]
            continue
        keys.append(str(part))
        if isinstance(here, type) and issubclass(here, BaseModel):
            owner, field = here, here.model_fields.get(str(part))
            here = _plain(field.annotation) if field else None
        else:
            arguments = get_args(here)
            here = _plain(arguments[-1] if get_origin(here) is dict else arguments[0]) if arguments else None
    return _Place(".".join(keys) or "the request", field, owner, tuple(_kinds(here)))


def _plain(annotation: Any) -> Any:
    """Strip ``Annotated`` and ``| None``."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        members = [member for member in get_args(annotation) if member is not type(None)]
        return _plain(members[0]) if len(members) == 1 else annotation
    return annotation


def _kinds(annotation: Any) -> dict[str, type[BaseModel]]:
    """Return the members of a union of models by their `kind`."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return {}
    kinds: dict[str, type[BaseModel]] = {}
    for member in map(_plain, get_args(annotation)):
        if isinstance(member, type) and issubclass(member, BaseModel) and "kind" in member.model_fields:
            kinds |= dict.fromkeys(get_args(member.model_fields["kind"].annotation), member)
        else:
            kinds |= _kinds(member)
    return kinds


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dict):
        return "{...}"
    if isinstance(value, list | tuple):
        return "[...]"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
