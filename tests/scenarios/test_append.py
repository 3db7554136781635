"""Appending to a market folder: the new market is the one written by hand, and a refused file changes nothing."""

import shutil

import numpy as np
import pytest
from goalplan.scenarios import DataError, Market
from goalplan.scenarios.append import append_rows

ASSETS = """
schema_version = 1
[market]
name = "small"
[[assets]]
{shares}
[[assets]]
{money}
"""
ROW = (
    'id = "{0}"\nname_zh = "{0}"\nname_en = "{0}"\nasset_class = "{1}"\nregion = "cn"\ncurrency = "CNY"\n'
    'risk_level = {2}\nfee = 0.0\ntrading_cost = 0.001\nexempt = true\nsource = "made up"'
)


def lines(first, count):
    months = np.datetime64("2020-01", "M") + np.arange(first, first + count)
    return [f"{month},{100 + 3 * np.sin(i):.4f},{100 + 0.2 * i:.4f}" for i, month in enumerate(months, first)]


def write(path, rows, header="date,shares,money"):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    text = ASSETS.format(shares=ROW.format("shares", "equity", 4), money=ROW.format("money", "cash", 1))
    (place / "assets.toml").write_text(text, encoding="utf-8")
    write(place / "prices.csv", lines(0, 40))
    write(
        place / "indices.csv",
        [f"{line.split(',')[0]},{100 + i}" for i, line in enumerate(lines(0, 40))],
        "date,cpi",
    )
    return place


def content(place):
    return {file.name: file.read_bytes() for file in place.iterdir()}


def test_the_market_is_the_one_written_whole(folder, tmp_path):
    whole = tmp_path / "whole" / "small"
    shutil.copytree(folder, whole)
    write(whole / "prices.csv", lines(0, 43))
    done = append_rows(folder, write(tmp_path / "new.csv", lines(38, 5)))
    assert (done.added, done.known, done.first, done.last) == (3, 2, "2023-05-01", "2023-07-01")
    assert Market.from_folder(folder).digest == Market.from_folder(whole).digest == done.market.digest
    assert (folder / "prices.csv").read_bytes() == (whole / "prices.csv").read_bytes()
    again = content(folder)
    assert append_rows(folder, tmp_path / "new.csv").added == 0
    assert content(folder) == again


def test_columns_in_any_order_and_indices_by_their_names(folder, tmp_path):
    turned = [",".join([d, b, a]) for d, a, b in (line.split(",") for line in lines(40, 1))]
    append_rows(folder, write(tmp_path / "new.csv", turned, "date,money,shares"))
    assert (folder / "prices.csv").read_text(encoding="utf-8").splitlines()[-1] == lines(40, 1)[0]
    done = append_rows(folder, write(tmp_path / "cpi.csv", ["2023-05,141.5"], "date,cpi"))
    assert done.file.name == "indices.csv"
    assert done.market.index_levels[-1, 0] == 141.5


@pytest.mark.parametrize(
    ("rows", "header", "told"),
    [
        (["2023-04,1.0,107.8"], "date,shares,money", "history is not rewritten"),
        (["2023-05,1.0"], "date,shares", "there is no column 'money'"),
        (["2023-05,1.0,1.0"], "date,shares,gold", "neither prices nor indices"),
        (["2023-07,100.0,108.0"], "date,shares,money", "a gap"),
        (["2023-05,-1.0,108.0"], "date,shares,money", "a level must be above 0"),
        (["2023-05,abc,108.0"], "date,shares,money", "not a number"),
        (["2019-05,100.0,108.0"], "date,shares,money", "is not in it"),
    ],
)
def test_a_refused_file_changes_nothing(folder, tmp_path, rows, header, told):
    before = content(folder)
    with pytest.raises(DataError, match=told):
        append_rows(folder, write(tmp_path / "new.csv", rows, header))
    assert content(folder) == before
