"""The record: any change is found, a person can be forgotten, and a kill leaves it valid."""

import datetime as dt
import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from goalplan.engine.errors import RequestError
from goalplan.ledger import START, Ledger, verify_export

AT = dt.datetime(2026, 5, 1, 9, 30, tzinfo=dt.UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(tmp_path / "record.sqlite")
    for number in range(6):
        body = json.dumps({"status": "on_target", "客户": f"林{number}", "cash": 250_000.0 + number})
        made.append(f"client-{number % 2}", [("request", body), ("plan", body), ("warning", "警示")], AT)
    return made


def columns(ledger: Ledger, table: str) -> list[str]:
    with sqlite3.connect(ledger.path) as record:
        return [row[1] for row in record.execute(f"PRAGMA table_info({table})")]


def tamper(ledger: Ledger, *statements: str) -> None:
    """What someone with the file and without scruples can do."""
    record = sqlite3.connect(ledger.path)
    for trigger in ("entries_stay", "entries_hold", "contents_hold"):
        record.execute(f"DROP TRIGGER IF EXISTS {trigger}")
    for statement in statements:
        record.execute(statement)
    record.commit()
    record.close()


def test_what_was_written_verifies(ledger: Ledger) -> None:
    verdict = ledger.verify()
    assert (verdict.entries, verdict.erased, verdict.problems) == (18, 0, ())
    entries = ledger.entries()
    assert verdict.head == entries[-1].hash
    assert entries[0].previous == START
    assert [entry.number for entry in entries] == list(range(1, 19))
    assert {entry.at for entry in entries} == {"2026-05-01T09:30:00+00:00"}
    assert len(ledger.entries("client-1")) == 9
    assert len({entry.salt for entry in entries}) == 18
    assert all(len(bytes.fromhex(entry.salt or "")) == 32 for entry in entries)


def test_an_earlier_head_still_stands_when_the_record_has_grown(ledger: Ledger) -> None:
    head = ledger.verify().head
    ledger.append("client-7", [("acknowledgement", "已阅读并理解")], AT)
    verdict = ledger.verify(head)
    assert (verdict.since_head, verdict.problems) == (1, ())


def test_sqlite_itself_refuses_to_change_or_delete(ledger: Ledger) -> None:
    for statement in (
        "UPDATE entries SET kind = 'x' WHERE number = 2",
        "DELETE FROM entries WHERE number = 18",
        "UPDATE contents SET body = 'x' WHERE number = 2",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="are kept"), sqlite3.connect(ledger.path) as record:
            record.execute(statement)


@pytest.mark.parametrize("table", ["entries", "contents"])
def test_every_altered_field_is_found(ledger: Ledger, table: str) -> None:
    original = ledger.path.read_bytes()
    for name in columns(ledger, table):
        new = "99" if name == "number" else f"{name} || 'x'"
        tamper(ledger, "PRAGMA foreign_keys = OFF", f"UPDATE {table} SET {name} = {new} WHERE number = 7")
        assert ledger.verify().problems, name
        ledger.path.write_bytes(original)
    assert ledger.verify().problems == ()


def test_a_cut_tail_shows_against_the_head(ledger: Ledger) -> None:
    head = ledger.verify().head
    tamper(ledger, "DELETE FROM contents WHERE number > 15", "DELETE FROM entries WHERE number > 15")
    assert ledger.verify().problems == ()
    (problem,) = ledger.verify(head).problems
    assert f"no entry has the hash {head}" in problem


def test_a_chain_written_anew_shows_against_the_head(ledger: Ledger, tmp_path: Path) -> None:
    head = ledger.verify().head
    forged = Ledger(tmp_path / "forged.sqlite")
    for entry in ledger.entries():
        body = str(entry.body).replace("250000", "150000")
        forged.append(str(entry.person), [(entry.kind, body)], AT)  # type: ignore[list-item]
    assert forged.verify().problems == ()
    assert "written anew" in forged.verify(head).problems[0]


def test_entries_taken_out_or_swapped_in_the_middle_are_found(ledger: Ledger) -> None:
    original = ledger.path.read_bytes()
    tamper(ledger, "DELETE FROM contents WHERE number = 5", "DELETE FROM entries WHERE number = 5")
    assert any("entry 6 stands where entry 5 should" in p for p in ledger.verify().problems)
    ledger.path.write_bytes(original)
    tamper(
        ledger,
        "UPDATE contents SET number = 0 WHERE number = 5",
        "UPDATE contents SET number = 5 WHERE number = 6",
        "UPDATE contents SET number = 6 WHERE number = 0",
    )
    assert len(ledger.verify().problems) == 2


def test_a_person_is_forgotten_and_the_chain_still_verifies(ledger: Ledger) -> None:
    head = ledger.verify().head
    entry = ledger.erase("client-1", "retention ended", AT)
    verdict = ledger.verify(head)
    assert (verdict.erased, verdict.since_head, verdict.problems) == (9, 1, ())
    assert ledger.entries("client-1") == ()
    assert len(ledger.entries("client-0")) == 9
    assert json.loads(str(entry.body)) == {
        "erased": [4, 5, 6, 10, 11, 12, 16, 17, 18],
        "reason": "retention ended",
    }
    assert "client-1" not in ledger.export()
    assert "林1" not in ledger.export().encode().decode("unicode_escape")
    raw = ledger.path.read_bytes()  # what was deleted is overwritten, not only forgotten by the index
    assert b"client-1" not in raw
    assert "林1".encode() not in raw
    assert b"\\u67971" not in raw
    with pytest.raises(RequestError, match="'client-1' is not in"):
        ledger.erase("client-1", "again")


def test_content_that_vanished_without_an_erasure_is_found(ledger: Ledger) -> None:
    tamper(ledger, "DELETE FROM contents WHERE number = 4")
    assert ledger.verify().problems == ("the content of entry 4 is gone, and no erasure is on record.",)


def test_an_export_verifies_and_so_does_one_with_erased_entries(ledger: Ledger) -> None:
    verdict = verify_export(ledger.export(), ledger.verify().head)
    assert (verdict.entries, verdict.problems, verdict.since_head) == (18, (), 0)
    ledger.erase("client-0", "retention ended", AT)
    assert verify_export(ledger.export()).problems == ()


def test_200_single_byte_changes_of_an_export_are_all_found(ledger: Ledger) -> None:
    ledger.erase("client-1", "retention ended", AT)
    text = ledger.export().encode()
    rng = np.random.default_rng(8)
    for _ in range(200):
        changed = bytearray(text)
        place = int(rng.integers(len(text)))
        changed[place] ^= int(rng.integers(1, 256))
        assert verify_export(bytes(changed)).problems, (place, text[place : place + 1], changed[place])


@pytest.mark.parametrize(
    ("old", "new"), [('{"at"', '{ "at"'), ("\\u8b66", "\\u8B66"), (":1,", ":1.0,"), ("}\n", "}\r\n")]
)
def test_an_export_that_only_reads_the_same_is_not_the_same(ledger: Ledger, old: str, new: str) -> None:
    text = ledger.export()
    assert old in text
    assert verify_export(text.replace(old, new, 1)).problems


@pytest.mark.parametrize("kept", [0.3, 0.7])
def test_a_cut_export_is_found(ledger: Ledger, kept: float) -> None:
    text, head = ledger.export(), ledger.verify().head
    assert verify_export(text[: int(kept * len(text))], head).problems
    lines = text.splitlines(keepends=True)
    assert verify_export("".join(lines[: int(kept * len(lines))]), head).problems


def test_damaged_and_foreign_files_are_told(ledger: Ledger, tmp_path: Path) -> None:
    raw = bytearray(ledger.path.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 400] = bytes(400)
    (tmp_path / "damaged.sqlite").write_bytes(raw)
    assert Ledger(tmp_path / "damaged.sqlite").verify().problems
    (tmp_path / "text.sqlite").write_text("not a database, but long enough to be read as one" * 20)
    assert "cannot be read" in Ledger(tmp_path / "text.sqlite").verify().problems[0]
    with sqlite3.connect(tmp_path / "other.sqlite") as record:
        record.execute("CREATE TABLE t (x)")
    record.close()
    with pytest.raises(RequestError, match="another program's"):
        Ledger(tmp_path / "other.sqlite").append("c", [("plan", "x")])
    (tmp_path / "empty.sqlite").touch()
    with pytest.raises(RequestError, match="is not a record"):
        Ledger(tmp_path / "empty.sqlite").verify()
    with pytest.raises(RequestError, match="is not there"):
        Ledger(tmp_path / "none.sqlite").verify()
    assert not (tmp_path / "none.sqlite").exists()


def test_entries_of_one_call_are_written_all_or_none(ledger: Ledger) -> None:
    before = ledger.export()
    with pytest.raises(TypeError):
        ledger.append("client-0", [("plan", "fine"), ("plan", object())], AT)  # type: ignore[list-item]
    assert ledger.export() == before


WRITER = """
import sys
from pathlib import Path
from goalplan.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]))
while True:
    entries = ledger.append("client", [("request", "r" * 5000), ("plan", "p" * 100000), ("warning", "w")])
    print(entries[-1].hash, flush=True)
"""


def check_kills(path: Path, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    seen: list[str] = []
    for _ in range(count):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        seen.append(writer.stdout.readline().strip())  # it is writing now
        time.sleep(float(rng.uniform(0.0, 0.05)))
        writer.kill()
        seen += writer.stdout.read().split()
        writer.stdout.close()
        writer.wait()
        verdict = Ledger(path).verify()
        assert verdict.problems == ()
        assert verdict.entries % 3 == 0
        assert set(seen) <= {entry.hash for entry in Ledger(path).entries()}
    assert len(seen) >= count


def test_a_kill_at_any_moment_leaves_a_valid_record(tmp_path: Path) -> None:
    check_kills(tmp_path / "record.sqlite", 6, seed=3)


@pytest.mark.verify
def test_100_kills_leave_a_valid_record(tmp_path: Path) -> None:
    check_kills(tmp_path / "record.sqlite", 100, seed=4)


def test_two_writers_make_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    code = WRITER.replace("while True", "for _ in range(20)")
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.DEVNULL) for _ in range(2)
    ]
    assert [writer.wait() for writer in writers] == [0, 0]
    verdict = Ledger(path).verify()
    assert (verdict.entries, verdict.problems) == (120, ())
