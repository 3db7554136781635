"""The letter to a client after a review: what happened, where the plan stands, what to do. Two pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..engine.review.types import Review
from ..scenarios.market import Asset
from .blocks import Block, Document, Notice, Paragraph, Section
from .letterhead import Letterhead
from .room import ROOMS, Room
from .sections.course import goals, happened, limits, money
from .sections.next_orders import to_do
from .words import Language, Words


def letter_document(
    review: Review,
    lang: Language,
    letterhead: Letterhead,
    assets: Mapping[str, Asset],
    note: str = "",
    room: Room = ROOMS[0],
) -> Document:
    """Document of a review: conclusion, money, goals and why their probabilities moved, events, limits, orders.

    Parameters
    ----------
    review
        Of any advice. Where a person must look first there are no orders, and the letter says so.
    lang
        ``"zh"`` or ``"en"``.
    letterhead
        Who writes.
    assets
        By id, for the names of what has no product.
    note
        The adviser's words.
    room
        How much is printed of what may be much; what is left out is counted.
    """
    words = Words(lang=lang, currency=review.request.currency)
    client = review.request.client.name or words("document.anonymous")
    sections = (
        _opening(review, words, client, note),
        money(review, words),
        goals(review, words, room),
        happened(review, words, room),
        limits(review, words, room),
        to_do(review, words, assets, room),
        _education(review, words),
        _close(review, words, letterhead),
    )
    return Document(
        lang=lang,
        title=words("letter.title"),
        subtitle=client,
        firm=letterhead.firm or words("document.firm"),
        running=words("letter.running", client=client, day=words.day(review.as_of)),
        page=words("document.page"),
        cover=tuple(_cover(review, words, letterhead)),
        disclaimer=letterhead.disclaimer or words("document.disclaimer"),
        sections=tuple(section for section in sections if section is not None),
    )


def _cover(review: Review, words: Words, letterhead: Letterhead) -> Iterator[tuple[str, str]]:
    yield words("letter.day"), words.day(review.as_of)
    yield (
        words("letter.progress"),
        words("letter.progress_value", month=review.month, months=review.months),
    )
    if review.request.client.id:
        yield words("cover.id"), review.request.client.id
    if letterhead.adviser:
        licence = f" ({letterhead.licence})" if letterhead.licence else ""
        yield words("cover.adviser"), letterhead.adviser + licence


def _opening(review: Review, words: Words, client: str, note: str) -> Section:
    told = [words(f"letter.advice_{review.advice}")]
    if review.followed == "new_plan":
        told.insert(0, words("letter.new_plan"))
    if review.advice != "person" and review.request.contributions.monthly > 0.0:
        told.append(words("letter.pay", monthly=words.money(review.request.contributions.monthly)))
    blocks: list[Block] = [
        Paragraph(text=words("letter.greeting", client=client)),
        Paragraph(text=getattr(review.reason.text, words.lang), tone="lead"),
        Paragraph(text=("" if words.lang == "zh" else " ").join(told)),
    ]
    if note:
        blocks.append(Notice(title=words("actions.note_title"), items=(note,)))
    return Section(id="opening", title="", blocks=tuple(blocks))


def _education(review: Review, words: Words) -> Section:
    note = review.education
    block = Notice(
        title=getattr(note.title, words.lang), items=(getattr(note.text, words.lang),), tone="info"
    )
    return Section(id="education", title="", blocks=(block,))


def _close(review: Review, words: Words, letterhead: Letterhead) -> Section:
    lines: list[Block] = [Paragraph(text=words("letter.next", day=words.day(review.next_review)))]
    if review.label is not None:
        label = review.label
        lines.append(
            Paragraph(
                text=words(
                    "letter.label",
                    level=label.level,
                    name=getattr(label.level_name, words.lang),
                    volatility=words.percent(label.volatility),
                    fall=words.percent(label.max_drawdown),
                    disclosure=getattr(label.disclosure, words.lang),
                ),
                tone="small",
            )
        )
    lines.append(Paragraph(text=words.all("disclosures.items")[2], tone="small"))
    signed = " ".join(part for part in (letterhead.firm, letterhead.adviser) if part)
    if signed:
        lines.append(Paragraph(text=words("letter.signed", name=signed, day=words.day(review.as_of))))
    return Section(id="close", title="", blocks=tuple(lines))
