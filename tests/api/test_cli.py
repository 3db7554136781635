import os
import subprocess
import sys
import tomllib
from importlib.resources import files

import goalplan
import pytest
from goalplan.cli import main

GOALS = ("home", "education", "retirement")
COMMANDS = (
    "plan",
    "diagnose",
    "review",
    "report",
    "stress",
    "frontier",
    "scenarios",
    "calibrate",
    "backtest",
    "cohorts",
    "record",
    "book",
    "serve",
    "warmup",
    "example",
    "market",
    "schema",
)


def run(capsys, *arguments):
    """Exit code, stdout and stderr of one command."""
    code = main(list(arguments))
    streams = capsys.readouterr()
    return code, streams.out, streams.err


def test_help_lists_every_command_with_an_example_and_the_exit_codes(capsys):
    code, out, err = run(capsys, "--help")
    assert (code, err) == (0, "")
    assert all(f"\n  {name} " in out for name in COMMANDS)
    assert all(f"\n    {number}  " in out for number in range(5))


@pytest.mark.parametrize(
    "command",
    [
        ["plan"],
        ["diagnose"],
        ["report"],
        ["stress"],
        ["record"],
        ["backtest"],
        ["cohorts"],
        *(["record", name] for name in ("add", "acknowledge", "show", "verify", "export", "erase")),
        ["example"],
        ["market"],
        ["market", "show"],
        ["market", "check"],
        ["schema"],
    ],
)
def test_every_command_has_a_worked_example(capsys, command):
    code, out, err = run(capsys, *command, "--help")
    assert (code, err) == (0, "")
    assert "Worked example:\n" in out
    assert f"goalplan {command[0]}" in out.split("Worked example:")[1]


def test_version(capsys):
    assert run(capsys, "--version") == (0, f"goalplan {goalplan.__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plann"], f"'plann' is no command; give one of {', '.join(COMMANDS)}."),
        (["example"], "Missing argument"),
        (["example", "boat"], "'boat' is not one of 'home', 'education', 'retirement'"),
        (["plan", "x.toml", "--paths", "3"], "3 is not in the range"),
        (["plan", "x.toml", "-o", "no/such/folder/plan.json"], "there is no folder"),
        (["plan", "x.toml"], "x.toml cannot be read (No such file or directory)"),
        (["market", "check", "no/such/folder"], "does not exist"),
        (["market", "check", "."], "prices.csv (or prices.parquet) is missing"),
        (["schema"], "give either the name of a schema"),
    ],
)
def test_bad_input_is_exit_code_2_and_a_sentence_on_stderr(capsys, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_every_problem_of_a_request_has_its_line(capsys, tmp_path):
    file = tmp_path / "bad.toml"
    file.write_text('[client]\nrisk_level = "C9"\ncash = -5\n[[goals]]\nkind = "home"\n', encoding="utf-8")
    code, out, err = run(capsys, "plan", str(file), "--set", "client.name=Lin")
    lines = err.splitlines()
    assert (code, out) == (2, "")
    assert len(lines) >= 4
    assert all(line.startswith("goalplan: ") and line.endswith(".") for line in lines)
    assert any("client.risk_level = 'C9' is not allowed; give \"C1\"" in line for line in lines)


def test_the_shipped_examples_are_those_that_can_be_asked_for():
    shipped = {file.name for file in (files("goalplan") / "examples").iterdir()}
    requests = {f"{goal}.{lang}.toml" for goal in GOALS for lang in ("zh", "en")}
    assert shipped == requests | {"backtest.toml", "cohorts.toml"}


@pytest.mark.parametrize("goal", GOALS)
def test_an_example_is_a_request_and_the_same_in_both_languages(capsys, tmp_path, goal):
    tables = {}
    for lang in ("zh", "en"):
        code, out, err = run(capsys, "example", goal, "--lang", lang)
        assert (code, err) == (0, "")
        file = tmp_path / f"{lang}.toml"
        file.write_text(out, encoding="utf-8")
        tables[lang] = goalplan.PlanRequest.from_toml(file).model_dump(exclude={"client": {"name"}})
        assert set(tomllib.loads(out)) >= {"client", "goals", "contributions", "limits"}
    assert [g.pop("name") for g in tables["zh"]["goals"]] != [g.pop("name") for g in tables["en"]["goals"]]
    assert tables["zh"] == tables["en"]


def test_output_is_utf8_whatever_the_terminal_assumes():
    done = subprocess.run(
        [sys.executable, "-m", "goalplan", "example", "home", "--lang", "zh"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "gbk", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.replace(b"\r\n", b"\n") == (
        files("goalplan") / "examples" / "home.zh.toml"
    ).read_bytes().replace(b"\r\n", b"\n")


def test_market_show_lists_every_asset_and_index(capsys):
    market = goalplan.load_market()
    code, out, err = run(capsys, "market", "show")
    assert (code, err) == (0, "")
    assert all(f"\n{name} " in out for name in (*market.asset_ids, *market.index_ids))
    assert market.digest in out
    assert all(asset.name_zh in out for asset in market.assets)
