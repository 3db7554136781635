"""Options of the commands that print documents: who hands them over, and what the adviser adds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from .reports.letterhead import Letterhead

Command = TypeVar("Command", bound=Callable[..., None])


def letterhead_options(command: Command) -> Command:
    """Add ``--letterhead`` and ``--note``; `letterhead_of` reads the first and checks the second."""
    head = click.option(
        "--letterhead", "head_file", type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="TOML file for the PDF with firm, adviser, licence, disclaimer and logo.",
    )  # fmt: skip
    note = click.option("--note", default="", help="The adviser's words in the PDF, at most 600 characters.")
    return head(note(command))


def letterhead_of(head_file: Path | None, note: str) -> Letterhead:
    """Read the letterhead; ReportError where it or the note cannot be printed."""
    from .reports.letterhead import Letterhead, check_note

    check_note(note)
    return Letterhead() if head_file is None else Letterhead.from_toml(head_file)
