import json

import numpy as np
import pandas as pd
import pytest
from goalplan.cli import main
from goalplan.scenarios.market import load_market


def run(capsys, *arguments):
    code = main([*map(str, arguments)])
    streams = capsys.readouterr()
    return code, streams.out, streams.err


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Fourteen years of two monthly series."""
    path = tmp_path_factory.mktemp("market")
    rng = np.random.default_rng(3)
    steps = rng.normal([0.005, 0.002], [0.04, 0.005], (169, 2))
    index = pd.period_range("2010-01", periods=169, freq="M").strftime("%Y-%m")
    frame = pd.DataFrame(100.0 * np.exp(steps.cumsum(axis=0)), index=index, columns=["shares", "bonds"])
    frame.rename_axis("date").to_csv(path / "prices.csv")
    entries = [
        f'[[assets]]\nid = "{name}"\nname_zh = "{name}"\nname_en = "{name}"\nasset_class = "equity"\nregion = "cn"\n'
        'currency = "CNY"\nrisk_level = 3\nfee = 0.0\ntrading_cost = 0.0\nexempt = true\nsource = "made up"\n'
        for name in frame.columns
    ]
    (path / "assets.toml").write_text("[market]\nname = 'made up'\n" + "\n".join(entries), encoding="utf-8")
    return path


def test_a_table_by_asset_and_horizon(capsys):
    code, out, _ = run(capsys, "scenarios", "--assets", "us_equity,cn_cash", "--years", 3, "--paths", 500)
    assert code == 0
    assert "Student-t (13 degrees of freedom) with uncertain means and covariance: 500 paths, seed 1" in out
    rows = [line.split() for line in out.splitlines() if line.startswith(("us_equity", "cn_cash"))]
    assert [(row[0], row[1]) for row in rows] == [
        ("us_equity", "1"),
        ("us_equity", "3"),
        ("cn_cash", "1"),
        ("cn_cash", "3"),
    ]
    median = float(rows[3][5].rstrip("%"))
    assert median == pytest.approx(1.8, abs=0.1)


def test_paths_are_written_as_they_were_drawn(capsys, tmp_path):
    path = tmp_path / "paths.npz"
    arguments = (
        "--model",
        "student_t",
        "--assets",
        "gold,us_equity",
        "--years",
        1,
        "--paths",
        100,
        "-o",
        path,
    )
    code, _, _ = run(capsys, "scenarios", *arguments)
    assert code == 0
    with np.load(path) as content:
        assert content["assets"].shape == (100, 12, 2)
        assert content["asset_ids"].tolist() == ["gold", "us_equity"]
        assert content["indices"].shape == (100, 12, content["index_ids"].size)
        assert str(content["market_digest"]) == load_market().digest


def test_a_parquet_file_holds_the_same_paths(capsys, tmp_path):
    one, two = tmp_path / "paths.npz", tmp_path / "paths.parquet"
    for path in (one, two):
        code, _, _ = run(
            capsys, "scenarios", "--assets", "gold,us_equity", "--years", 1, "--paths", 100, "-o", path
        )
        assert code == 0
    table = pd.read_parquet(two)
    with np.load(one) as content:
        np.testing.assert_array_equal(table["gold"].to_numpy().reshape(100, 12), content["assets"][:, :, 0])
        for j, name in enumerate(content["index_ids"]):
            np.testing.assert_array_equal(
                table[name].to_numpy().reshape(100, 12), content["indices"][:, :, j]
            )
    assert table["month"].tolist()[:13] == [*range(1, 13), 1]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["paths.npz", "paths.parquet"]


def test_a_mix_is_followed_and_a_fan_is_drawn(capsys, tmp_path):
    plot = tmp_path / "fans.svg"
    arguments = ("--assets", "us_equity,cn_cash", "--years", 2, "--paths", 200, "--plot", plot)
    mix = ("--mix", "us_equity=0.25,cn_cash=0.75", "--wealth", 1000, "--monthly", 100)
    code, out, _ = run(capsys, "scenarios", *arguments, *mix)
    assert code == 0
    rows = {
        line[:16].strip(): line.split() for line in out.splitlines() if line.startswith(("wealth", "maximum"))
    }
    assert rows["wealth, year 2"][3] == "3,400"
    ends = [float(cell.replace(",", "")) for cell in rows["wealth, year 2"][4:]]
    assert ends == sorted(ends)
    assert 3_400.0 < ends[3] < 3_700.0  # about 3 % a year on what was there
    assert float(rows["maximum drawdown"][2].rstrip("%")) > 0.0
    drawn = plot.read_bytes()
    assert drawn.startswith(b"<?xml")
    assert run(capsys, "scenarios", *arguments)[0] == 0
    assert plot.read_bytes() == drawn


def test_bad_words_end_with_code_two(capsys, tmp_path, folder):
    for arguments, words in (
        (("--assets", "silver"), "silver"),
        (("-o", tmp_path / "paths.csv"), "must end in .npz or .parquet"),
        (("--plot", tmp_path / "fans.txt"), "must end in .svg or .png or .pdf"),
        (("--mix", "us_equity"), "write asset=weight with commas"),
        (("--mix", "us_equity=0.5,silver=0.5"), "'silver=0.5'; give each of"),
        (("--mix", "us_equity=0.5,gold=0.4"), "the weights sum to 0.9; they must sum to 1"),
        (("--model", "magic"), "magic"),
    ):
        code, _, err = run(capsys, "scenarios", *arguments)
        assert code == 2
        assert words in err
    for arguments, words in (
        (("--horizons", "1,x"), "--horizons is '1,x'"),
        (("--since", "2090-01"), "no origin lies between"),
        (("--history", "30"), "calibration needs 30"),
    ):
        code, _, err = run(
            capsys, "calibrate", "--market", folder, "--horizons", 1, "--paths", 100, *arguments
        )
        assert code == 2
        assert words in err


def test_calibrate_prints_a_row_per_model_and_says_what_was_left_out(capsys, folder):
    code, out, _ = run(capsys, "calibrate", "--market", folder, "--horizons", 1, "--paths", 200)
    assert code == 0
    assert "Calibration of growth" in out
    assert "Calibration of maximum drawdown" in out
    lines = [line for line in out.splitlines() if line.startswith("lognormal plug-in")]
    assert len(lines) == 2
    code, out, _ = run(
        capsys, "calibrate", "--market", folder, "--horizons", 1, "--paths", 200, "--format", "json"
    )
    document = json.loads(out)
    assert code == 0
    assert document["rows"][0]["model"] == "lognormal plug-in"
    assert document["rows"][0]["crps_gap"] == 0.0
    assert sum(document["rows"][0]["histogram"]) == pytest.approx(1.0)
