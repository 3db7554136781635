import json

import numpy as np
import pytest
from goalplan.cli import main
from goalplan.engine.findings import Finding
from goalplan.engine.plan import Allocation, Plan, Provenance
from goalplan.engine.policy.table import PolicyTable
from goalplan.engine.record import record
from goalplan.engine.request import PlanRequest
from goalplan.mixes import read_mixes
from goalplan.scenarios.errors import DataError
from goalplan.scenarios.market import load_market
from goalplan.scenarios.stress import load_episodes, replay

HOLDINGS = "account,asset,value\nA,cn_equity_large,60000\nB,cn_treasury,100000\nB,cn_equity_large,40000\n"


@pytest.fixture
def holdings(tmp_path):
    path = tmp_path / "holdings.csv"
    path.write_text(HOLDINGS, encoding="utf-8")
    return path


def run(capsys, *arguments):
    code = main(["stress", *map(str, arguments)])
    streams = capsys.readouterr()
    return code, streams.out, streams.err


def plan_with(weights, today) -> Plan:
    """A plan of one month over a menu: all that the command reads, the rest as small as it may be."""
    table = PolicyTable(
        origin=np.zeros(2),
        spacing=1.0,
        hold=np.zeros((2, 1, 1), dtype=np.int16),
        drawdown_spacing=0.01,
        limit=0.1,
        broken=np.zeros((2, 1), dtype=np.int16),
        reset_every=0,
        pay=np.zeros((0, 1, 1), dtype=np.int8),
        fractions=np.zeros((0, 2)),
        payment_month=np.zeros(0, dtype=np.int64),
    )
    menu = np.array(weights)
    flat = np.zeros(len(menu))
    goal = {"kind": "purchase", "name": "Car", "due": "2027-05-01", "amount": 50_000.0}
    return Plan(
        status="on_target",
        reason=Finding(code="x", severity="info", params={}, text={"zh": "x", "en": "x"}),
        request=PlanRequest(client={"risk_level": "C3", "cash": 80_000.0}, goals=[goal]),
        months=1,
        today=Allocation(weights=today, expected_return=0.03, volatility=0.05),
        policy=record(table, ("cn_treasury", "cn_equity_large"), menu, flat, flat),
        provenance=Provenance(
            seed=0, paths=1, model="x", market="x", market_as_of="2026-04-30", market_digest="x",
            assumptions="x", assumptions_digest="x", version="x", numpy="x", numba="x",
        ),
    )  # fmt: skip


def test_the_table_has_every_event_with_loss_and_money(capsys, holdings):
    code, out, err = run(capsys, holdings)
    assert (code, err) == (0, "")
    path = replay(next(e for e in load_episodes().episodes if e.id == "2015"), load_market())
    loss = path.select(("cn_equity_large", "cn_treasury")).loss([0.5, 0.5])
    row = next(line for line in out.splitlines() if line.startswith("2015"))
    assert row.split()[-2:] == [f"{loss:.1%}", f"{200_000 * loss:,.0f}"]
    old = next(line for line in out.splitlines() if line.startswith("1997-98"))
    assert "all (proxy)" in old
    assert "equity_down_40" in out


def test_the_table_speaks_chinese(capsys, holdings):
    code, out, _ = run(capsys, holdings, "--lang", "zh")
    assert code == 0
    assert "2015年A股异常波动" in out
    assert "假设冲击" in out


def test_json_carries_losses_dates_and_stand_ins(capsys, holdings):
    code, out, err = run(capsys, holdings, "--format", "json")
    document = json.loads(out)
    events = {event["id"]: event for event in document["events"]}
    assert (code, err, document["skipped"]) == (0, "", [])
    assert document["market_digest"] == load_market().digest
    assert events["2008"]["assets"]["cn_equity_large"]["loss"] == pytest.approx(0.72, abs=5e-4)
    assert (events["2015"]["highs"]["holdings"], events["2015"]["from"]) == ("2015-06-08", "2015-06-08")
    assert events["2015"]["lows"]["holdings"] == "2015-08-26"
    assert events["2000-02"]["proxy"]
    assert events["2000-02"]["stand_ins"][0]["of"] == "old_series/sse_comp"
    assert events["gold_down_30"]["from"] is None
    assert events["equity_down_40"]["losses"]["holdings"] == pytest.approx(0.2, abs=0.02)


def test_further_episodes_shocks_and_optional_assets(capsys, tmp_path):
    (tmp_path / "reit.csv").write_text("asset,value\nus_reit,1\n", encoding="utf-8")
    (tmp_path / "more.toml").write_text(
        '[[episodes]]\nid = "taper"\nstart = 2013-05-22\nend = 2013-06-25\nsource = "x"\n', encoding="utf-8"
    )
    (tmp_path / "shocks.toml").write_text(
        '[[shocks]]\nid = "crash"\nsource = "x"\nmoves = [{ asset = "us_reit", value = -0.6 }]\n',
        encoding="utf-8",
    )
    files = ("--episodes", tmp_path / "more.toml", "--shocks", tmp_path / "shocks.toml")
    code, out, _ = run(capsys, tmp_path / "reit.csv", *files)
    rows = {line.split()[0]: line.split()[-2] for line in out.splitlines() if line}
    assert code == 0
    assert float(rows["taper"].rstrip("%")) > 10.0
    assert rows["crash"] == "60.0%"


def test_a_plan_shows_today_and_the_ends_of_its_menu(capsys, tmp_path):
    plan = plan_with([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]], {"cn_treasury": 0.5, "cn_equity_large": 0.5})
    (tmp_path / "plan.json").write_text(plan.to_json(), encoding="utf-8")
    code, out, _ = run(capsys, tmp_path / "plan.json", "--format", "json")
    document = json.loads(out)
    losses = next(event["losses"] for event in document["events"] if event["id"] == "2008")
    assert code == 0
    assert [mix["name"] for mix in document["mixes"]] == ["today", "lowest_risk", "highest_risk"]
    assert document["mixes"][0]["value"] == 80_000.0
    assert losses["lowest_risk"] == pytest.approx(0.04, abs=5e-4)
    assert losses["highest_risk"] == pytest.approx(0.72, abs=5e-4)
    assert losses["lowest_risk"] < losses["today"] < losses["highest_risk"]
    code, out, _ = run(capsys, tmp_path / "plan.json")
    assert (code, "today's mix" in out, "highest risk" in out) == (0, True, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("asset,amount\ngold,3\n", "there is no column 'value'"),
        ("asset,value\ngold,-3\n", "line 2: the value of gold is '-3'; give money, 0 or more"),
        ("asset,value\ngold,many\n", "the value of gold is 'many'"),
        ("asset,value\n,3\n", "line 2 names no asset"),
        ("asset,value\ngold,0\n", "nothing is held"),
        ("asset,value\nsilver,3\n", "silver"),
    ],
)
def test_faults_of_a_holdings_file_are_named(capsys, tmp_path, text, said):
    (tmp_path / "holdings.csv").write_text(text, encoding="utf-8")
    code, out, err = run(capsys, tmp_path / "holdings.csv")
    assert (code, out) == (2, "")
    assert said in err


def test_a_file_that_is_no_plan_and_a_plan_without_a_mix_are_refused(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match=r"plan.json: not a plan of this version of goalplan"):
        read_mixes(path)
    empty = plan_with([[1.0, 0.0]], {}).model_copy(
        update={"status": "infeasible", "today": None, "policy": None}
    )
    path.write_text(empty.to_json(), encoding="utf-8")
    with pytest.raises(DataError, match=r"the plan is infeasible and holds no mix"):
        read_mixes(path)


def test_help_has_a_worked_example(capsys):
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert "goalplan stress holdings.csv" in out.split("Worked example:")[1]
