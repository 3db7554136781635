"""Every file that a command reads, replaced by something else: bad input with a sentence, never a fault of ours."""

import shutil
from collections.abc import Callable
from pathlib import Path

import goalplan
import pytest
from goalplan.cli import main
from goalplan.scenarios import market

DEEP = 100_000
REQUEST = """[client]
id = "a"
risk_level = "C4"
cash = 250000
[[goals]]
kind = "purchase"
name = "Car"
due = 2027-05-01
amount = 90000
[contributions]
monthly = 1000
"""
HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "zeros": bytes(64),
    "noise": bytes(range(256)),
    "utf16": REQUEST.encode("utf-16"),
    "latin1": REQUEST.replace("Car", "Café").encode("latin-1"),
    "gzip": b"\x1f\x8b\x08\x00rubbish",
    "deep_array": b"a=" + b"[" * DEEP,
    "deep_json": b"[" * DEEP + b"]" * DEEP,
    "deep_object": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "long_number": b"client = " + b"9" * 10_000,
    "long_json_number": b'{"a": ' + b"9" * 10_000 + b"}",
    "nan": b'{"client": NaN, "weights": [Infinity]}',
    "toml_nan": b"client = nan\nlevel = inf\n",
    "dotted": b"a" + b".a" * 5_000 + b" = 1",
    "twice": b"product,value,value\nCASH,1,2\n",
    "quote": b'a,b\n"x,1\n',
    "wide": b"a," * 50_000 + b"\n" + b"1," * 50_000 + b"\n",
    "number": b"3",
    "null": b"null",
    "formula": b"product,value\n=1+1,2\n",
    "date": b"date\n2024-02-30\n",
    "bom_only": b"\xef\xbb\xbf",
    "carriage": b"a\rb\rc",
    "crlf_zip": b"PK\x03\x04" + bytes(30),
    "parquet_head": b"PAR1" + bytes(20) + b"PAR1",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one good file of each kind."""
    folder = tmp_path_factory.mktemp("good")
    (folder / "request.toml").write_text(REQUEST, encoding="utf-8")
    (folder / "held.csv").write_text("product,value\nCASH,1000\n", encoding="utf-8")
    request = goalplan.PlanRequest.from_toml(folder / "request.toml")
    plan = goalplan.solve_plan(request, paths=100, detail="core")
    (folder / "plan.json").write_text(plan.to_json(), encoding="utf-8")
    shutil.copytree(Path(market.__file__).parent / "data", folder / "market", dirs_exist_ok=True)
    return folder


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Run a command on bad input; what it says on stderr."""
    code = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert code == 2, (code, out[-500:], err[-2_000:])
    assert "Traceback" not in err
    assert "fault of goalplan" not in err
    assert "No such option" not in err, "the command itself is wrong, so nothing was read"
    assert err.strip()
    assert len(err) < 20_000, "a sentence repeats what it was given"
    return err


COMMANDS: dict[str, Callable[[Path, Path], list[object]]] = {
    "plan": lambda bad, good: ["plan", bad, "--paths", 100],
    "shelf": lambda bad, good: ["plan", good / "request.toml", "--shelf", bad],
    "rules": lambda bad, good: ["plan", good / "request.toml", "--rules", bad],
    "questionnaire": lambda bad, good: ["plan", good / "request.toml", "--questionnaire", bad],
    "assumptions": lambda bad, good: ["plan", good / "request.toml", "--assumptions", bad],
    "letterhead": lambda bad, good: ["plan", good / "request.toml", "--letterhead", bad, "--pdf",
                                     bad.with_name("x.pdf")],
    "diagnose": lambda bad, good: ["diagnose", bad],
    "review plan": lambda bad, good: ["review", bad, good / "held.csv", "--as-of", "2026-06-01"],
    "review held": lambda bad, good: ["review", good / "plan.json", bad, "--as-of", "2026-06-01"],
    "previous": lambda bad, good: ["review", good / "plan.json", good / "held.csv", "--as-of", "2026-06-01",
                                   "--previous", bad],
    "changed": lambda bad, good: ["review", good / "plan.json", good / "held.csv", "--as-of", "2026-06-01",
                                  "--client", bad],
    "review episodes": lambda bad, good: ["review", good / "plan.json", good / "held.csv", "--as-of",
                                          "2026-06-01", "--episodes", bad],
    "report": lambda bad, good: ["report", bad],
    "stress": lambda bad, good: ["stress", bad],
    "episodes": lambda bad, good: ["stress", good / "plan.json", "--episodes", bad],
    "shocks": lambda bad, good: ["stress", good / "plan.json", "--shocks", bad],
    "frontier": lambda bad, good: ["frontier", bad],
    "backtest": lambda bad, good: ["backtest", bad],
    "cohorts": lambda bad, good: ["cohorts", bad],
    "record": lambda bad, good: ["record", "add", good / "new.sqlite", bad],
    "ledger": lambda bad, good: ["record", "add", bad, good / "plan.json"],
    "book csv": lambda bad, good: ["book", bad.with_suffix(".csv"), "-o", bad.parent / "out", "--workers", 1],
    "book jsonl": lambda bad, good: ["book", bad.with_suffix(".jsonl"), "-o", bad.parent / "out", "--workers", 1],
    "book parquet": lambda bad, good: ["book", bad.with_suffix(".parquet"), "-o", bad.parent / "out",
                                       "--workers", 1],
    "append": lambda bad, good: ["market", "append", good / "market", bad.with_suffix(".csv")],
}  # fmt: skip
FINE = {
    **{
        each: {"empty", "bom_only"}
        for each in ("letterhead", "review episodes", "episodes", "shocks", "frontier", "book jsonl")
    },
    "ledger": {"empty", "number"},  # SQLite takes a file of one byte for a new one
    "review held": {"formula"},  # a product that nobody knows
}  # nothing to add is no mistake


@pytest.mark.parametrize("command", COMMANDS)
def test_a_hostile_file_is_bad_input(
    command: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = []
    for name in HOSTILE.keys() - FINE.get(command, set()):
        folder = tmp_path / name
        folder.mkdir()
        bad = folder / "bad"
        for suffix in ("", ".csv", ".jsonl", ".parquet"):
            bad.with_suffix(suffix).write_bytes(HOSTILE[name])
        try:
            told(capsys, *COMMANDS[command](bad, home))
        except AssertionError as error:
            wrong.append(f"{name}: {str(error)[:700]}")
    assert not wrong, "\n".join(wrong)
