"""Findings: what a plan has to say in words, as code, parameters and text in Chinese and English."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from ..goals.edge import EdgeModel

Severity = Literal["info", "warning", "conflict"]
Value = str | float | int | bool


class Text(EdgeModel):
    """The same sentence in both languages."""

    zh: str
    en: str


class Finding(EdgeModel):
    """One thing a reader must know.

    Attributes
    ----------
    code
        Stable word for programs, a key of `templates`.
    severity
        ``"info"``, ``"warning"``, or ``"conflict"`` for what stands in the way of a plan.
    params
        What the sentence speaks of.
    text
        The sentence.

    """

    code: str
    severity: Severity
    params: dict[str, Value]
    text: Text


class Template(EdgeModel):
    """A sentence with places for parameters, as `findings.toml` holds it."""

    severity: Severity
    zh: str
    en: str


@cache
def templates() -> Mapping[str, Template]:
    """Every finding that a plan can hold, by code."""
    text = Path(__file__).with_name("findings.toml").read_text(encoding="utf-8")
    return {code: Template.model_validate(entry) for code, entry in tomllib.loads(text).items()}


def finding(code: str, **params: Value) -> Finding:
    """Build the finding `code` with its sentence filled in both languages."""
    template = templates()[code]
    return Finding(
        code=code,
        severity=template.severity,
        params=params,
        text=Text(zh=template.zh.format(**params), en=template.en.format(**params)),
    )
