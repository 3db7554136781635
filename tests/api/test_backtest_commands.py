"""`goalplan backtest` and `goalplan cohorts` as a user meets them."""

import json
import signal
import subprocess
import sys

import pytest
from goalplan.cli import main


def run(capsys, *arguments):
    """Exit code, stdout and stderr of one command."""
    code = main([str(each) for each in arguments])
    streams = capsys.readouterr()
    return code, streams.out, streams.err


@pytest.fixture
def example(capsys, tmp_path):
    def write(command):
        _, text, _ = run(capsys, command, "--example")
        path = tmp_path / f"{command}.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("command", ["backtest", "cohorts"])
def test_the_example_is_ready_to_run(capsys, example, command):
    code, out, _ = run(capsys, command, example(command), "--dry-run")
    assert code == 0
    assert out.startswith("ready: ")


@pytest.mark.parametrize("command", ["backtest", "cohorts"])
def test_a_wrong_key_is_named_with_what_is_allowed(capsys, example, command):
    code, out, err = run(capsys, command, example(command), "--set", "colour=3")
    assert (code, out) == (2, "")
    assert "colour" in err
    assert "allowed here" in err


def test_an_unknown_strategy_is_named_with_the_known_ones(capsys, example):
    code, _, err = run(capsys, "backtest", example("backtest"), "--set", "strategy.kind=magic")
    assert code == 2
    assert "magic" in err
    assert "risk_parity" in err


def test_two_keys_that_do_not_fit_are_named_without_jargon(capsys, example):
    code, _, err = run(capsys, "backtest", example("backtest"), "--set", "window.lookback=1")
    assert code == 2
    assert err == "goalplan: window.lookback = 1: risk_parity estimates; give 2 or more.\n"


@pytest.mark.parametrize("key", ["benchmark", "risk_free", "cash"])
def test_a_dry_run_knows_every_asset_that_is_named(capsys, example, key):
    options = ("--set", f'{key}="sp500"', "--dry-run")
    code, out, err = run(capsys, "backtest", example("backtest"), *options)
    assert (code, out) == (2, "")
    assert f"{key} = 'sp500'" in err
    assert "cn_cash" in err


def test_starts_side_by_side_are_the_same_and_kept_as_parquet(capsys, example, tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    options = ("--set", "strategy.kind=equal_weight", "-s", "2018-01-02", "--starts", "yearly", "--years", 2)
    code, alone, _ = run(capsys, "backtest", example("backtest"), *options, "--format", "json")
    assert code == 0
    folder = tmp_path / "run"
    more = ("--workers", 2, "--format", "parquet", "-o", folder)
    code, _, _ = run(capsys, "backtest", example("backtest"), *options, *more)
    assert code == 0
    assert json.loads((folder / "summary.json").read_text()) == json.loads(alone)
    frame = pandas.read_parquet(folder / "starts.parquet")
    assert len(frame) == json.loads(alone)["starts"]
    assert {"starts", "ends", "cagr", "max_drawdown"} <= set(frame.columns)


def test_starts_go_on_after_a_kill(capsys, example, tmp_path, monkeypatch):
    """The process is killed in the middle of the third start; the next call runs what is left, with the same result."""
    (tmp_path / "deadly.py").write_text(
        "import os, pathlib, signal\n"
        "def half(history):\n"
        "    if pathlib.Path('kill').exists() and len(list(pathlib.Path('run/starts').glob('*.json'))) == 2:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return {history.asset_ids[0]: 0.5}\n"
    )
    (tmp_path / "kill").touch()
    monkeypatch.chdir(tmp_path)
    file, folder = example("backtest"), tmp_path / "run"
    changes = ("strategy.kind=function", 'strategy.function="deadly:half"', "against=[]")
    options = ["-s", "2018-01-02", "--starts", "yearly", "--format", "json"]
    options += [part for change in changes for part in ("--set", change)]
    command = [sys.executable, "-m", "goalplan", "backtest", str(file), *options, "-o", str(folder)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == -signal.SIGKILL
    assert not (folder / "summary.json").exists()
    (tmp_path / "kill").unlink()

    def kept():
        return {each.name: each.stat().st_mtime_ns for each in (folder / "starts").glob("*.json")}

    before = kept()
    code, out, _ = run(capsys, "backtest", file, *options, "-o", folder)
    assert code == 0
    assert len(before) == 2
    assert len(kept()) == json.loads(out)["starts"] > 2
    assert before.items() <= kept().items()
    assert out == run(capsys, "backtest", file, *options)[1]


def test_accounts_and_trades_as_parquet(capsys, example, tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    options = (
        "-s",
        "2020-01-02",
        "-e",
        "2020-12-31",
        "--set",
        "against=[]",
        "--format",
        "parquet",
        "-o",
        tmp_path,
    )
    code, _, _ = run(capsys, "backtest", example("backtest"), *options)
    assert code == 0
    account = pandas.read_parquet(tmp_path / "00-risk_parity-account.parquet")
    trades = pandas.read_parquet(tmp_path / "00-risk_parity-trades.parquet")
    assert account["wealth"].iloc[0] == 1_000_000
    assert len(trades) > 20
    assert (tmp_path / "tear_sheet.pdf").read_bytes().startswith(b"%PDF")


def test_a_backtest_of_ones_own_function_as_json(capsys, example, tmp_path, monkeypatch):
    (tmp_path / "own_rule.py").write_text("def half(history):\n    return {history.asset_ids[0]: 0.5}\n")
    monkeypatch.chdir(tmp_path)
    changes = ("strategy.kind=function", 'strategy.function="own_rule:half"', "against=[]")
    options = [part for change in changes for part in ("--set", change)]
    code, out, _ = run(
        capsys,
        "backtest",
        example("backtest"),
        *options,
        "-s",
        "2020-01-01",
        "-e",
        "2021-12-31",
        "--format",
        "json",
    )
    assert code == 0
    (found,) = json.loads(out)["strategies"]
    assert (found["name"], found["start"][:4], found["end"]) == ("own_rule:half", "2020", "2021-12-31")
    assert found["events"] == {}


def test_cohorts_are_kept_and_gone_on_with(capsys, example, tmp_path):
    folder = tmp_path / "run"
    options = ("--set", "planners=[]", "--set", "every=60", "--workers", 1, "-o", folder)
    code, out, _ = run(capsys, "cohorts", example("cohorts"), *options)
    assert code == 0
    assert "sixty_forty" in out
    assert "Promised" not in out  # strategies promise nothing
    kept = sorted(path.name for path in (folder / "cohorts").iterdir())
    assert len(kept) == 4
    before = json.loads((folder / "summary.json").read_text())
    code, _, _ = run(capsys, "cohorts", example("cohorts"), *options)
    assert code == 0
    assert json.loads((folder / "summary.json").read_text()) == before
    code, _, err = run(capsys, "cohorts", example("cohorts"), *options, "--seed", 5)
    assert code == 2
    assert "another config" in err
