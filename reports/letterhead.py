"""The letterhead: who hands the document over, read from a small TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, ValidationError

from ..engine.errors import RequestError
from ..engine.explain import explain
from ..engine.handed_in import read_toml
from ..goals.edge import EdgeModel, Name
from .certainty import refuse_certainty
from .errors import ReportError

LOGO_BYTES = 262_144
NOTE_LENGTH = 600
_FORMATS = {".svg": "svg", ".png": "png", ".jpg": "jpg", ".jpeg": "jpg"}

Long = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, max_length=200)]


class Letterhead(EdgeModel):
    """Who hands the plan over.

    Attributes
    ----------
    firm
        Name of the firm, at the head of every page.
    adviser, licence
        Name and licence number of the adviser, on the first page and at the signature.
    disclaimer
        One line at the foot of every page, in the place of the usual one.
    logo
        Path of an SVG, PNG or JPEG file, from the folder of the TOML file; at most 256 KiB.
    """

    firm: Long = Field(default="", description="the firm's name, at most 200 characters")
    adviser: Name | None = Field(default=None, description="the adviser's name, at most 60 characters")
    licence: Name | None = Field(
        default=None, description="the adviser's licence number, at most 60 characters"
    )
    disclaimer: Long = Field(default="", description="the line at the foot of a page, at most 200 characters")
    logo: Path | None = Field(default=None, description="the path of an SVG, PNG or JPEG file")

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """Read a letterhead.

        Raises
        ------
        ReportError
            The file cannot be read, is not TOML, or an entry is wrong; every problem names its key.
        """
        path = Path(path)
        try:
            table = read_toml(path)
        except RequestError as error:
            raise ReportError(error.problems) from error
        if isinstance(table.get("logo"), str):
            table["logo"] = path.parent / table["logo"]
        try:
            return cls.model_validate(table)
        except ValidationError as error:
            raise ReportError(explain(error, cls)) from error

    def picture(self) -> tuple[str, bytes] | None:
        """Read format and bytes of the logo.

        Raises
        ------
        ReportError
            The file cannot be read, is too large or is no picture of a known kind.
        """
        if self.logo is None:
            return None
        form = _FORMATS.get(self.logo.suffix.lower())
        if form is None:
            raise ReportError(f"logo = {self.logo} is not an SVG, PNG or JPEG file; give one of these.")
        try:
            content = self.logo.read_bytes()
        except OSError as error:
            raise ReportError(
                f"logo = {self.logo} cannot be read ({error.strerror}); give another path."
            ) from error
        if len(content) > LOGO_BYTES:
            raise ReportError(
                f"logo = {self.logo} has {len(content)} bytes; give a picture of at most {LOGO_BYTES}."
            )
        return form, content


def check_note(note: str) -> None:
    """Refuse a note of the adviser that is too long, or that says what no plan may say; ReportError."""
    if len(note) > NOTE_LENGTH:
        raise ReportError(f"note has {len(note)} characters; at most {NOTE_LENGTH} are allowed; shorten it.")
    refuse_certainty([note])
