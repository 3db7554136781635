"""From a document to the bytes of a PDF: archival, accessible, and the same every time."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import asdict
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .blocks import Document
from .errors import ReportError

if TYPE_CHECKING:
    import typst

Template = Literal["plan", "letter"]
TEMPLATES = Path(__file__).parent / "templates"
FONT_PACKAGE = "manimgx_fonts_cjk"
STANDARDS: tuple[typst.PDFStandard, ...] = ("a-2a", "ua-1")
TIMESTAMP = 946_684_800  # 2000-01-01: a document says when its plan starts, never when it was printed

_COMPILING = threading.Lock()


def render(document: Document, logo: tuple[str, bytes] | None = None, template: Template = "plan") -> bytes:
    """PDF of a document.

    Parameters
    ----------
    document
        What to print.
    template
        Its layout.
    logo
        Format (``"svg"``, ``"png"``, ``"jpg"``) and bytes of the picture on the first page.

    Raises
    ------
    ReportError
        A character that the font has no glyph for, named with the text it stands in; a logo that is no
        picture.
    """
    import typst

    picture = None if logo is None else {"format": logo[0], "bytes": list(logo[1])}
    inputs = {"document": json.dumps(asdict(document), ensure_ascii=False), "logo": json.dumps(picture)}
    try:
        with _COMPILING:
            pdf = _compiler(template).compile(
                sys_inputs=inputs, format="pdf", pdf_standards=list(STANDARDS), timestamp=TIMESTAMP
            )
    except typst.TypstError as error:
        raise _explained(error, document, logo) from error
    assert isinstance(pdf, bytes)
    return pdf


def pages(pdf: bytes) -> int:
    """Count the pages of a PDF that `render` made."""
    found = re.search(rb"/Type/Pages/Count (\d+)", pdf)
    assert found is not None, "the page tree stands in the open"
    return int(found.group(1))


@lru_cache(maxsize=4)
def _compiler(template: Template) -> typst.Compiler:
    """Make the one compiler of a process and template: it keeps the fonts and what it learnt of the template."""
    import typst

    font = files(FONT_PACKAGE)
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(font)])
    return typst.Compiler(
        str(TEMPLATES / f"{template}.typ"), root=str(TEMPLATES), font_paths=fonts, ignore_system_fonts=True
    )


def _explained(error: typst.TypstError, document: Document, logo: tuple[str, bytes] | None) -> Exception:
    """Return what a user can do something about; any other error is ours and stays as it is."""
    found = re.search(r'the text `"(.+?)"` could not be displayed', error.message)
    if found:
        character = max(found.group(1), key=ord)  # a run of text may be named whole: the rarest is at fault
        where = next((text for text in strings(asdict(document)) if character in text), found.group(1))
        return ReportError(
            f"the character {character} (U+{ord(character):04X}) in {_short(where)!r} has no glyph in Noto "
            "Sans CJK; write another form of it."
        )
    if logo is not None and re.search(r"SVG|image|decode", error.message):
        return ReportError(f"the logo cannot be used ({error.message}); give an SVG, PNG or JPEG file.")
    return error


def strings(value: Any) -> list[str]:
    """List every string inside nested dictionaries and sequences, in order."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for part in value.values() for text in strings(part)]
    if isinstance(value, list | tuple):
        return [text for part in value for text in strings(part)]
    return []


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
