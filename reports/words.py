"""Words and number formats of a document, in Chinese or English."""

from __future__ import annotations

import datetime as dt
import functools
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

Language = Literal["zh", "en"]
NBSP = "\u00a0"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@functools.lru_cache(maxsize=2)
def texts(lang: Language) -> dict[str, Any]:
    """Return the tables of ``texts/<lang>.toml``."""
    return tomllib.loads(files(__package__).joinpath("texts", f"{lang}.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Texts of one language and one currency.

    Attributes
    ----------
    lang
        ``"zh"`` or ``"en"``.
    currency
        Three-letter code; CNY is written 元 in Chinese.
    """

    lang: Language
    currency: str

    def __call__(self, key: str, **values: object) -> str:
        """Look up the text of the dotted `key`, its places filled in."""
        text: Any = texts(self.lang)
        for part in key.split("."):
            text = text[part]
        return str(text).format(**values) if values else str(text)

    def all(self, key: str) -> tuple[str, ...]:
        """Look up the list of texts of the dotted `key`."""
        table: Any = texts(self.lang)
        for part in key.split("."):
            table = table[part]
        return tuple(table)

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """Look up terms and meanings of the dotted `key`."""
        table: Any = texts(self.lang)
        for part in key.split("."):
            table = table[part]
        return tuple((entry[0], entry[1]) for entry in table)

    @property
    def unit(self) -> str:
        """Name the currency as it stands in a table's heading."""
        return "元" if self.lang == "zh" and self.currency == "CNY" else self.currency

    def money(self, amount: float) -> str:
        """Write an amount with its unit: ``600,000 元``, ``CNY 600,000``."""
        return (
            f"{self.number(amount)}{NBSP}{self.unit}"
            if self.lang == "zh"
            else f"{self.unit}{NBSP}{self.number(amount)}"
        )

    def number(self, amount: float) -> str:
        """Write a whole number with thousands set off: ``600,000``. What rounds to zero has no sign."""
        return "0" if abs(amount) < 0.5 else f"{amount:,.0f}".replace("-", "−")

    def cents(self, amount: float) -> str:
        """Write an amount to two places: ``1,234.50``."""
        return f"{amount:,.2f}".replace("-", "−")

    def percent(self, share: float, digits: int = 1) -> str:
        """Write a share: ``12.5%``. What rounds to zero has no sign."""
        text = f"{share * 100.0:,.{digits}f}%"
        zero = not text.strip("-0.%")
        return text.lstrip("-") if zero else text.replace("-", "−")

    def chance(self, value: float, error: float | None = None) -> str:
        """Write a probability, with its standard error where given: ``84.1% ± 0.4%``.

        What would round to 0 or 1 is written ``< 0.1%`` or ``> 99.9%``: a simulation proves neither.
        """
        if value < 0.0005 or value >= 0.9995:
            return "< 0.1%" if value < 0.5 else "> 99.9%"
        return (
            self.percent(value)
            if error is None
            else f"{self.percent(value)}{NBSP}±{NBSP}{self.percent(error)}"
        )

    def day(self, day: dt.date) -> str:
        """Write a date: ``2029年5月1日``, ``1 May 2029``."""
        if self.lang == "zh":
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

    def month(self, day: dt.date) -> str:
        """Write a month: ``2029年5月``, ``May 2029``."""
        return f"{day.year}年{day.month}月" if self.lang == "zh" else f"{_MONTHS[day.month - 1]} {day.year}"

    def join(self, parts: Iterable[str]) -> str:
        """Write parts of a list as they stand in a sentence."""
        return ("、" if self.lang == "zh" else "; ").join(parts)
