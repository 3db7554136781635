"""How the numbers came about, what they were made from, and what is signed."""

from __future__ import annotations

from ..blocks import Block, Bullets, Facts, Heading, Notice, Paragraph, Section, Signatures, Table
from ..case import Case
from ..letterhead import Letterhead


def method(case: Case) -> Section:
    """Assumptions, method and glossary."""
    words, made = case.words, case.plan.provenance
    values = {
        "assumptions": made.assumptions,
        "as_of": words.day(made.market_as_of),
        "paths": words.number(made.paths),
        "model": next((getattr(m.title, words.lang) for m in case.plan.models), made.model),
    }
    items = tuple(text.format(**values) for text in words.all("method.items"))
    blocks: list[Block] = [Bullets(items=items)]
    if case.plan.goals:
        blocks.append(_bases(case))
    blocks += [Heading(text=words("method.glossary")), Facts(rows=words.pairs("method.terms"))]
    return Section(id="method", title=words("sections.method"), blocks=tuple(blocks))


def _bases(case: Case) -> Table:
    """Say what money each goal is stated in, and what it is expected to cost when due."""
    words = case.words
    rows = []
    for asked, goal in zip(case.plan.request.goals, case.plan.goals, strict=True):
        rows.append(
            (
                goal.name,
                words(f"kind.{goal.kind}"),
                _basis(case, asked.index),
                words.number(goal.payments),
                words.number(goal.amount),
                words.number(goal.expected_amount),
            )
        )
    keys = ("goal", "kind", "basis", "payments", "amount", "expected")
    return Table(
        title=words("method.goals"),
        head=tuple(words(f"head.{key}", unit=words.unit) for key in keys),
        columns=("name", "short", "text", "number", "number", "number"),
        rows=tuple(rows),
    )


def _basis(case: Case, index: str | None) -> str:
    words = case.words
    if index is None:
        return words("method.goals_nominal")
    kind, _, of = index.partition(":")
    named = of.upper() if kind == "fx" else of.capitalize()
    return words("method.goals_indexed", index=words(f"method.index_{kind}", city=named))


def provenance(case: Case) -> Section:
    """Say what makes the same plan again."""
    words, made = case.words, case.plan.provenance
    values = (
        ("market", words("provenance.market_value", market=made.market, as_of=words.day(made.market_as_of))),
        ("digest", _in_groups(made.market_digest)),
        ("assumptions", made.assumptions),
        ("assumptions_digest", _in_groups(made.assumptions_digest)),
        ("model", made.model),
        ("paths", words.number(made.paths)),
        ("seed", str(made.seed)),
        (
            "version",
            words("provenance.version_value", version=made.version, numpy=made.numpy, numba=made.numba),
        ),
    )
    rows = tuple((words(f"provenance.{key}"), value) for key, value in values)
    blocks = (Facts(rows=rows), Paragraph(text=words("provenance.repeat"), tone="small"))
    return Section(id="provenance", title=words("sections.provenance"), blocks=blocks)


def _in_groups(digest: str) -> str:
    """Break a digest into groups of eight, to read out and to fit a line."""
    return " ".join(digest[i : i + 8] for i in range(0, len(digest), 8))


def signing(case: Case, letterhead: Letterhead) -> Section:
    """Risk disclosure, statements to tick and lines to sign on, with the names that are known."""
    words = case.words
    adviser = " ".join(part for part in (letterhead.adviser, letterhead.licence) if part)
    names = (case.plan.request.client.name, adviser, letterhead.firm)
    roles = tuple(
        words("risk.named", role=role, name=name) if name else role
        for role, name in zip(words.all("risk.roles"), names, strict=True)
    )
    return Section(
        id="signing",
        title=words("sections.signing"),
        blocks=(
            Notice(title=words("risk.title"), items=words.all("risk.items"), tone="plain"),
            Heading(text=words("risk.confirm")),
            Signatures(
                boxes=words.all("risk.boxes"),
                roles=roles,
                signature=words("risk.signature"),
                date=words("risk.date"),
            ),
        ),
    )
