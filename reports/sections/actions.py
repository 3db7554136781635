"""What to do: the adviser's words, what reaches the wanted probability, and what must be known."""

from __future__ import annotations

from ..blocks import Block, Notice, Section, Table, Tone
from ..case import Case
from .labels import product_labels
from .orders import orders


def actions(case: Case) -> Section | None:
    """Build the section, or None where nothing is left to say."""
    words, plan = case.words, case.plan
    blocks: list[Block] = []
    if case.note:
        blocks.append(Notice(title=words("actions.note_title"), items=(case.note,)))
    blocks += [*orders(case), *product_labels(case)]
    if plan.levers:
        blocks.append(_levers(case))
    blocks += findings(case)
    if not blocks:
        return None
    return Section(id="actions", title=words("sections.actions"), blocks=tuple(blocks))


def _levers(case: Case) -> Table:
    words = case.words
    rows = []
    for lever in case.plan.levers:
        if lever.value is None:
            needed, chance = words("actions.beyond", most=words.number(lever.searched_to)), "—"
        else:
            needed = words.number(lever.value)
            p = lever.probability
            chance = "—" if p is None else words.chance(p.value, p.standard_error)
        rows.append((words(f"actions.{lever.kind}"), words.number(lever.now), needed, chance))
    return Table(
        title=words("actions.levers"),
        head=tuple(
            words(f"head.{key}", unit=words.unit) for key in ("change", "now", "needed", "probability")
        ),
        columns=("name", "number", "number", "number"),
        rows=tuple(rows),
        note=words("actions.levers_note"),
    )


def findings(case: Case) -> list[Block]:
    """List what the plan found, warnings first; the verdict itself stands elsewhere."""
    words, plan = case.words, case.plan
    blocks: list[Block] = []
    told = [f for f in plan.findings if f != plan.reason]
    tones: tuple[tuple[Tone, bool], ...] = (("warning", False), ("info", True))
    for tone, harmless in tones:
        mine = (getattr(f.text, words.lang) for f in told if (f.severity == "info") == harmless)
        if items := tuple(dict.fromkeys(mine)):
            blocks.append(Notice(title=words(f"actions.{tone}"), items=items, tone=tone))
    return blocks
