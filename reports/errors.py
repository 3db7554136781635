"""What can be wrong with what a document is asked to print."""

from ..engine.errors import RequestError


class ReportError(RequestError):
    """The letterhead, the note or a name cannot be printed; each sentence says which, why and what to do."""
