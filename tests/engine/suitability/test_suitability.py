"""The gate: full client x product matrix, the lowest class, overrides, and 1,000 random requests."""

import datetime as dt
from typing import Any

import numpy as np
import pytest
from goalplan.engine.errors import RequestError
from goalplan.engine.menu.bounds import InfeasibleBounds
from goalplan.engine.menu.menu import Menu, build_menu
from goalplan.engine.request import Limits, PlanRequest
from goalplan.engine.suitability.gate import Gate, narrowed, open_assets
from goalplan.engine.suitability.matching import gate, within
from goalplan.engine.suitability.ruleset import load_rules
from goalplan.engine.suitability.shelf import Product, Shelf, demonstration_shelf
from goalplan.scenarios.market import load_market
from goalplan.scenarios.reference import reference_assumptions

MARKET, RULES = load_market(), load_rules()
ASSUMPTIONS = reference_assumptions(MARKET)
GOAL = {"kind": "home", "name": "Flat", "due": "2029-05-01", "amount": 600_000.0}
START = dt.date(2026, 5, 1)
WARNED = {"warned": "2026-04-01", "evidence": "W-1"}
PAPERS = {"basis": "financial assets", "evidence": "A-1", "date": "2026-01-01"}
PERMITS = {"override_recorded", "professional_above_level"}


def product(code: str, asset: str = "gold", level: int = 3, **changes: Any) -> Product:
    names = {"code": code, "name_zh": f"产品{code}", "name_en": f"Product {code}"}
    graded = {"level_issuer": level, "level_seller": level, "fee": 0.005}
    return Product.model_validate({**names, "asset": asset, "type": "fund", **graded, **changes})


def passed(*products: Product, limits: Any = None, asked: Any = (), goals: Any = None, **client: Any) -> Gate:
    request = PlanRequest.model_validate(
        {
            "start": START,
            "client": {"cash": 100_000.0, **client},
            "goals": goals or [GOAL],
            "products": asked,
            "limits": limits or {},
        }
    )
    return gate(request, MARKET, Shelf(name="test", products=products), RULES)


def codes(result: Gate) -> list[str]:
    return [each.code for each in result.findings if each.code != "class_closed"]


@pytest.mark.parametrize("lowest", [False, True])
@pytest.mark.parametrize("c", range(1, 6))
@pytest.mark.parametrize("r", range(1, 6))
def test_the_full_matrix(c: int, r: int, lowest: bool) -> None:
    """AMAC guide of 2017-07-01: allowed if and only if r <= c; the lowest class of C1 has R1 alone."""
    if lowest and c > 1:
        return
    result = passed(product("A", level=r), risk_level=f"C{c}", lowest_class=lowest)
    assert ("gold" in result.products) is (r <= c)
    assert not result.needs_review
    refused = passed(product("A", level=r), risk_level=f"C{c}", lowest_class=lowest, asked=["A"])
    assert refused.needs_review is (r > c)
    if r > c:
        (refusal,) = refused.refused
        assert refusal.rule == ("lowest_class" if lowest else "matching")
        assert refusal.overridable is not lowest
        assert "compliance officer" in [who.en for who in refusal.signatures]
        assert refusal.source
        assert f"R{r}" in refusal.text.zh
        assert f"C{c}" in refusal.text.en


def test_a_written_warning_lets_one_product_through_and_is_recorded() -> None:
    shelf = (product("A", level=3), product("B", level=5), product("C", "hk_equity", level=5))
    result = passed(*shelf, risk_level="C3", overrides=[{"product": "B", **WARNED}])
    assert result.products == {"gold": "B"}
    assert [each.product for each in result.overridden] == ["B"]
    assert codes(result) == ["override_recorded"]
    assert result.findings[0].params["evidence"] == "W-1"
    assert (result.needs_review, result.highest_level, result.max_volatility) == (False, 3, 0.12)


def test_the_lowest_class_is_never_overridden() -> None:
    result = passed(
        product("A", level=2), risk_level="C1", lowest_class=True, overrides=[{"product": "A", **WARNED}]
    )
    assert (result.products, result.needs_review, result.overridden) == ({}, True, ())
    assert [each.rule for each in result.refused] == ["lowest_class"]
    ordinary = passed(product("A", level=2), risk_level="C1", overrides=[{"product": "A", **WARNED}])
    assert ordinary.products == {"gold": "A"}


def test_a_professional_may_ask_by_name_and_it_is_recorded() -> None:
    shelf = (product("A", level=5),)
    asked = passed(*shelf, risk_level="C3", investor="professional", asked=["A"])
    assert (asked.products, codes(asked)) == ({"gold": "A"}, ["professional_above_level"])
    assert passed(*shelf, risk_level="C3", investor="professional").products == {}


def test_the_first_open_product_is_used_unless_another_is_asked_for() -> None:
    shelf = (
        product("A", status="suspended"),
        product("B", status="quota", quota=1000.0),
        product("C"),
        product("D"),
    )
    assert passed(*shelf, risk_level="C5").products == {"gold": "C"}
    assert passed(*shelf, risk_level="C5", asked=["D"]).products == {"gold": "D"}
    only = passed(*shelf[:2], risk_level="C5")
    assert (only.products, codes(only)) == ({"gold": "B"}, ["product_quota"])
    asked = passed(*shelf, risk_level="C5", asked=["A"])
    assert (asked.products, asked.needs_review, asked.refused[0].rule) == (
        {"gold": "C"},
        True,
        "availability",
    )


@pytest.mark.parametrize(
    ("changes", "client", "rule"),
    [
        ({"accredited": True}, {}, "accreditation"),
        ({"term_months": 37}, {}, "term"),
        ({"term_months": 13}, {"term_months": 12}, "term"),
        ({"type": "private"}, {"types": ["fund", "bond"]}, "type"),
    ],
)
def test_term_type_and_accreditation_are_matched_too(changes: Any, client: Any, rule: str) -> None:
    result = passed(product("A", **changes), risk_level="C5", asked=["A"], **client)
    assert (result.products, [each.rule for each in result.refused]) == ({}, [rule])


def test_what_meets_term_type_and_accreditation_is_let_through() -> None:
    papers = passed(product("A", accredited=True), risk_level="C5", accredited=PAPERS)
    term = passed(product("A", term_months=36), risk_level="C5")
    type_ = passed(product("A"), risk_level="C5", types=["fund"])
    assert papers.products == term.products == type_.products == {"gold": "A"}


def test_the_term_is_that_of_the_first_goal() -> None:
    goals = [GOAL, {"kind": "purchase", "name": "Car", "due": "2027-05-01", "amount": 1.0}]
    assert passed(product("A", term_months=24), risk_level="C5", goals=goals).products == {}


def test_a_reserve_set_aside_today_is_no_term() -> None:
    goals = [GOAL, {"kind": "reserve", "name": "Reserve", "amount": 10_000.0}]
    assert passed(product("A", term_months=24), risk_level="C5", goals=goals).products == {"gold": "A"}


def test_what_the_client_excludes_is_left_out() -> None:
    shelf = (product("A", business=["coal"]), product("B"), product("C", "hk_equity"))
    limits = {"exclude": ["coal", "hk_equity"]}
    result = passed(*shelf, risk_level="C5", limits=limits)
    assert (result.products, result.needs_review) == ({"gold": "B"}, False)
    assert passed(*shelf, risk_level="C5", limits={"exclude": ["A", "B"]}).products == {"hk_equity": "C"}


def test_a_missing_score_is_excluded_when_a_minimum_is_set() -> None:
    shelf = (product("A"), product("B", "hk_equity", esg=70.0))
    assert passed(*shelf, risk_level="C5").products == {"gold": "A", "hk_equity": "B"}
    scored = passed(*shelf, risk_level="C5", limits={"min_esg": 50.0})
    assert (scored.products, scored.esg) == ({"hk_equity": "B"}, {"hk_equity": 70.0})


def test_single_funds_are_capped_and_exempt_ones_are_not() -> None:
    shelf = (product("A"), product("B", "hk_equity", exempt=True), product("C", "us_equity"))
    limits = {"bounds": {"us_equity": [0.3, 0.5]}}
    result = passed(*shelf, risk_level="C5", limits=limits)
    assert (result.caps, codes(result)) == ({"us_equity": 0.2, "gold": 0.2}, ["bound_above_cap"])
    inside = narrowed(Limits.model_validate(limits), result, MARKET, ASSUMPTIONS)
    assert inside.bounds == {"gold": (0.0, 0.2), "us_equity": (0.2, 0.2)}


def test_limits_that_ask_for_a_closed_class_are_put_before_a_reviewer() -> None:
    limits = {"bounds": {"gold": [0.1, 0.2], "hk_equity": [0.0, 0.1]}, "groups": {"equity": [0.1, 0.5]}}
    result = passed(product("A", level=4), risk_level="C3", limits=limits)
    assert [(each.asset, each.product, each.rule) for each in result.refused] == [
        ("gold", None, "matching"),
        ("equity", None, "matching"),
    ]
    inside = narrowed(Limits.model_validate(limits), result, MARKET, ASSUMPTIONS)
    assert (inside.bounds, inside.groups) == ({}, {})


def test_a_closed_class_says_why_in_both_languages() -> None:
    result = passed(product("A", level=4), risk_level="C3")
    why = {f.params["en"]: f.text for f in result.findings if f.code == "class_closed"}
    assert len(why) == len(MARKET.assets)
    assert "R4" in why["Gold"].en
    assert "R4" in why["Gold"].zh
    assert "No product" in why["Hong Kong equity"].en


def test_holdings_above_the_level_or_off_the_shelf_are_found() -> None:
    holdings = [
        {"asset": "gold", "value": 1.0, "product": "A"},
        {"asset": "gold", "value": 1.0, "product": "Z"},
        {"asset": "hk_equity", "value": 1.0},
        {"asset": "cn_cash", "value": 1.0},
    ]
    result = passed(product("A", level=4), risk_level="C3", holdings=holdings)
    assert codes(result) == ["holding_unsuitable", "holding_unknown", "holding_unsuitable"]
    assert not result.needs_review


def test_contradicting_answers_ask_for_a_review() -> None:
    answers = {"capacity": "yes", "age": "18_55", "income": "salary", "share": "under_30"}
    answers |= {"experience": "shares", "term": "over_3", "aim": "grow", "loss": "under_10"}
    result = passed(product("A", level=2), product("B", "hk_equity", level=3), questionnaire=answers)
    assert (result.level, result.score, result.needs_review) == ("C2", 34, True)
    assert (result.products, codes(result)) == ({"gold": "A"}, ["answers_contradict"])


@pytest.mark.parametrize(
    ("asked", "client", "said"),
    [
        (["Z"], {}, "products.0 = 'Z' is not on the shelf 'test'; give one of its codes."),
        (
            [],
            {"overrides": [{"product": "Z", **WARNED}]},
            "client.overrides.0.product = 'Z' is not on the shelf",
        ),
        (
            [],
            {"overrides": [{"product": "A", **WARNED, "warned": "2026-05-02"}]},
            "is after the plan's start",
        ),
        (
            [],
            {"accredited": {**PAPERS, "date": "2026-05-02"}},
            "client.accredited.date = 2026-05-02 is after",
        ),
    ],
)
def test_what_is_not_on_the_shelf_or_not_yet_signed_is_bad_input(asked: Any, client: Any, said: str) -> None:
    with pytest.raises(RequestError, match=said.replace(".", r"\.")):
        passed(product("A"), risk_level="C5", asked=asked, **client)


def test_the_embedded_shelf_opens_what_the_levels_say() -> None:
    request = PlanRequest.model_validate(
        {"start": START, "client": {"risk_level": "C2", "cash": 1.0}, "goals": [GOAL]}
    )
    result = gate(request, MARKET, demonstration_shelf(), RULES)
    assert result.allowed == ("cn_treasury", "cn_credit", "cn_cash")
    assert "demonstration_shelf" in codes(result)
    assert Gate.model_validate_json(result.model_dump_json()) == result


def menu_of(level: str, limits: Limits, shelf: Shelf) -> tuple[Gate, Menu]:
    request = PlanRequest.model_validate(
        {"start": START, "client": {"risk_level": level, "cash": 1.0}, "goals": [GOAL], "limits": limits}
    )
    result = gate(request, MARKET, shelf, RULES)
    inside = narrowed(limits, result, MARKET, ASSUMPTIONS)
    menu = build_menu(ASSUMPTIONS.select(result.allowed), open_assets(result, MARKET), inside, size=7)
    found = within(menu, result)
    assert found is not None
    return result, found


@pytest.mark.parametrize("level", ["C1", "C2", "C3", "C4", "C5"])
def test_every_portfolio_suits_the_client_as_a_whole_and_keeps_the_caps(level: str) -> None:
    active = [
        Product.model_validate(p.model_dump() | {"exempt": p.level < 3})
        for p in demonstration_shelf().products
    ]
    result, menu = menu_of(level, Limits(), Shelf(name="active", products=tuple(active)))
    assert menu.size >= 1
    assert all(RULES.grade(v) <= int(level[1]) for v in menu.volatility)
    for a, cap in result.caps.items():
        assert menu.weights[:, menu.asset_ids.index(a)].max() <= cap + 1e-9
    assert bool(result.caps) is (level >= "C3")


def test_the_minimum_score_holds_for_every_portfolio_and_missing_scores_are_shut() -> None:
    shelf = demonstration_shelf()
    unscored = [
        Product.model_validate(p.model_dump() | ({"esg": None} if p.asset == "gold" else {}))
        for p in shelf.products
    ]
    shelf = Shelf(name="scored", products=tuple(unscored))
    result, menu = menu_of("C4", Limits(min_esg=58.5, exclude=("weapons",)), shelf)
    assert not {"gold", "us_equity"} & set(menu.asset_ids)
    scores = np.array([result.esg[a] for a in menu.asset_ids])
    assert (menu.weights @ scores >= 58.5 - 1e-9).all()
    free = menu_of("C4", Limits(exclude=("weapons", "gold")), shelf)[1]
    assert free.weights[0] @ scores < 58.5  # the minimum binds
    with pytest.raises(InfeasibleBounds):
        menu_of("C4", Limits(min_esg=90.0), shelf)


def random_shelf(rng: np.random.Generator) -> Shelf:
    def one(number: int) -> Product:
        issuer, seller = (int(level) for level in rng.integers(1, 6, 2))
        status = str(rng.choice(["open", "open", "open", "quota", "suspended"]))
        return product(
            f"P{number}",
            str(rng.choice(MARKET.asset_ids)),
            level_issuer=issuer,
            level_seller=seller,
            status=status,
            quota=100.0 if status == "quota" else None,
            accredited=bool(rng.random() < 0.2),
            exempt=bool(rng.random() < 0.5),
            term_months=int(rng.choice([0, 0, 0, 12, 48])),
            esg=None if rng.random() < 0.3 else float(rng.integers(0, 101)),
        )

    return Shelf(name="random", products=tuple(one(number) for number in range(40)))


def test_1000_random_requests_never_hold_a_product_above_the_level_without_a_recorded_warning() -> None:
    rng = np.random.default_rng(5)
    shelves = [random_shelf(rng) for _ in range(50)]
    above = reviews = 0
    for number in range(1000):
        shelf = shelves[number % 50]
        level = int(rng.integers(1, 6))
        lowest = level == 1 and bool(rng.random() < 0.5)
        picked = [str(code) for code in rng.choice([p.code for p in shelf.products], 6, replace=False)]
        client = {
            "cash": 1.0,
            "risk_level": f"C{level}",
            "lowest_class": lowest,
            "investor": str(rng.choice(["ordinary", "ordinary", "professional"])),
            "accredited": PAPERS if rng.random() < 0.3 else None,
            "overrides": [{"product": code, **WARNED} for code in picked[: rng.integers(0, 3)]],
        }
        request = PlanRequest.model_validate(
            {
                "start": START,
                "client": client,
                "goals": [GOAL],
                "products": picked[3 : 3 + rng.integers(0, 4)],
                "limits": {"min_esg": 40.0} if rng.random() < 0.2 else {},
            }
        )
        result = gate(request, MARKET, shelf, RULES)
        products = [p for p in shelf.products if p.code in result.products.values()]
        graded = {p.name_en: max(p.level_issuer, p.level_seller) for p in products}
        recorded = {f.params["en"] for f in result.findings if f.code in PERMITS and f.severity == "warning"}
        over = {name for name, r in graded.items() if r > level}
        assert over == recorded
        assert not (lowest and over)
        assert all(p.status != "suspended" and p.term_months <= 36 for p in products)
        assert all(client["accredited"] or not p.accredited for p in products)
        named = {*request.products, *(each.product for each in request.client.overrides)}
        assert {r.product for r in result.refused} == named - set(result.products.values()) - {
            p.code for p in shelf.products if p.code in named and _outranked(p, shelf, result, request)
        }
        assert result.needs_review is bool(result.refused)
        above += len(over)
        reviews += result.needs_review
    assert above > 300
    assert reviews > 300


def _outranked(p: Product, shelf: Shelf, result: Gate, request: PlanRequest) -> bool:
    """Whether another product asked for earlier took the class, so that this one was never tried."""
    order = [*request.products, *(o.product for o in request.client.overrides)]
    taken = result.products.get(p.asset)
    return taken in order and order.index(taken) < order.index(p.code)
