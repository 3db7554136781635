"""The words of a review, read from ``texts.toml``."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from ...goals.edge import EdgeModel
from ..findings import Text, Value
from .types import Education, Event, ReasonCode

Depth = Literal["short", "standard", "full"]


class EventText(EdgeModel):
    """A paragraph with places for parameters."""

    early: bool
    note: str
    zh: str
    en: str


class Note(EdgeModel):
    """A note of education: short for the standard service, long for the others."""

    title: Text
    short: Text
    long: Text


class Texts(EdgeModel):
    """Everything that ``texts.toml`` holds; events stand in falling weight."""

    events: dict[str, EventText]
    words: dict[str, Text]
    reasons: dict[ReasonCode, Text]
    education: dict[str, Note]


@cache
def texts() -> Texts:
    """Return the words of every review."""
    content = Path(__file__).with_name("texts.toml").read_text(encoding="utf-8")
    return Texts.model_validate(tomllib.loads(content))


def event(code: str, params: Mapping[str, Value]) -> Event:
    """Build the event `code` with its paragraph filled in both languages."""
    template = texts().events[code]
    text = Text(zh=template.zh.format(**params), en=template.en.format(**params))
    return Event(code=code, early=template.early, params=dict(params), text=text)


def weight(code: str) -> int:
    """Rank of an event, 0 the weightiest."""
    return list(texts().events).index(code)


def education(code: str, depth: Depth) -> Education:
    """Return the note that goes with the event `code`, at the depth of a client's service."""
    name = texts().events[code].note
    note = texts().education[name]
    return Education(id=name, title=note.title, text=note.short if depth == "short" else note.long)
