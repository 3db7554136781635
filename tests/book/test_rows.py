"""Clients from CSV, JSON lines and Parquet: the same table, and a bad row says what is wrong with it."""

import json
from pathlib import Path

import goalplan
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from goalplan.book.rows import read_rows

from .conftest import request_of

HEAD = ("client.id,client.risk_level,client.cash,contributions.monthly,"
        "goals.0.kind,goals.0.name,goals.0.due,goals.0.amount")  # fmt: skip
LINE = "A1,C3,129000.0,3000.0,home,Flat,2028-05-01,257000.0"


def test_the_three_kinds_of_file_say_the_same(tmp_path: Path) -> None:
    wanted = [request_of(1)]
    (tmp_path / "a.csv").write_text(f"{HEAD}\n{LINE}\n", encoding="utf-8-sig")
    (tmp_path / "a.jsonl").write_text(json.dumps(wanted[0]) + "\n\n", encoding="utf-8")
    pq.write_table(pa.Table.from_pylist(wanted), tmp_path / "a.parquet")
    flat = dict(
        zip(HEAD.split(","), ["A1", "C3", 129_000.0, 3_000.0, *LINE.split(",")[4:7], 257_000.0], strict=True)
    )
    pq.write_table(pa.Table.from_pylist([flat]), tmp_path / "b.parquet")
    for name in ("a.csv", "a.jsonl", "a.parquet", "b.parquet"):
        assert [row.table for row in read_rows(tmp_path / name)] == wanted, name


def test_a_cell_is_what_its_column_is(tmp_path: Path) -> None:
    head = "client.id,client.name,client.cash,client.lowest_class,client.types,goals.0.amount,goals.1.amount"
    (tmp_path / "a.csv").write_text(f'{head}\n007,true,1e5,true,"[""bond""]",5,\n', encoding="utf-8")
    (row,) = read_rows(tmp_path / "a.csv")
    assert row.table == {
        "client": {"id": "007", "name": "true", "cash": 1e5, "lowest_class": True, "types": ["bond"]},
        "goals": [{"amount": 5}],
    }


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.jsonl", "{\n", "is not JSON"),
        ("a.jsonl", "3\n", "is not a JSON object"),
        ("a.jsonl", "[" * 100_000 + "\n", "is not JSON"),
        ("a.csv", "client.id,goals.1.name\nA,x\n", "not counted 0, 1, 2"),
        ("a.csv", "client.id,client\nA,x\n", "cannot stand beside"),
        ("a.csv", "client.id\nA,x\n", "more cells"),
        ("a.csv", "client.id,client.cash\nA\n", "fewer cells"),
        ("a.jsonl", '{"client": {"cash": 1, "cash": 2}}\n', "has the key 'cash' twice"),
    ],
)
def test_a_bad_row_is_told_and_the_next_is_read(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    (row,) = read_rows(tmp_path / name)
    assert row.table is None
    assert words in str(row.problem)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", b"", "no known kind"),
        ("a.csv", b"id\n1\n", "no column client.id"),
        ("a.csv", b"client.id,client.cash,client.cash\n", "the column client.cash more than once"),
        ("a.csv", b"client.id\n\xff\xfe\n", "not UTF-8"),
        ("a.csv", b'client.id\n"A\n', "mend that line"),
        ("a.parquet", b"PAR1", "not a Parquet file"),
        ("a.csv", b"", "no column client.id"),
    ],
)
def test_a_file_of_no_use_is_bad_input(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(goalplan.RequestError, match=words):
        list(read_rows(tmp_path / name))
