"""Names that would run somewhere else: as a formula in a spreadsheet (markup in a PDF: tests/reports/test_render)."""

import csv
import json
from pathlib import Path

from goalplan.cli import main

NAMES = (
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "#set page(width: 1cm) #panic()", "$x^2$ *b* _c_ `d` \\",
    "{x} {0} %s {{", '<script>"&amp;', "[link](x) // /* */ <label>",
)  # fmt: skip


def request(name: str, number: int) -> dict[str, object]:
    return {
        "client": {"id": f"{name[:50]}{number}", "name": name, "risk_level": "C4", "cash": 1e5},
        "goals": [{"kind": "purchase", "name": name, "due": "2027-05-01", "amount": 9e4}],
    }


def test_a_spreadsheet_runs_no_name(tmp_path: Path) -> None:
    clients, out = tmp_path / "c.jsonl", tmp_path / "out"
    clients.write_text(
        "".join(json.dumps(request(n, i)) + "\n" for i, n in enumerate(NAMES)), encoding="utf-8"
    )
    for form in ("csv", "jsonl"):
        options = ("--paths", "100", "--workers", "1", "--format", form)
        assert main(["book", str(clients), "-o", str(out), *options]) == 0
    lines = (out / "results.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["goal"] for line in lines] == list(NAMES)
    rows = csv.DictReader((out / "results.csv").read_text(encoding="utf-8").splitlines())
    for row, name in zip(rows, NAMES, strict=True):
        assert row["goal"] == (f"'{name}" if name[0] in "=+-@" else name)
        assert all(cell[:1] not in ("=", "+", "@", "\t", "\r") for cell in row.values())
