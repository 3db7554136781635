"""The parts of a document: what it says, in which order, and nothing of how it looks.

A `Document` holds sections, a section holds blocks, a block holds finished text (and, in charts, numbers).
The template lays them out. Every string is already in the document's language.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from .charts import BarChart, LineChart, StackChart

Tone = Literal["plain", "lead", "small", "info", "warning", "conflict"]
Column = Literal["name", "text", "long", "short", "number", "figure"]
SHORT: Column = "short"
NUMBER: Column = "number"
FIGURE: Column = "figure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Running text."""

    text: str
    tone: Tone = "plain"
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The title of what follows within a section."""

    text: str
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullets:
    """Sentences of equal rank; `numbered` where their order matters."""

    items: tuple[str, ...]
    numbered: bool = False
    kind: Literal["bullets"] = "bullets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number that matters, what it is, and what must be read with it."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The few numbers of a page that a reader remembers, `columns` to a row."""

    items: tuple[Figure, ...]
    columns: int = 3
    kind: Literal["figures"] = "figures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Terms and what they are: facts of the client, entries of a glossary, provenance."""

    rows: tuple[tuple[str, str], ...]
    columns: Literal[1, 2] = 1
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of finished cells.

    `columns` says what a column holds: a ``name`` may be long, ``text`` is a sentence, ``long`` several, ``short`` a
    word or a date; ``number`` aligns to the right, and so does ``figure`` under a long heading. `groups` are headings
    above the headings, each over a number of columns; `total` marks the last row as a sum.
    """

    title: str
    head: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    groups: tuple[tuple[str, int], ...] = ()
    note: str = ""
    total: bool = False
    kind: Literal["table"] = "table"


def without_empty(table: Table) -> Table:
    """Leave out the columns in which no row says anything."""
    kept = [j for j in range(len(table.head)) if any(row[j] not in ("", "—") for row in table.rows)]
    return replace(
        table,
        head=tuple(table.head[j] for j in kept),
        columns=tuple(table.columns[j] for j in kept),
        rows=tuple(tuple(row[j] for j in kept) for row in table.rows),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that must not be overlooked."""

    title: str
    items: tuple[str, ...]
    tone: Tone = "info"
    kind: Literal["notice"] = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A risk label: the level among R1..R5, the figures that are read together, and the lines that belong to it."""

    title: str
    levels: tuple[str, ...]
    level: int
    figures: tuple[Figure, ...]
    rows: tuple[tuple[str, str], ...]
    kind: Literal["scale"] = "scale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """Lines to sign on, each with a role and a line for the date; `boxes` are statements to tick."""

    boxes: tuple[str, ...]
    roles: tuple[str, ...]
    signature: str
    date: str
    kind: Literal["signatures"] = "signatures"


Block = (
    Paragraph
    | Heading
    | Bullets
    | Figures
    | Facts
    | Table
    | Notice
    | Scale
    | Signatures
    | LineChart
    | BarChart
    | StackChart
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A numbered part of the document, known to the template by `id`."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole document.

    `running` is the line at the head of every page after the first, `page` the line at its foot with ``{n}``
    and ``{total}``; `cover` are the facts below the title.
    """

    lang: Literal["zh", "en"]
    title: str
    subtitle: str
    firm: str
    running: str
    page: str
    cover: tuple[tuple[str, str], ...]
    disclaimer: str
    sections: tuple[Section, ...]
