"""Plans that are no plan yet: which wish conflicts with which limit, and what a reviewer has to sign."""

from __future__ import annotations

from ..blocks import Block, Heading, Notice, Paragraph, Section, Signatures, Table
from ..case import Case
from .actions import findings
from .answer import goals_table
from .repairs import repairs_table


def conflict(case: Case) -> Section:
    """Why there is no plan, and what would make one."""
    words, plan = case.words, case.plan
    conflicts = [f for f in (plan.reason, *plan.findings) if f.severity == "conflict"] or [plan.reason]
    texts = [found.text for found in conflicts]
    texts += [demand.text for each in plan.conflicts for demand in each.demands]
    items = tuple(dict.fromkeys(getattr(text, words.lang) for text in texts))
    blocks: list[Block] = [
        Paragraph(text=words("conflict.lead"), tone="lead"),
        Notice(title=words("conflict.title"), items=items, tone="conflict"),
    ]
    if plan.goals:
        blocks.append(goals_table(case))
    if plan.repairs:
        blocks.append(repairs_table(case))
    else:
        found = tuple(_repair(case, n) for n in range(len(plan.levers)))
        blocks.append(
            Notice(title=words("conflict.repairs"), items=found or (words("conflict.none"),), tone="info")
        )
    return Section(id="conflict", title=words("sections.conflict"), blocks=tuple(blocks))


def _repair(case: Case, number: int) -> str:
    words, lever = case.words, case.plan.levers[number]
    if lever.value is None or lever.probability is None:
        return words(f"answer.{lever.kind}_beyond", most=words.money(lever.searched_to))
    chance = words.chance(lever.probability.value, lever.probability.standard_error)
    return words(f"answer.{lever.kind}", needed=words.money(lever.value), chance=chance)


def _refused(case: Case) -> tuple[Block, ...]:
    """List what was refused, by which rule, and what a review of it needs."""
    words, lang, gate = case.words, case.words.lang, case.gate
    if gate is None or not gate.refused:
        return ()
    rows = tuple(
        (
            getattr(each.text, lang),
            words("review.rule", source=each.source, date=words.day(each.date)),
            words.join(getattr(paper, lang) for paper in each.evidence) or "—",
            words.join(getattr(who, lang) for who in each.signatures),
            words("review.by_warning" if each.overridable else "review.never"),
        )
        for each in gate.refused
    )
    table = Table(
        title=words("review.refused"),
        head=tuple(words(f"head.{key}") for key in ("refusal", "rule", "evidence", "signers", "exception")),
        columns=("text", "long", "long", "text", "short"),
        rows=rows,
    )
    return (table,)


def _signers(case: Case) -> tuple[str, ...]:
    """Who must sign: as the rules that refused say, in their order."""
    if case.gate is None or not case.gate.refused:
        return case.words.all("review.roles")
    named = [getattr(who, case.words.lang) for each in case.gate.refused for who in each.signatures]
    return tuple(dict.fromkeys(name[:1].upper() + name[1:] for name in named))


def review(case: Case) -> Section:
    """Build the form on which the firm's reviewer decides."""
    words, plan = case.words, case.plan
    blocks: list[Block] = [
        Paragraph(text=words("review.lead"), tone="lead"),
        Notice(title=words("review.title"), items=(getattr(plan.reason.text, words.lang),), tone="conflict"),
        *_refused(case),
        *(block for block in findings(case) if block.tone == "warning"),
        Heading(text=words("review.form")),
        Paragraph(text=words("review.evidence")),
        Signatures(
            boxes=words.all("review.boxes"),
            roles=_signers(case),
            signature=words("risk.signature"),
            date=words("risk.date"),
        ),
    ]
    return Section(id="review", title=words("sections.review"), blocks=tuple(blocks))


def notes(case: Case) -> Section | None:
    """Say what else was found, behind the form and the figures; None where nothing was."""
    said = tuple(block for block in findings(case) if block.tone != "warning")
    return Section(id="notes", title=case.words("sections.notes"), blocks=said) if said else None
