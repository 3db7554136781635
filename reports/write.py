"""``write_pdf`` and ``write_letter``: one plan or review, one language, one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from ..engine.desk.buckets import pots_of
from ..engine.plan import Plan
from ..engine.review.types import Review
from ..engine.whole_file import write_whole
from ..scenarios.market import Asset, Market
from .certainty import refuse_certainty
from .content import plan_document
from .letter import letter_document
from .letterhead import Letterhead, check_note
from .names import asset_names
from .render import pages, render, strings
from .room import ROOMS
from .words import Language

LETTER_PAGES = 2


def write_pdf(
    plan: Plan,
    path: str | Path,
    *,
    lang: Language = "zh",
    letterhead: Letterhead | None = None,
    note: str = "",
    market: Market | None = None,
    summary: bool = False,
) -> None:
    """Write a plan as a PDF to print and to sign (PDF/A-2a, PDF/UA-1).

    The same arguments give the same bytes.

    Parameters
    ----------
    plan
        Of any status: an infeasible one prints its conflict and repairs, one that needs review the form for
        it.
    path
        File to write; its folder exists.
    lang
        ``"zh"`` or ``"en"``.
    letterhead
        Firm, adviser, licence, disclaimer and logo; see `Letterhead.from_toml`.
    note
        The adviser's words to the client, at most 600 characters.
    market
        Where the names of assets come from; the embedded market when left out. An asset it lacks is shown by
        its id.
    summary
        Adds the view as four kinds of money.

    Raises
    ------
    ReportError
        The note is too long; a text typed by someone holds a word of certainty or a character that cannot be
        printed; the logo cannot be used.
    OSError
        The file cannot be written.
    """
    pdf = plan_pdf(plan, lang=lang, letterhead=letterhead, note=note, market=market, summary=summary)
    write_whole(Path(path), pdf)


def plan_pdf(
    plan: Plan,
    *,
    lang: Language = "zh",
    letterhead: Letterhead | None = None,
    note: str = "",
    market: Market | None = None,
    summary: bool = False,
) -> bytes:
    """Return the bytes that `write_pdf` writes.

    Parameters
    ----------
    plan, lang, letterhead, note, market, summary
        As in `write_pdf`.

    Raises
    ------
    ReportError
        As `write_pdf`.
    """
    check_note(note)
    head = letterhead if letterhead is not None else Letterhead()
    pots = pots_of(plan.request) if summary else None
    document = plan_document(plan, lang, head, _assets(market), note, pots=pots)
    refuse_certainty(strings(asdict(document)), _disclosures(plan))
    return render(document, head.picture())


def write_letter(
    review: Review,
    path: str | Path,
    *,
    lang: Language = "zh",
    letterhead: Letterhead | None = None,
    note: str = "",
    market: Market | None = None,
) -> None:
    """Write the letter to the client after a review: two pages (PDF/A-2a, PDF/UA-1).

    The same arguments give the same bytes.

    Parameters
    ----------
    review
        Of any advice; where a person must look first, no orders are printed.
    path, lang, letterhead, note, market
        As in `write_pdf`.

    Raises
    ------
    ReportError, OSError
        As `write_pdf`.
    """
    pdf = letter_pdf(review, lang=lang, letterhead=letterhead, note=note, market=market)
    write_whole(Path(path), pdf)


def letter_pdf(
    review: Review,
    *,
    lang: Language = "zh",
    letterhead: Letterhead | None = None,
    note: str = "",
    market: Market | None = None,
) -> bytes:
    """Return the bytes that `write_letter` writes.

    Parameters
    ----------
    review, lang, letterhead, note, market
        As in `write_letter`.

    Raises
    ------
    ReportError
        As `write_pdf`.
    """
    check_note(note)
    head = letterhead if letterhead is not None else Letterhead()
    pdf = b""
    for room in ROOMS:
        document = letter_document(review, lang, head, _assets(market), note, room)
        refuse_certainty(strings(asdict(document)), _disclosures(review))
        pdf = render(document, head.picture(), "letter")
        if pages(pdf) <= LETTER_PAGES:
            break
    return pdf


def _assets(market: Market | None) -> Mapping[str, Asset]:
    return asset_names() if market is None else {asset.id: asset for asset in market.assets}


def _disclosures(told: Plan | Review) -> tuple[str, ...]:
    """List the fixed sentences that come with risk labels, in both languages."""
    labels = (*filter(None, [told.label]), *told.labels)
    texts = [text for label in labels for text in (label.disclosure, label.range_note)]
    return tuple(dict.fromkeys(sentence for text in texts for sentence in (text.zh, text.en)))
