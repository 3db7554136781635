"""Words of certainty: what a plan must not say outside the fixed sentences of its disclosures."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from .errors import ReportError
from .words import Language, texts

LANGUAGES: tuple[Language, ...] = ("zh", "en")


@cache
def _pattern() -> re.Pattern[str]:
    content = files(__package__).joinpath("texts", "certainty.toml").read_text(encoding="utf-8")
    table = tomllib.loads(content)
    chinese = [re.escape(word) for word in table["zh"]]
    english = [rf"\b{word}\b" for word in table["en"]]
    return re.compile("|".join(chinese + english), re.IGNORECASE)


@cache
def fixed_sentences() -> tuple[str, ...]:
    """Return the sentences of both languages that say what is *not* promised, the longest first."""
    found = []
    for lang in LANGUAGES:
        table = texts(lang)
        found += [*table["disclosures"]["items"], *table["risk"]["items"], *table["fixed"]["sentences"]]
    return tuple(sorted(found, key=len, reverse=True))


def words_of_certainty(text: str, allowed: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Find words of certainty in a text, in any language, outside the fixed sentences and those `allowed`."""
    for sentence in (*allowed, *fixed_sentences()):
        text = text.replace(sentence, " ")
    return tuple(dict.fromkeys(match.group(0) for match in _pattern().finditer(text)))


def refuse_certainty(printed: Iterable[str], allowed: tuple[str, ...] = ()) -> None:
    """Refuse texts with words of certainty outside `allowed`; ReportError names every text and word."""
    problems = [
        f"{text[:40]!r} says {', '.join(map(repr, found))}, a word of certainty that no plan may print; "
        "rephrase it."
        for text in dict.fromkeys(printed)
        if (found := words_of_certainty(text, allowed))
    ]
    if problems:
        raise ReportError(problems)
