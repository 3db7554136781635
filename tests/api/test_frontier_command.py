"""``goalplan frontier``: a TOML file in, portfolios out, and refusals that say why."""

import json

import numpy as np
import pytest
from goalplan.cli import main
from goalplan.engine.risk import Measure
from goalplan.scenarios.market import load_market

ASSETS = ["cn_equity_large", "us_nasdaq", "cn_treasury", "gold", "cn_cash"]
CONFIG = f"""
measure = "max_drawdown"
points = 5
assets = {ASSETS}
since = 2010-01-01
until = 2020-12-31
rows = ["cn_treasury >= 0.1", "equity <= 0.6"]

[[limits]]
stress = "2015"
at_most = 0.3
"""


@pytest.fixture
def run(tmp_path, capsys):
    def once(text, *arguments):
        path = tmp_path / "frontier.toml"
        path.write_text(text, encoding="utf-8")
        code = main(["frontier", str(path), *arguments])
        streams = capsys.readouterr()
        return code, streams.out, streams.err

    return once


def test_portfolios_keep_what_the_file_asks(run):
    code, out, _ = run(CONFIG, "--format", "json")
    found = json.loads(out)
    assert code == 0
    assert found["config"]["points"] == len(found["portfolios"]) == 5
    market = load_market(None, ASSETS)
    days = market.months[1:].astype("datetime64[D]")
    inside = (days >= np.datetime64("2010-01-01")) & (days <= np.datetime64("2020-12-31"))
    returns = market.monthly_returns()[inside]
    assert (found["history"]["first"], found["history"]["last"]) == ("2010-01", "2020-12")
    for portfolio in found["portfolios"]:
        weights = np.array([portfolio["weights"][name] for name in ASSETS])
        assert portfolio["value"] == pytest.approx(Measure(kind="max_drawdown").value(weights, returns))
        assert portfolio["expected_return"] == pytest.approx(weights @ returns.mean(axis=0))
        assert portfolio["weights"]["cn_treasury"] >= 0.1 - 1e-9
        assert portfolio["weights"]["cn_equity_large"] + portfolio["weights"]["us_nasdaq"] <= 0.6 + 1e-9
        assert portfolio["risks"]["stress 2015"] <= 0.3
        assert portfolio["gap"] <= 1e-6


def test_the_table_reads_the_same(run):
    code, out, _ = run(CONFIG)
    assert code == 0
    assert out.splitlines()[0].startswith("Least max_drawdown on 132 monthly rows, 2010-01 to 2020-12")
    assert "stress 2015" in out
    _, head, _, *rows, _ = out.splitlines()
    assert head.split()[:2] == ["return", "max_drawdown"]
    assert len(rows) == 5
    returns = [float(row.split()[0].rstrip("%")) for row in rows]
    assert returns == sorted(returns)


def test_daily_rows_given_means_and_turnover(run):
    held = "{cn_cash = 1.0}"
    text = CONFIG.replace(
        "points = 5", f'points = 3\nfrequency = "daily"\nprevious = {held}\nmax_turnover = 0.5'
    )
    text = text.replace(
        "[[limits]]",
        "[annual_means]\n" + "\n".join(f"{a} = 0.0{i}" for i, a in enumerate(ASSETS)) + "\n[[limits]]",
    )
    code, out, _ = run(text, "--format", "json")
    assert code == 0
    for portfolio in json.loads(out)["portfolios"]:
        assert portfolio["turnover"] <= 0.5 + 1e-9
        assert portfolio["weights"]["cn_cash"] >= 0.5 - 1e-9
        assert portfolio["trading_cost"] >= 0.0


def test_what_cannot_be_is_refused_with_the_least(run):
    code, out, err = run(CONFIG.replace("at_most = 0.3", "at_most = 0.00001"), "--format", "json")
    assert code == 3
    assert "'stress 2015' asks for" in err
    assert json.loads(out)["portfolios"][0]["least"]["stress 2015"] > 0.00001


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("points = 5", "points = 1", "points is 1"),
        ("points = 5", "point = 5", "point is not a known entry"),
        ('"max_drawdown"', '"sharpe"', "measure is 'sharpe'"),
        ("equity <= 0.6", "equities <= 0.6", "'equities' is neither an asset nor a group"),
        ('stress = "2015"', 'stress = "1929"', "stress '1929' is unknown"),
        ("since = 2010-01-01", "since = 2020-12-15", "fewer than 2 rows"),
        ("points = 5", "upper = {silver = 0.1}", "upper: no asset is called silver"),
        ("points = 5", "annual_means = {gold = 0.1}", "annual_means: cn_equity_large"),
    ],
)
def test_a_wrong_entry_is_named(run, old, new, message):
    code, _, err = run(CONFIG.replace(old, new))
    assert code == 2
    assert message in err
