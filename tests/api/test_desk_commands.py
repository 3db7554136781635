"""The commands of the adviser's desk: diagnose and record."""

import json
import re

import pytest
from goalplan.cli import main
from goalplan.engine.findings import finding
from goalplan.engine.plan import Plan, Provenance
from goalplan.engine.request import PlanRequest
from goalplan.engine.solve import solve_plan
from goalplan.engine.suitability.firm import Firm
from goalplan.engine.suitability.shelf import demonstration_shelf
from goalplan.ledger import Ledger
from goalplan.recorded import put

ROWS = "account,product,value\nBank A,DEMO-1601,60000\nBank B,DEMO-2001,30000\nBank A,CASH,10000\n"


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    streams = capsys.readouterr()
    return code, streams.out, streams.err


@pytest.fixture
def holdings(tmp_path):
    path = tmp_path / "holdings.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


@pytest.fixture
def request_file(capsys, tmp_path):
    path = tmp_path / "home.toml"
    _, text, _ = run(capsys, "example", "home")
    path.write_text(text.replace('"C4"', '"C3"'), encoding="utf-8")
    return path


@pytest.fixture
def plan_file(tmp_path):
    """A plan without a policy: enough for the record."""
    goal = {"kind": "home", "name": "Flat", "due": "2029-05-01", "amount": 600_000.0}
    plan = Plan(
        status="needs_review",
        reason=finding("product_above_level", zh="甲", en="A", product=4, client="C3"),
        request=PlanRequest(client={"id": "c-1", "risk_level": "C3", "cash": 1.0}, goals=[goal]),
        months=36,
        findings=(finding("demonstration_shelf"), finding("class_excluded", zh="金", en="Gold")),
        provenance=Provenance(
            seed=0, paths=100, model="m", market="cn_core", market_as_of="2026-04-30", market_digest="d",
            assumptions="reference", assumptions_digest="e", version="0.1.0", numpy="2", numba="0",
        ),
    )  # fmt: skip
    path = tmp_path / "plan.json"
    path.write_text(plan.to_json(), encoding="utf-8")
    return path


def test_diagnose_prints_where_the_client_stands(capsys, holdings, request_file):
    code, out, err = run(
        capsys, "diagnose", holdings, "--client", request_file, "--shelf", "demo", "--paths", 0
    )
    assert (code, err) == (0, "")
    assert "Balance sheet (market to 2026-04-30, 100,000.00 in all)" in out
    assert re.search(r"Bank A +DEMO-1601 +Demonstration Nasdaq.* R4 +no +60,000\.00 +60\.0%", out)
    assert re.search(r"currency USD +60\.0%", out)
    assert re.search(r"Technology bust.* +\d\d\.\d% +\d\d,\d{3}", out)
    assert "above the client's C3" in out


def test_diagnose_speaks_chinese_and_json(capsys, holdings, request_file):
    arguments = ("diagnose", holdings, "--client", request_file, "--shelf", "demo", "--paths", 0)
    code, out, err = run(capsys, *arguments, "--lang", "zh")
    assert (code, err) == (0, "")
    assert all(word in out for word in ("资产负债表", "示范国债指数基金", "极端行情", "需要注意"))
    code, out, err = run(capsys, *arguments, "--format", "json")
    document = json.loads(out)
    assert (code, err, document["wealth"], document["accounts"]) == (
        0, "", 100_000.0, {"Bank A": 60_000.0, "Bank B": 30_000.0})  # fmt: skip


def test_diagnose_tells_the_goals_if_nothing_changes(capsys, holdings, request_file):
    arguments = (
        "diagnose",
        holdings,
        "--client",
        request_file,
        "--shelf",
        "demo",
        "--paths",
        200,
        "--format",
        "json",
    )
    code, out, _ = run(capsys, *arguments)
    (goal,) = json.loads(out)["goals"]
    assert (code, goal["name"]) == (0, "First home")
    assert 0.0 < goal["unchanged"] < 1.0
    assert 0.0 < goal["standard_error"] < 0.04


def test_diagnose_maps_unknown_products_and_names_faults(capsys, holdings, request_file):
    holdings.write_text("product,value\nX,100\n", encoding="utf-8")
    arguments = ("diagnose", holdings, "--client", request_file, "--shelf", "demo", "--paths", 0)
    code, out, _ = run(capsys, *arguments)
    assert code == 0
    assert "The holding X (100.00) is on no shelf" in out
    code, out, _ = run(capsys, *arguments, "--map", "X=gold", "--format", "json")
    assert [line["asset"] for line in json.loads(out)["holdings"]] == ["gold"]
    code, _, err = run(capsys, *arguments, "--map", "X")
    assert (code, "'X' is not CODE=ASSET" in err) == (2, True)
    code, _, err = run(capsys, *arguments, "--plan", request_file)
    assert (code, "home.toml is not a plan of this version" in err) == (2, True)


def test_a_plan_is_recorded_with_its_request_and_warnings(capsys, tmp_path, plan_file):
    record = tmp_path / "record.sqlite"
    code, out, err = run(capsys, "record", "add", record, plan_file)
    assert (code, err) == (0, "")
    entries = Ledger(record).entries("c-1")
    assert [entry.kind for entry in entries] == ["request", "warning", "warning", "plan"]
    assert entries[-1].hash in out
    assert Plan.from_json(str(entries[-1].body)).status == "needs_review"
    assert json.loads(str(entries[1].body))["code"] == "product_above_level"


def test_signed_warnings_are_recorded_as_acknowledged(tmp_path):
    shelf = demonstration_shelf()
    warned = {"product": "DEMO-1202", "warned": "2026-04-01", "evidence": "W-1"}
    request = PlanRequest(
        client={"id": "c-9", "risk_level": "C4", "cash": 600_000.0, "overrides": [warned]},
        goals=[{"kind": "home", "name": "Flat", "due": "2027-05-01", "amount": 600_000.0}],
    )
    plan = solve_plan(request, paths=100, detail="core", firm=Firm(shelf=shelf))
    put(tmp_path / "record.sqlite", "c-9", plan)
    entries = Ledger(tmp_path / "record.sqlite").entries("c-9")
    signed = [json.loads(str(entry.body)) for entry in entries if entry.kind == "acknowledgement"]
    assert signed == [warned]
    said = [json.loads(str(entry.body))["code"] for entry in entries if entry.kind == "warning"]
    assert "override_recorded" in said


def test_the_record_is_shown_checked_exported_and_forgotten(capsys, tmp_path, plan_file):
    record = tmp_path / "record.sqlite"
    run(capsys, "record", "add", record, plan_file, "--person", "c-2")
    code, out, _ = run(capsys, "record", "acknowledge", record, "--person", "c-2", "--text", "W-1 signed")
    head = out.split()[-1]
    code, out, _ = run(capsys, "record", "show", record)
    assert (code, out.count("c-2")) == (0, 5)
    code, out, _ = run(capsys, "record", "verify", record, "--head", head)
    assert (code, out) == (0, f"intact: 5 entries, 0 erased, 0 since the head given; head {head}\n")
    code, out, _ = run(capsys, "record", "erase", record, "--person", "c-2", "--reason", "retention ended")
    assert code == 0
    code, out, _ = run(capsys, "record", "export", record)
    assert "c-2" not in out
    archive = tmp_path / "record.jsonl"
    archive.write_text(out, encoding="utf-8", newline="\n")
    code, out, _ = run(capsys, "record", "verify", archive, "--head", head)
    assert (code, "intact: 6 entries, 5 erased, 1 since" in out) == (0, True)


def test_an_altered_record_ends_with_exit_code_2(capsys, tmp_path, plan_file):
    record = tmp_path / "record.sqlite"
    run(capsys, "record", "add", record, plan_file)
    _, text, _ = run(capsys, "record", "export", record)
    archive = tmp_path / "record.jsonl"
    archive.write_text(text.replace("Flat", "Hut "), encoding="utf-8", newline="\n")
    code, out, err = run(capsys, "record", "verify", archive)
    assert code == 2
    assert out.startswith("altered: 4 entries")
    assert "the content of entry 1 is not as it was written." in err
    code, _, err = run(capsys, "record", "verify", record, "--head", "ab" * 32)
    assert (code, "written anew" in err) == (2, True)


def test_a_plan_without_a_client_id_needs_a_person(capsys, tmp_path, plan_file):
    text = plan_file.read_text(encoding="utf-8").replace('"id":"c-1",', "")
    plan_file.write_text(text, encoding="utf-8")
    code, _, err = run(capsys, "record", "add", tmp_path / "record.sqlite", plan_file)
    assert (code, "give --person" in err) == (2, True)
