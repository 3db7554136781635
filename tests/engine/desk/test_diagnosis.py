import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from goalplan.engine.desk.desk import Desk
from goalplan.engine.desk.diagnosis import Diagnosis, GoalChance, diagnose
from goalplan.engine.desk.holdings import Book, read_holdings
from goalplan.engine.errors import RequestError
from goalplan.engine.request import PlanRequest
from goalplan.engine.suitability.matching import gate
from goalplan.engine.suitability.ruleset import load_rules
from goalplan.engine.suitability.shelf import demonstration_shelf
from goalplan.scenarios.market import load_market
from goalplan.scenarios.reference import reference_assumptions
from goalplan.scenarios.stress_set import stress_set

ROWS = """account,product,units,price,value,cost,bought,note
Bank A,DEMO-1001,10000,4.105,,50000,2025-11-03,x
Bank A,DEMO-1601,,,40000,30000,,
Broker B,DEMO-2001,,,"60,000.00",,2026-01-05,
Broker B,GOLD-X,,,20000,,,
Broker B,??,,,9000,,,
Bank A,cash,,,8950,,,
"""


@pytest.fixture(scope="module")
def desk() -> Desk:
    market = load_market()
    assumptions = reference_assumptions(market)
    return Desk(
        market=market,
        assumptions=assumptions,
        stress=stress_set(market, assumptions),
        shelf=demonstration_shelf(),
        rules=load_rules(),
    )


@pytest.fixture
def book(desk: Desk, tmp_path: Path) -> Book:
    path = tmp_path / "holdings.csv"
    path.write_text(ROWS, encoding="utf-8")
    return read_holdings(path, desk.shelf, desk.market.asset_ids, {"GOLD-X": "gold"})


def diagnosed(book: Book, desk: Desk, level: str = "C3", **more: Any) -> Diagnosis:
    request = PlanRequest.model_validate(
        {
            "start": dt.date(2026, 5, 1),
            "client": {"risk_level": level, "cash": 0.0, "holdings": [{"asset": "gold", "value": 1.0}]},
            "goals": [{"kind": "home", "name": "Flat", "due": "2029-05-01", "amount": 600_000.0}],
        }
    )
    request = request.model_copy(update={"client": book.of(request.client)})
    return diagnose(book, gate(request, desk.market, desk.shelf, desk.rules), desk, **more)


def test_several_institutions_become_one_balance_sheet(book: Book, desk: Desk) -> None:
    assert [(h.asset, h.product, h.account, h.value) for h in book.holdings] == [
        ("cn_equity_large", "DEMO-1001", "Bank A", 41_050.0),
        ("us_nasdaq", "DEMO-1601", "Bank A", 40_000.0),
        ("cn_treasury", "DEMO-2001", "Broker B", 60_000.0),
        ("gold", "GOLD-X", "Broker B", 20_000.0),
    ]
    assert (book.cash, [(u.product, u.value) for u in book.unmapped]) == (8_950.0, [("??", 9_000.0)])
    found = diagnosed(book, desk)
    assert (found.wealth, found.cash) == (170_000.0, 8_950.0)
    assert found.accounts == {"Bank A": 81_050.0, "Broker B": 80_000.0}
    assert [line.gain for line in found.holdings] == [-8_950.0, 10_000.0, None, None]


def test_concentration_and_currencies(book: Book, desk: Desk) -> None:
    found = diagnosed(book, desk)
    weights = np.array([41_050.0, 40_000.0, 60_000.0, 20_000.0, 8_950.0]) / 170_000.0
    assert found.largest == pytest.approx(weights.max())
    assert found.effective_number == pytest.approx(1.0 / (weights**2).sum())
    assert found.currencies == pytest.approx({"CNY": 1.0 - 40 / 170, "USD": 40 / 170})


def test_risk_shares_are_the_derivatives_of_the_volatility(book: Book, desk: Desk) -> None:
    found = diagnosed(book, desk)
    ids = desk.assumptions.asset_ids
    w = np.array([sum(h.value for h in book.holdings if h.asset == a) / 170_000.0 for a in ids])
    s = desk.assumptions.volatility
    covariance = desk.assumptions.correlation[: len(ids), : len(ids)] * np.outer(s, s)
    assert found.volatility == pytest.approx(np.sqrt(w @ covariance @ w), rel=1e-12)
    shares = {line.asset: line.risk_share for line in found.classes}
    assert sum(shares.values()) == pytest.approx(1.0)
    for j, a in enumerate(ids):
        up = w.copy()
        up[j] *= 1.0 + 1e-6
        slope = (np.sqrt(up @ covariance @ up) - found.volatility) / (1e-6 * found.volatility)
        assert shares.get(a, 0.0) == pytest.approx(slope, abs=1e-5)
    assert found.level == desk.rules.grade(found.volatility)


def test_losses_are_those_of_the_stress_library_with_cash_as_it_is(book: Book, desk: Desk) -> None:
    target = {"cn_treasury": 0.6, "cn_cash": 0.4}
    found = diagnosed(book, desk, target=target)
    assert [event.id for event in found.events] == list(desk.stress.ids)
    path = desk.stress.get("2008")
    mix = [sum(h.value for h in book.holdings if h.asset == a) / 170_000.0 for a in path.asset_ids]
    (event,) = [event for event in found.events if event.id == "2008"]
    assert event.loss == path.loss(mix)
    assert event.money == pytest.approx(path.loss(mix) * 170_000.0)
    assert event.target_loss is not None
    assert event.target_loss < event.loss


def test_drift_counts_money_on_accounts_as_the_cash_class(book: Book, desk: Desk) -> None:
    target = {"cn_treasury": 60 / 170, "us_nasdaq": 40 / 170, "gold": 20 / 170, "cn_equity_large": 41.05 / 170,
              "cn_cash": 8.95 / 170}  # fmt: skip
    assert diagnosed(book, desk, target=target).drift == pytest.approx(0.0, abs=1e-12)
    other = target | {"cn_treasury": 50 / 170, "hk_equity": 10 / 170}
    found = diagnosed(book, desk, target=other)
    assert found.drift == pytest.approx(10 / 170)
    assert {line.asset: line.drift for line in found.classes}["hk_equity"] == pytest.approx(-10 / 170)
    assert diagnosed(book, desk).drift is None


def test_fees_are_those_of_the_products_and_unknown_ones_are_said(book: Book, desk: Desk) -> None:
    found = diagnosed(book, desk)
    assert found.fees == pytest.approx(41_050 * 0.002 + 40_000 * 0.008 + 60_000 * 0.002)
    assert found.fees_known == pytest.approx(141_050 / 161_050)
    assert "fees_unknown" in [f.code for f in found.findings]


def test_what_does_not_suit_the_client_is_said(book: Book, desk: Desk) -> None:
    found = diagnosed(book, desk)
    codes = [f.code for f in found.findings]
    assert [line.product for line in found.holdings if not line.suitable] == ["DEMO-1601"]
    assert codes.count("holding_unsuitable") == 1
    assert {"holding_unknown", "holding_unmapped", "concentrated"} <= set(codes)
    assert "portfolio_above_level" not in codes
    low = diagnosed(book, desk, "C2")
    assert "portfolio_above_level" in [f.code for f in low.findings]
    assert [line.suitable for line in low.holdings] == [False, False, True, False]
    fine = diagnosed(book, desk, "C4")
    assert all(line.suitable for line in fine.holdings)


def test_a_diagnosis_survives_json(book: Book, desk: Desk) -> None:
    chance = GoalChance(name="Flat", unchanged=0.41, standard_error=0.005)
    found = diagnosed(book, desk, goals=[chance])
    assert Diagnosis.model_validate_json(found.model_dump_json()) == found
    assert found.goals == (chance,)


def test_cash_alone_is_a_balance_sheet_too(desk: Desk) -> None:
    found = diagnosed(Book(holdings=(), cash=100.0), desk)
    assert (found.volatility, found.level, found.effective_number, found.fees) == (0.0, 1, 1.0, 0.0)


@pytest.mark.parametrize(
    ("rows", "mapping", "said"),
    [
        ("product,value\nDEMO-1001,much\n", {}, "line 2: value = 'much' is not a number; give 0 or more."),
        ("product,value\nDEMO-1001,-5\n", {}, "line 2: value = '-5' is out of range; give 0 to 1e12."),
        ("product,units\nDEMO-1001,5\n", {}, "line 2: has no value; give value, or units and price."),
        ("product,value,bought\nDEMO-1001,5,soon\n", {}, "line 2: bought = 'soon' is not a date"),
        ("asset,value\ntulips,5\n", {}, "line 2: asset = 'tulips' is not in the market; give one of"),
        ("product,value\n,5\n", {}, "line 2: names neither product nor asset; give one of them."),
        ("value\n5\n", {}, "there is no column product or asset; name it in the first line."),
        ("product,value\n", {}, "nothing is held; give at least one row with a value."),
        ("product,value\nX,5\n", {"X": "tulips"}, "--map X=tulips: 'tulips' is not in the market"),
    ],
)
def test_faults_of_a_holdings_file_are_named(
    tmp_path: Path, desk: Desk, rows: str, mapping: dict[str, str], said: str
) -> None:
    path = tmp_path / "holdings.csv"
    path.write_text(rows, encoding="utf-8")
    with pytest.raises(RequestError) as caught:
        read_holdings(path, desk.shelf, desk.market.asset_ids, mapping)
    assert said in str(caught.value)
