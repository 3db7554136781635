"""The first page: who it is for, the important disclosures and the plan's own risk label."""

from __future__ import annotations

from ..blocks import Notice, Section
from ..case import Case
from ..letterhead import Letterhead


def cover(case: Case, letterhead: Letterhead) -> tuple[tuple[str, str], ...]:
    """Facts below the title."""
    words, plan = case.words, case.plan
    client = plan.request.client
    rows = [
        ("start", words.day(case.start)),
        ("horizon", words("cover.months", months=plan.months, end=words.day(case.end))),
        ("level", client.risk_level or ""),
        ("wealth", words.money(client.wealth)),
        ("adviser", letterhead.adviser or ""),
        ("licence", letterhead.licence or ""),
        ("id", client.id or ""),
    ]
    return tuple((words(f"cover.{key}"), value) for key, value in rows if value)


def disclosures(case: Case) -> Section:
    """Print the fixed sentences that come before anything else."""
    words = case.words
    notice = Notice(title=words("disclosures.title"), items=words.all("disclosures.items"), tone="plain")
    return Section(id="disclosures", title=words("sections.disclosures"), blocks=(notice,))
