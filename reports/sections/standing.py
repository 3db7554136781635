"""Where the client stands: what is held, what is paid in, and the four kinds of money."""

from __future__ import annotations

from collections.abc import Iterator

from ..blocks import NUMBER, SHORT, Block, Facts, Paragraph, Section, Table
from ..case import Case
from .diagnosis import diagnosis
from .pots import pots_table


def standing(case: Case) -> Section:
    """Build the section; without holdings it says that all is cash."""
    words, client = case.words, case.plan.request.client
    held = sum(holding.value for holding in client.holdings)
    key = "standing.lead" if client.holdings else "standing.lead_cash"
    lead = words(
        key, wealth=words.money(client.wealth), cash=words.money(client.cash), held=words.money(held)
    )
    blocks: list[Block] = [Paragraph(text=lead)]
    if case.diagnosis is not None:
        blocks += diagnosis(case, case.diagnosis)
    elif client.holdings:
        blocks.append(_holdings(case))
    blocks.append(Facts(rows=tuple(_money_in(case))))
    if (pots := pots_table(case)) is not None:
        blocks.append(pots)
    return Section(id="standing", title=words("sections.standing"), blocks=tuple(blocks))


def _holdings(case: Case) -> Table:
    words, client = case.words, case.plan.request.client
    with_product = any(h.product for h in client.holdings)
    with_account = any(h.account for h in client.holdings)
    with_cost = any(h.cost is not None for h in client.holdings)
    rows = []
    for h in client.holdings:
        row = [case.name(h.asset), words(f"classes.{case.class_of(h.asset)}")]
        row += [h.product or "—"] if with_product else []
        row += [h.account or "—"] if with_account else []
        row += [words.number(h.value), words.percent(h.value / client.wealth)]
        row += ["—" if h.cost is None else words.number(h.cost)] if with_cost else []
        rows.append(tuple(row))
    words_only = 2 + with_product + with_account
    blank = ("",) * (words_only - 1)
    end = ("",) if with_cost else ()
    if client.cash > 0.0:
        share = words.percent(client.cash / client.wealth)
        rows.append((words("standing.cash"), *blank, words.number(client.cash), share, *end))
    rows.append((words("standing.total"), *blank, words.number(client.wealth), words.percent(1.0), *end))
    keys = [
        "asset",
        "class",
        *["product"] * with_product,
        *["account"] * with_account,
        "value_money",
        "weight",
    ]
    keys += ["cost"] if with_cost else []
    return Table(
        title=words("standing.holdings"),
        head=tuple(words(f"head.{key}", unit=words.unit) for key in keys),
        columns=("name", *(SHORT,) * (words_only - 1), *(NUMBER,) * (len(keys) - words_only)),
        rows=tuple(rows),
        note=words("standing.note", day=words.day(case.start)),
        total=True,
    )


def _money_in(case: Case) -> Iterator[tuple[str, str]]:
    words, request = case.words, case.plan.request
    terms = request.contributions
    if terms.monthly > 0.0:
        yield words("standing.monthly"), words("standing.monthly_value", monthly=words.money(terms.monthly))
        if terms.growth:
            yield words("standing.growth"), words.percent(terms.growth)
    if terms.dated:
        listed = [
            words("standing.lump", day=words.day(s.date), amount=words.money(s.amount))
            for s in terms.dated[:6]
        ]
        more = len(terms.dated) - len(listed)
        total = words.money(sum(s.amount for s in terms.dated))
        text = words.join(listed)
        yield (
            words("standing.lumps"),
            text + words("standing.lumps_more", count=more, total=total) if more else text,
        )
    if terms.monthly == 0.0 and not terms.dated:
        yield words("standing.monthly"), words("standing.none_in")
    if request.advisory_fee > 0.0:
        yield words("standing.fee"), words("standing.fee_value", fee=words.percent(request.advisory_fee, 2))
