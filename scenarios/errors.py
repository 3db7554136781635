"""What can go wrong with market data, and whose fault it is."""

from __future__ import annotations

from collections.abc import Sequence


class DataError(ValueError):
    """The market data or the assumptions cannot be used as they are.

    The fault lies in the input, so a retry with the same input will not help: every sentence names the
    series, the date and the value, says what is allowed and what to change. All problems found are listed
    at once in `problems`.
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))
