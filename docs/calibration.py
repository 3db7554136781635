"""Write the tables of docs/calibration.md: every model scored on the embedded market's past. Takes minutes.

Run as ``python docs/calibration.py``; with ``--check`` nothing is written and the exit code says whether the page is
current.
"""

from __future__ import annotations

import sys
from pathlib import Path

from goalplan.backtests.calibration import Row, calibrate
from goalplan.scenarios.market import load_market

PAGE = Path(__file__).with_suffix(".md")
SPLIT = "2016-01"


def main() -> int:
    """Return 0 if the page was current or has been written, 1 if ``--check`` found it stale."""
    text = PAGE.read_text(encoding="utf-8")
    fresh = rendered(text)
    if "--check" in sys.argv[1:]:
        return int(fresh != text)
    PAGE.write_text(fresh, encoding="utf-8", newline="\n")
    return 0


def rendered(text: str) -> str:
    """Return the page with every table between its markers made anew."""
    found = calibrate(load_market(), step=6, paths=1000, history=5)
    for name, rows in (("before", found.rows(before=SPLIT)), ("since", found.rows(since=SPLIT))):
        first, last = f"<!-- {name}: written by docs/calibration.py -->\n", f"<!-- end of {name} -->\n"
        head, rest = text.split(first)
        text = f"{head}{first}\n{table(rows)}\n{last}{rest.split(last)[1]}"
    return text


def table(rows: tuple[Row, ...]) -> str:
    """Return one row a kind, horizon and model."""
    lines = [
        "| of | years | model | origins | windows | in 80 % | in 90 % | CRPS | difference | log score | verdict |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        inside = [
            f"{100 * share:.0f}" + ("" if error != error else f" ± {100 * error:.0f}")  # NaN: too few windows
            for share, error in zip(row.coverage, row.errors, strict=True)
        ]
        gap = f"{row.crps_gap:+.4f}"
        gap += "" if row.crps_gap_error != row.crps_gap_error else f" ± {row.crps_gap_error:.4f}"
        cells = (row.kind, row.years, row.model.replace("_", " "), row.origins, f"{row.windows:.1f}", *inside,
                 f"{row.crps:.4f}", gap, f"{row.log_score:.2f}", row.verdict)  # fmt: skip
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
