"""Plans on a firm's own assumptions and views, from Python and from the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from goalplan import DataError, Firm, PlanRequest, load_assumptions, load_market, solve_plan
from goalplan.cli import main
from goalplan.scenarios import View, reference_assumptions, with_views

REQUEST = PlanRequest(
    client={"risk_level": "C4", "cash": 250_000.0},
    goals=[{"kind": "home", "name": "Flat", "due": "2029-05-01", "amount": 600_000.0}],
    contributions={"monthly": 8_000.0},
)
FILE = """
schema_version = 1
name = "house"
source = "committee"
as_of = 2026-06-30
rationale = "Gold keeps its purchasing power."
cash = 0.018
views_by = "entropy_pooling"
[[views]]
weights = { gold = 1.0 }
value = 0.02
relation = "at_most"
"""


def test_a_plan_is_made_on_what_the_firm_expects() -> None:
    market = load_market()
    poorer = with_views(
        reference_assumptions(market),
        [
            View(weights={name: 1.0}, value=0.018, confidence=1.0)
            for name in ("us_equity", "gold", "us_nasdaq")
        ],
    )
    usual, own = (
        solve_plan(REQUEST, market, paths=1000, detail="core", firm=firm)
        for firm in (None, Firm(assumptions=poorer))
    )
    assert own.provenance.assumptions == "reference with views"
    assert own.provenance.assumptions_digest != usual.provenance.assumptions_digest
    assert own.goals[0].probability.value < usual.goals[0].probability.value - 0.02
    assert [f.params["name"] for f in own.findings if f.code == "own_assumptions"] == ["reference with views"]
    assert not [f for f in usual.findings if f.code == "own_assumptions"]


def test_the_reference_set_given_by_hand_changes_no_figure() -> None:
    market = load_market()
    given = Firm(assumptions=reference_assumptions(market))
    usual, own = (solve_plan(REQUEST, market, paths=500, detail="core", firm=firm) for firm in (None, given))
    assert own.goals == usual.goals
    assert own.provenance == usual.provenance


def test_assumptions_that_lack_a_series_are_refused() -> None:
    market = load_market()
    whole = reference_assumptions(market)
    short = whole.select([name for name in whole.asset_ids if name != "gold"])
    with pytest.raises(DataError, match=r"nothing is assumed about \['gold'\]"):
        solve_plan(REQUEST, market, paths=100, detail="core", firm=Firm(assumptions=short))


def test_the_command_line_reads_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "house.toml"
    path.write_text(FILE, encoding="utf-8")
    terms = ["--assets", "gold,cn_cash", "--paths", "200", "--years", "1"]
    assert main(["scenarios", "--assumptions", str(path), *terms]) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "house with views, 2026-06-30: Gold keeps its purchasing power." in words
    assert "effective of 20,000 scenarios" in words
    path.write_text(FILE.replace("gold", "silver"), encoding="utf-8")
    assert main(["scenarios", "--assumptions", str(path)]) == 2
    assert "silver" in capsys.readouterr().err


def test_a_file_gives_the_plan_of_the_object(tmp_path: Path) -> None:
    market = load_market()
    path = tmp_path / "house.toml"
    path.write_text(FILE, encoding="utf-8")
    own = load_assumptions(path, market)
    assert (
        own.mean[own.asset_ids.index("gold")]
        < reference_assumptions(market).mean[own.asset_ids.index("gold")]
    )
    again = tmp_path / "again.toml"
    again.write_text(own.to_toml(), encoding="utf-8")
    back = load_assumptions(again, market)
    np.testing.assert_array_equal(back.mean, own.mean)
    assert replace(back, correlation=own.correlation) == own
