"""The suitability gate: which products this client may hold, what was refused and by which rule.

A mismatch never stops the solve: the plan is made inside the client's own level, and a person must review
what was asked for and refused.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from ...goals.dates import payment_months
from ...scenarios.market import Asset, Market
from ..client import Client, Override, RiskLevel
from ..errors import RequestError
from ..findings import Finding, finding
from ..menu.menu import Menu
from ..request import Limits, PlanRequest
from .gate import Gate, Refusal
from .questionnaire import Assessment, Questionnaire, assess
from .ruleset import Refusing, RuleId, Rules, load_questionnaire
from .shelf import Product, Shelf

_MENUS = 64  # as many as are kept uncut


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What the rules look at."""

    client: Client
    limits: Limits
    rules: Rules
    level: RiskLevel
    lowest: bool
    highest: int
    term: int
    overrides: dict[str, Override]
    asked: tuple[str, ...]


def gate(
    request: PlanRequest,
    market: Market,
    shelf: Shelf,
    rules: Rules,
    questionnaire: Questionnaire | None = None,
) -> Gate:
    """Match the client with the shelf.

    Parameters
    ----------
    request
        With a start (see `PlanRequest.starting`).
    market
        Whose asset classes are to be filled with products.
    shelf, rules
        The firm's.
    questionnaire
        The table that scores `client.questionnaire`; the demonstration table where left out.

    Returns
    -------
    Gate
        Per class the first product that the client may hold: those asked for first, then open ones in the
        shelf's order, then those with a quota.

    Raises
    ------
    RequestError
        A product asked for or overridden is not on the shelf, a warning is dated after the start, or the
        questionnaire is not answered as the table asks.
    """
    assert request.start is not None, "date the request first: request.starting(...)"
    _check_codes(request, shelf, request.start)
    assessment = assess(request.client, questionnaire or load_questionnaire())
    facts = _facts(request, rules, assessment)
    chosen: dict[str, Product] = {}
    refused, closed, recorded, notes = [], [], [], []
    for asset in market.assets:
        product, tried = _first_suitable(asset, shelf, facts)
        refused += [
            _refusal(asset.id, code, rule, found, rules) for code, rule, found in tried if code in facts.asked
        ]
        if product is not None:
            chosen[asset.id] = product
            recorded += _recorded(product, facts)
            if product.status == "quota":
                notes.append(
                    finding(
                        "product_quota", zh=product.name_zh, en=product.name_en, quota=product.quota or 0.0
                    )
                )
            continue
        _, rule, reason = tried[0] if tried else (None, "availability", _nothing(asset))
        closed.append(
            finding(
                "class_closed",
                zh=asset.name_zh,
                en=asset.name_en,
                why_zh=reason.text.zh,
                why_en=reason.text.en,
            )
        )
        if request.limits.bounds.get(asset.id, (0.0, 1.0))[0] > 0.0:
            refused.append(_refusal(asset.id, None, rule, reason, rules))
    refused += _empty_groups(request.limits, market, chosen, rules)
    if shelf.demonstration:
        notes.append(finding("demonstration_shelf"))
    caps = {a: rules.single_fund.cap for a, product in chosen.items() if not product.exempt}
    notes += [
        finding("bound_above_cap", asset=a, lowest=low, cap=caps[a])
        for a, (low, _) in request.limits.bounds.items()
        if a in caps and low > caps[a]
    ]
    return Gate(
        rules=f"{rules.id} {rules.as_of}",
        rules_digest=rules.digest,
        shelf=shelf.name,
        shelf_digest=shelf.digest,
        level=facts.level,
        lowest_class=facts.lowest,
        score=assessment.score,
        highest_level=facts.highest,
        max_volatility=rules.most_volatility(facts.highest),
        tier=rules.tier(request.client.wealth, institution=request.client.institution),
        products={a: product.code for a, product in chosen.items()},
        caps=caps,
        esg=_scores(chosen, market),
        refused=tuple(refused),
        overridden=tuple(
            facts.overrides[p.code]
            for p in chosen.values()
            if p.code in facts.overrides and p.level > facts.highest
        ),
        needs_review=assessment.contradictory or bool(refused),
        findings=(
            *assessment.findings,
            *recorded,
            *closed,
            *_held(request.client, market, shelf, facts),
            *notes,
        ),
    )


def within(menu: Menu, gate: Gate) -> Menu | None:
    """Return the portfolios whose volatility as a whole suits the client; None if there are none."""
    return menu if gate.max_volatility is None else _calmer(menu, gate.max_volatility)


@lru_cache(maxsize=_MENUS)
def _calmer(menu: Menu, most: float) -> Menu | None:
    """Cut a menu at a volatility; kept, since paths are kept by menu."""
    kept = menu.volatility <= most + 1e-12
    if not kept.any():
        return None
    rows = {name: getattr(menu, name)[kept] for name in ("weights", "mean", "volatility", "drag")}
    return replace(menu, **rows)


def _facts(request: PlanRequest, rules: Rules, assessment: Assessment) -> _Facts:
    client, start = request.client, request.start
    assert start is not None
    due = [payment_months(goal, start, client.birth_year)[0] for goal in request.goals]
    term = min(month for month in (*due, client.term_months or 0) if month > 0)
    highest = rules.matching.highest[assessment.level]
    overrides = {each.product: each for each in client.overrides}
    return _Facts(
        client=client,
        limits=request.limits,
        rules=rules,
        level=assessment.level,
        lowest=assessment.lowest_class,
        highest=min(highest, rules.lowest_class.highest) if assessment.lowest_class else highest,
        term=term,
        overrides=overrides,
        asked=(*request.products, *(code for code in overrides if code not in request.products)),
    )


def _check_codes(request: PlanRequest, shelf: Shelf, start: dt.date) -> None:
    problems = [
        f"products.{number} = {code!r} is not on the shelf {shelf.name!r}; give one of its codes."
        for number, code in enumerate(request.products)
        if shelf.get(code) is None
    ]
    for number, each in enumerate(request.client.overrides):
        place = f"client.overrides.{number}"
        if shelf.get(each.product) is None:
            problems.append(
                f"{place}.product = {each.product!r} is not on the shelf {shelf.name!r}; give a code of it."
            )
        if each.warned > start:
            problems.append(
                f"{place}.warned = {each.warned} is after the plan's start {start}; the warning comes first."
            )
    papers = request.client.accredited
    if papers is not None and papers.date > start:
        problems.append(
            f"client.accredited.date = {papers.date} is after the plan's start {start}; give the day of the document."
        )
    if problems:
        raise RequestError(problems)


Fault = tuple[str | None, RuleId, Finding]


def _first_suitable(asset: Asset, shelf: Shelf, facts: _Facts) -> tuple[Product | None, list[Fault]]:
    """Return the product to use, and the first fault of each product tried before it."""
    if asset.id in facts.limits.exclude:
        return None, [(None, "exclusion", finding("class_excluded", zh=asset.name_zh, en=asset.name_en))]
    ranks = {code: rank for rank, code in enumerate(facts.asked)}
    order = {"open": 0, "quota": 1, "suspended": 2}
    tried: list[Fault] = []
    for product in sorted(
        shelf.of_asset(asset.id), key=lambda p: (ranks.get(p.code, len(ranks)), order[p.status])
    ):
        fault = next(_faults(product, asset, facts), None)
        if fault is None:
            return product, tried
        tried.append((product.code, *fault))
    return None, tried


def _faults(product: Product, asset: Asset, facts: _Facts) -> Iterator[tuple[RuleId, Finding]]:
    """Every rule that the product fails, the weightiest first."""
    zh, en = product.name_zh, product.name_en
    if product.level > facts.highest and not _recorded(product, facts):
        code = "product_above_lowest_class" if facts.lowest else "product_above_level"
        rule: RuleId = "lowest_class" if facts.lowest else "matching"
        yield rule, finding(code, zh=zh, en=en, product=product.level, client=facts.level)
    if product.accredited and facts.client.accredited is None:
        yield "accreditation", finding("product_accreditation", zh=zh, en=en)
    if product.term_months > facts.term:
        yield "term", finding("product_term", zh=zh, en=en, term=product.term_months, client=facts.term)
    if facts.client.types is not None and product.type not in facts.client.types:
        yield "type", finding("product_type", zh=zh, en=en, type=product.type)
    if {product.code, *product.business} & set(facts.limits.exclude):
        yield "exclusion", finding("product_excluded", zh=zh, en=en)
    if facts.limits.min_esg is not None and _score(product, asset) is None:
        yield "exclusion", finding("product_unscored", zh=zh, en=en, least=facts.limits.min_esg)
    if product.status == "suspended":
        yield "availability", finding("product_suspended", zh=zh, en=en)


def _recorded(product: Product, facts: _Facts) -> list[Finding]:
    """Return the warning under which a product above the client's level is let through, if there is one."""
    if product.level <= facts.highest or facts.lowest or product.code not in facts.asked:
        return []
    words: dict[str, str | int] = {
        "zh": product.name_zh,
        "en": product.name_en,
        "product": product.level,
        "client": facts.level,
    }
    override = facts.overrides.get(product.code)
    if override is not None and facts.rules.matching.overridable:
        return [
            finding("override_recorded", warned=str(override.warned), evidence=override.evidence, **words)
        ]
    if facts.client.investor == "professional":
        return [finding("professional_above_level", **words)]
    return []


def _refusal(asset: str, product: str | None, rule: RuleId, found: Finding, rules: Rules) -> Refusal:
    written: Refusing = getattr(rules, rule)
    return Refusal(
        product=product,
        asset=asset,
        rule=rule,
        source=written.source,
        date=written.date,
        overridable=written.overridable,
        evidence=tuple(rules.words[word] for word in written.evidence),
        signatures=tuple(rules.words[word] for word in written.signatures),
        text=found.text,
    )


def _empty_groups(
    limits: Limits, market: Market, chosen: dict[str, Product], rules: Rules
) -> Iterator[Refusal]:
    """Yield the lowest weights that nothing is left to serve."""
    there = {asset.asset_class for asset in market.assets if asset.id in chosen}
    for name, (low, _) in limits.groups.items():
        if low > 0.0 and name not in there:
            yield _refusal(name, None, "matching", finding("group_closed", group=name, lowest=low), rules)


def _held(client: Client, market: Market, shelf: Shelf, facts: _Facts) -> Iterator[Finding]:
    """Yield what is wrong with what the client holds already."""
    assets = {asset.id: asset for asset in market.assets}
    for holding in client.holdings:
        product = shelf.get(holding.product)
        if product is None and holding.product is not None:
            yield finding("holding_unknown", product=holding.product, asset=holding.asset)
            continue
        if product is not None and product.accredited and client.accredited is None:
            yield finding("holding_accreditation", zh=product.name_zh, en=product.name_en)
        held = product or assets.get(holding.asset)
        level = held.level if isinstance(held, Product) else held.risk_level if held else 0
        if held is not None and level > facts.highest and not (product and _recorded(product, facts)):
            yield finding(
                "holding_unsuitable", zh=held.name_zh, en=held.name_en, product=level, client=facts.level
            )


def _nothing(asset: Asset) -> Finding:
    return finding("no_product", zh=asset.name_zh, en=asset.name_en)


def _score(product: Product, asset: Asset) -> float | None:
    return asset.esg if product.esg is None else product.esg


def _scores(chosen: dict[str, Product], market: Market) -> dict[str, float]:
    assets = {asset.id: asset for asset in market.assets}
    scores = ((a, _score(product, assets[a])) for a, product in chosen.items())
    return {a: float(score) for a, score in scores if score is not None}
