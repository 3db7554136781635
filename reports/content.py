"""From a plan to the document that tells it: which sections, in which order."""

from __future__ import annotations

from collections.abc import Mapping

from ..engine.desk.buckets import Pots
from ..engine.plan import Plan
from ..scenarios.market import Asset
from .blocks import Document, Section
from .case import Case
from .letterhead import Letterhead
from .sections.actions import actions
from .sections.answer import answer
from .sections.closing import method, provenance, signing
from .sections.extremes import extremes
from .sections.labels import plan_label
from .sections.opening import cover, disclosures
from .sections.outlook import outlook
from .sections.path import path
from .sections.refusals import conflict, notes, review
from .sections.standing import standing
from .words import Language, Words


def plan_document(
    plan: Plan,
    lang: Language,
    letterhead: Letterhead,
    assets: Mapping[str, Asset],
    note: str = "",
    *,
    pots: Pots | None = None,
) -> Document:
    """Document of a plan.

    Parameters
    ----------
    plan
        Of any status. What a plan does not hold is left out.
    lang
        ``"zh"`` or ``"en"``.
    letterhead
        Who hands it over.
    assets
        By id, for names, classes and risk levels.
    note
        The adviser's words, printed under "What to do".
    pots
        The view as four kinds of money, where it is wanted.
    """
    words = Words(lang=lang, currency=plan.request.currency)
    case = Case(plan=plan, words=words, assets=assets, note=note, pots=pots)
    client = plan.request.client.name or words("document.anonymous")
    return Document(
        lang=lang,
        title=words("document.title"),
        subtitle=client,
        firm=letterhead.firm or words("document.firm"),
        running=words("document.running", client=client),
        page=words("document.page"),
        cover=cover(case, letterhead),
        disclaimer=letterhead.disclaimer or words("document.disclaimer"),
        sections=tuple(section for section in _sections(case, letterhead) if section is not None),
    )


def _sections(case: Case, letterhead: Letterhead) -> tuple[Section | None, ...]:
    told: tuple[Section | None, ...]
    if case.plan.status == "infeasible":
        told = (conflict(case), standing(case))
    elif case.plan.status == "needs_review":
        told = (review(case), standing(case), path(case), outlook(case), extremes(case), notes(case))
    else:
        told = (answer(case), standing(case), path(case), outlook(case), extremes(case), actions(case))
    return (
        disclosures(case),
        plan_label(case),
        *told,
        method(case),
        provenance(case),
        signing(case, letterhead),
    )
