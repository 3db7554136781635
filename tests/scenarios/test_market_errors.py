"""Every way in which market data can be unusable, each with the sentence that says so."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from goalplan.scenarios.errors import DataError
from goalplan.scenarios.market import Market, load_market


def spoil(frame: pd.DataFrame, row: int, name: str, value: float) -> pd.DataFrame:
    frame = frame.copy()
    frame.loc[frame.index[row], name] = value
    return frame


FAULTS: dict[str, tuple[Callable[[Any], pd.DataFrame], str]] = {
    "unsorted dates": (
        lambda s: s.monthly().iloc[[0, 2, 1, *range(3, 72)]],
        r"prices: the date 2015-02-28 comes after 2015-03-31; sort the rows",
    ),
    "duplicate dates": (
        lambda s: s.monthly().iloc[[0, 1, 1, *range(2, 72)]],
        r"prices: the date 2015-02-28 stands there twice",
    ),
    "a gap in a monthly series": (
        lambda s: spoil(s.monthly(), 10, "bonds", np.nan),
        r"prices: bonds has a gap from 2015-11-30; only before its start and after its end",
    ),
    "a gap in a daily series": (
        lambda s: spoil(s.daily(), 100, "shares", np.nan),
        r"prices: shares has a gap from 2015-05-21",
    ),
    "a missing month": (
        lambda s: s.monthly().drop(index=s.monthly().index[5]),
        r"prices: a gap: no row between 2015-05 and 2015-07",
    ),
    "a missing month of days": (
        lambda s: s.daily()[s.daily().index.to_period("M") != "2016-03"],
        r"prices: a gap: no row between 2016-02 and 2016-04",
    ),
    "a price of zero": (
        lambda s: spoil(s.monthly(), 3, "shares", 0.0),
        r"prices: shares on 2015-04-30 is 0; a level must be above 0",
    ),
    "a negative price": (
        lambda s: spoil(s.monthly(), 3, "shares", -3.5),
        r"prices: shares on 2015-04-30 is -3\.5; a level must be above 0",
    ),
    "an infinite price": (
        lambda s: spoil(s.monthly(), 3, "shares", np.inf),
        r"prices: shares on 2015-04-30 is inf",
    ),
    "too little history": (
        lambda s: s.monthly(20),
        r"prices: shares has too little history: 19 months of returns, at least 24 are needed",
    ),
    "one series too short": (
        lambda s: s.monthly().assign(bonds=s.monthly()["bonds"].where(np.arange(72) > 60)),
        r"prices: bonds has too little history: 10 months of returns",
    ),
    "an empty series": (
        lambda s: s.monthly().assign(bonds=np.nan),
        r"prices: bonds has no value at all",
    ),
    "months after days": (
        lambda s: pd.concat([s.daily(400), s.monthly(72)[lambda f: f.index > "2017-01-01"]]),
        r"prices: mixed frequencies: 2017-01 has 1 rows where another month has 23",
    ),
    "a monthly series among daily ones": (
        lambda s: s.daily().assign(bonds=s.daily()["bonds"].where(s.daily().index.day < 2)),
        r"prices: mixed frequencies: bonds has \d+ values on \d+ dates",
    ),
    "quarterly rows": (
        lambda s: s.monthly().iloc[::3],
        r"prices: the rows are neither daily, monthly nor annual",
    ),
    "weekly rows": (
        lambda s: s.daily().iloc[::5],
        r"prices: mixed frequencies: 2015-02 has 4 rows",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_unusable_prices_are_refused_with_a_sentence(small: Any, fault: str) -> None:
    make, sentence = FAULTS[fault]
    with pytest.raises(DataError, match=sentence):
        small.market(make(small))


def test_all_problems_are_listed_at_once(small: Any) -> None:
    frame = small.monthly()
    frame.iloc[3, 0] = -1.0
    frame.iloc[7, 1] = 0.0
    with pytest.raises(DataError) as caught:
        small.market(frame.iloc[[1, 0, *range(2, 72)]])
    assert len(caught.value.problems) == 3
    assert str(caught.value).count("\n") == 2


def test_many_faults_of_one_kind_are_shortened(small: Any) -> None:
    with pytest.raises(DataError, match="and 67 more of that kind"):
        small.market(small.monthly().assign(bonds=-1.0))


def test_a_return_of_minus_one_is_refused(small: Any) -> None:
    returns = small.monthly().pct_change().iloc[1:]
    with pytest.raises(DataError, match=r"shares on 2015-05-31 is -1; a return must be above -1"):
        small.market(spoil(returns, 3, "shares", -1.0), values="returns")


def test_assets_and_columns_must_match(small: Any) -> None:
    frame = small.monthly()
    known = [small.asset(name) for name in frame.columns]
    with pytest.raises(DataError, match="the column 'cash' is an unknown asset"):
        Market.from_frames(frame, known[:2])
    with pytest.raises(DataError, match="there is no column for the asset 'gold'"):
        Market.from_frames(frame, [*known, small.asset("gold")])
    with pytest.raises(DataError, match="the id 'cash' is given twice"):
        Market.from_frames(frame, [*known, small.asset("cash")])


def test_assets_that_never_overlap_have_no_common_returns(small: Any) -> None:
    frame = small.monthly()
    frame.iloc[:36, 0] = np.nan
    frame.iloc[36:, 1] = np.nan
    with pytest.raises(DataError, match="have no period in common"):
        small.market(frame).common_returns()


def test_the_monthly_table_beside_daily_prices_must_be_monthly(small: Any) -> None:
    with pytest.raises(DataError, match="monthly: the rows are daily; it holds one row a month"):
        small.market(small.daily(), monthly=small.daily())


def test_indices_must_be_monthly_and_whole(small: Any) -> None:
    with pytest.raises(DataError, match="indices: the rows are daily; indices are monthly"):
        small.market(small.monthly(), indices=small.daily())
    with pytest.raises(DataError, match="indices: cash has a gap from 2015-06-30"):
        small.market(small.monthly(), indices=spoil(small.monthly(), 5, "cash", np.nan))


def test_cells_that_are_not_numbers(small: Any) -> None:
    frame = small.monthly().astype(object)
    frame.iloc[0, 0] = "n/a"
    with pytest.raises(DataError, match="prices: a cell is not a number"):
        small.market(frame)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"risk_level": 6}, "risk_level is 6; allowed are 1"),
        ({"risk_level": 2.5}, "risk_level is 2.5, which has the wrong type"),
        ({"risk_level": True}, "risk_level is True, which has the wrong type"),
        ({"fee": -0.01}, "fee is -0.01; allowed are 0 to 0.1"),
        ({"fee": 0.5}, "fee is 0.5; allowed are 0 to 0.1"),
        ({"trading_cost": "low"}, "trading_cost is 'low', which has the wrong type"),
        ({"exempt": 1}, "exempt is 1, which has the wrong type"),
        ({"esg": "AA"}, "esg is 'AA', which has the wrong type"),
        ({"source": " "}, "source is empty"),
        ({"name_en": ""}, "name_en is empty"),
    ],
)
def test_entries_of_an_asset_are_checked(small: Any, change: dict[str, object], sentence: str) -> None:
    with pytest.raises(DataError, match=f"asset 'bonds': {sentence}"):
        small.asset("bonds", **change)


# file, text to replace ("" for the whole file), what stands there instead, what the error says
FOLDERS = {
    "no date column": ("prices.csv", "date,", "day,", "begin with 'date' .found 'day'."),
    "an empty file": ("prices.csv", "", "", "the first line must name the columns"),
    "no rows": ("prices.csv", "", "date,shares,bonds,cash\n", "at least one dated row"),
    "no series": ("prices.csv", "", "date\n2020-01-31\n", "there is no series beside the date column"),
    "a word in a cell": ("prices.csv", "\n2015-03-31,", "\n2015-03-31,x", "shares on 2015-03-31 is 'x"),
    "a torn row": (
        "prices.csv",
        "2015-03-31,",
        "2015-03-31,,",
        "the row '2015-03-31' has 5 cells, the header 4",
    ),
    "a bad date": ("prices.csv", "2015-03-31", "31/03/2015", "row 4 has the date '31/03/2015'"),
    "a column twice": ("prices.csv", "bonds", "shares", "'shares' stands there more than once"),
    "broken TOML": ("assets.toml", "[market]", "[market", "assets.toml: not valid TOML"),
    "another version": ("assets.toml", "[market]", "schema_version = 9\n[market]", "schema_version is 9"),
    "an unknown table": ("assets.toml", "[market]", "[extra]\n[market]", "unknown entry 'extra'"),
    "an unknown entry": ("assets.toml", "fee =", "fees =", "asset 'shares': unknown entry 'fees'"),
    "a missing entry": ("assets.toml", "fee = 0.0\n", "", "asset 'shares': the entry 'fee' is missing"),
    "a wrong entry": ("assets.toml", "fee = 0.0", "fee = 2", "asset 'shares': fee is 2; allowed"),
    "an unknown market entry": ("assets.toml", "name = 't", "nmae = 't", "unknown entry market.nmae"),
    "an unknown kind": ("assets.toml", "'test'", "'test'\nvalues = 'logs'", "market.values is 'logs'"),
    "all optional": ("assets.toml", "fee =", "optional = true\nfee =", "every asset is marked optional"),
    "assets that are no tables": ("assets.toml", "", "assets = [1]\n", "one .*assets.* table per asset"),
    "no assets": ("assets.toml", "", "[market]\nname = 'test'\n", "one .*assets.* table per asset"),
}


@pytest.mark.parametrize("fault", FOLDERS)
def test_unusable_folders_are_refused_with_a_sentence(tmp_path: Path, small: Any, fault: str) -> None:
    file, old, new, sentence = FOLDERS[fault]
    small.write(tmp_path, small.monthly())
    path = tmp_path / file
    text = path.read_text(encoding="utf-8").replace(old, new) if old else new
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=sentence):
        load_market(tmp_path)


@pytest.mark.parametrize("file", ["prices.csv", "assets.toml"])
def test_a_missing_file_is_named(tmp_path: Path, small: Any, file: str) -> None:
    small.write(tmp_path, small.monthly())
    (tmp_path / file).unlink()
    with pytest.raises(DataError, match=f"the file {file}.* is missing"):
        load_market(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such folder"):
        load_market(tmp_path / "nowhere")


def test_a_file_in_another_encoding_is_named(tmp_path: Path, small: Any) -> None:
    small.write(tmp_path, small.monthly())
    (tmp_path / "prices.csv").write_bytes("date,股票\n".encode("gbk"))
    with pytest.raises(DataError, match=r"prices\.csv: not UTF-8 text"):
        load_market(tmp_path)


def test_parquet_without_its_extra_says_what_to_install(
    tmp_path: Path, small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.write(tmp_path, small.monthly())
    (tmp_path / "prices.csv").rename(tmp_path / "prices.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(DataError, match=r"needs the extra 'parquet'"):
        load_market(tmp_path)
