"""``goalplan review`` on the command line: a plan of last year, reviewed twice, and put into the record."""

import datetime as dt
import json

import pytest
from goalplan.cli import main
from goalplan.engine.request import PlanRequest
from goalplan.engine.review.types import Review
from goalplan.engine.solve import solve_plan
from goalplan.engine.suitability.firm import Firm
from goalplan.engine.suitability.shelf import demonstration_shelf
from goalplan.ledger import Ledger
from goalplan.scenarios.market import load_market

REQUEST = """
[client]
id = "c-17"
risk_level = "C4"
cash = 300000

[[goals]]
kind = "home"
name = "Flat"
due = 2028-01-01
amount = 560000

[contributions]
monthly = 7000
"""
HELD = """account,product,value
Bank A,DEMO-1601,160000
Bank B,DEMO-2101,90000
Bank B,DEMO-3001,95000
Bank A,CASH,25000
"""


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    streams = capsys.readouterr()
    return code, streams.out, streams.err


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("review")
    (path / "home.toml").write_text(REQUEST, encoding="utf-8")
    (path / "holdings.csv").write_text(HELD, encoding="utf-8")
    request = PlanRequest.from_toml(path / "home.toml")
    known = load_market().until(dt.date(2024, 12, 31))
    plan = solve_plan(request, known, paths=300, detail="core", firm=Firm(shelf=demonstration_shelf()))
    (path / "plan.json").write_text(plan.to_json(), encoding="utf-8")
    return path


def review(capsys, folder, *more):
    given = (folder / "plan.json", folder / "holdings.csv", "--shelf", "demo", "--as-of")
    return run(capsys, "review", *given, *more)


def test_a_review_says_what_happened_and_what_to_do(capsys, folder):
    code, out, err = review(capsys, folder, "2025-09-15", "-o", folder / "review.json")
    assert code == 0
    assert "wrote" in err
    assert out.startswith("Review of 2025-09-15 (month 8 of 36): orders to place. ")
    for title in (
        "Money since the plan began",
        "Probability of the goals",
        "Drift from the plan",
        "Orders of",
    ):
        assert title in out
    for column in ("then", "time", "returns", "contributions", "assumptions", "now"):
        assert column in out
    assert "Next review: 2026-09-15 (Standard service)" in out
    found = Review.from_json((folder / "review.json").read_bytes())
    assert found.advice == "orders"
    assert found.wealth.now == 370_000.0


def test_the_next_one_goes_on_from_it_in_chinese(capsys, folder):
    if not (folder / "review.json").is_file():
        review(capsys, folder, "2025-09-15", "-o", folder / "review.json")
    before = Review.from_json((folder / "review.json").read_bytes())
    (folder / "holdings.csv").write_text(HELD.replace("160000", "140000"), encoding="utf-8")
    code, out, _ = review(
        capsys,
        folder,
        "2025-12-01",
        "--previous",
        folder / "review.json",
        "--paid-in",
        "7000",
        "--lang",
        "zh",
    )
    (folder / "holdings.csv").write_text(HELD, encoding="utf-8")
    assert code == 0
    assert "检视 2025-12-01（第 11 个月，共 36）" in out
    assert "到今天共投入 63,000，计划为 77,000，少 14,000。" in out
    assert f"最高点 {before.unit.peak:.4f}" in out


def test_a_client_who_must_be_looked_at_ends_with_3(capsys, folder):
    told = REQUEST.replace('"C4"', '"C2"').replace("monthly", "# monthly") + "monthly = 7000\n"
    text = 'products = ["DEMO-1202"]\n' + told
    (folder / "now.toml").write_text(text, encoding="utf-8")
    code, out, _ = review(capsys, folder, "2025-09-15", "--client", folder / "now.toml", "--format", "json")
    found = json.loads(out)
    assert code == 3
    assert (found["advice"], found["followed"]) == ("person", "new_plan")
    assert "orders" not in found
    assert found["new_plan"]["suitability"]["refused"][0]["product"] == "DEMO-1202"


def test_reviews_go_into_the_record(capsys, folder):
    review(capsys, folder, "2025-09-15", "-o", folder / "review.json")
    code, out, _ = run(capsys, "record", "add", folder / "record.sqlite", folder / "review.json")
    assert code == 0
    assert "entries added to record.sqlite; head" in out
    count = len(Ledger(folder / "record.sqlite").entries())
    code, _, err = review(capsys, folder, "2025-09-15", "--record", folder / "record.sqlite")
    assert code == 0
    assert Ledger(folder / "record.sqlite").verify().head in err
    assert len(Ledger(folder / "record.sqlite").entries()) == 2 * count
    entries = Ledger(folder / "record.sqlite").entries("c-17")
    kinds = [entry.kind for entry in entries]
    assert kinds[0] == "request"
    assert kinds[-2:] == ["orders", "review"]
    assert Review.from_json(str(entries[-1].body)).as_of.isoformat() == "2025-09-15"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("2024-11-30",), "before 2025-01-01, when the plan began or was last reviewed; give a later day."),
        (("2028-06-01",), "after the plan's last goal on 2028-01-01; make a new plan."),
    ],
)
def test_a_day_outside_the_plan_is_bad_input(capsys, folder, arguments, said):
    code, out, err = review(capsys, folder, *arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_a_shelf_that_was_forgotten_is_asked_for(capsys, folder):
    given = (folder / "plan.json", folder / "holdings.csv", "--as-of", "2025-09-15")
    code, out, err = run(capsys, "review", *given)
    assert (code, out) == (2, "")
    assert "the plan was made on the shelf 'demonstration'; give that shelf" in err


def test_a_file_that_is_no_plan_is_named(capsys, folder):
    (folder / "not.json").write_text("{}", encoding="utf-8")
    code, _, err = run(
        capsys, "review", folder / "not.json", folder / "holdings.csv", "--as-of", "2025-09-15"
    )
    assert code == 2
    assert "not.json is not a plan of this version of goalplan" in err
    code, _, err = review(capsys, folder, "2025-09-15", "--previous", folder / "not.json")
    assert code == 2
    assert "not.json is not a review" in err
