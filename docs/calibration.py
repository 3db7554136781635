"""Write the tables of docs/calibration.md: every model scored on the embedded market's past. Takes minutes.

Run as ``python docs/calibration.py``; with ``--check`` nothing is written and the exit code says whether the page is
current.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from goalplan.backtests.calibration import PLUG_IN, Calibration, Fit, Row, calibrate, default_models
from goalplan.scenarios.assumptions import Assumptions
from goalplan.scenarios.lognormal import LognormalModel
from goalplan.scenarios.market import Market, load_market
from goalplan.scenarios.mixture import Law
from goalplan.scenarios.student_t import StudentT

PAGE = Path(__file__).with_suffix(".md")
SPLIT = "2016-01"
CHOSEN_AT = (1, 3)  # years


class HalfDoubt(StudentT):
    """Means half as uncertain: the posterior of the prior that the reference means are pulled to."""

    __slots__ = ()

    def law(self) -> Law:
        """Return the law of a month with half the doubt."""
        whole = super().law()
        return replace(whole, doubt=0.5 * whole.doubt)


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
    found = calibrate(load_market(), candidates(), step=6, paths=1000, history=5)
    before, since = found.rows(before=SPLIT), found.rows(since=SPLIT)
    for name, written in (("choice", choice(found)), ("before", table(before)), ("since", table(since))):
        first, last = f"<!-- {name}: written by docs/calibration.py -->\n", f"<!-- end of {name} -->\n"
        head, rest = text.split(first)
        text = f"{head}{first}\n{written}\n{last}{rest.split(last)[1]}"
    return text


def candidates() -> dict[str, Fit]:
    """Return every model, and the two cheap ones with less doubt of their parameters."""

    def student(market: Market, assumptions: Assumptions, *doubts: bool) -> StudentT:
        return StudentT(assumptions, StudentT.fit(market, assumptions).degrees, *doubts)

    def narrower(market: Market, assumptions: Assumptions) -> HalfDoubt:
        return HalfDoubt(assumptions, StudentT.fit(market, assumptions).degrees)

    return default_models() | {
        "lognormal, means only": lambda _, assumptions: LognormalModel(assumptions, True, False),
        "lognormal, covariance only": lambda _, assumptions: LognormalModel(assumptions, False, True),
        "student t plug-in": lambda market, assumptions: student(market, assumptions, False, False),
        "student t, means only": lambda market, assumptions: student(market, assumptions, True, False),
        "student t, covariance only": lambda market, assumptions: student(market, assumptions, False, True),
        "student t, half the doubt of means": narrower,
    }


def choice(found: Calibration) -> str:
    """Return CRPS as a multiple of the plug-in's at the same origins, before the split and from it on, best first."""
    scores = {}
    for name, rows in (("before", found.rows(before=SPLIT)), ("since", found.rows(since=SPLIT))):
        for model in found.models:
            mine = [row for row in rows if row.model == model and row.years in CHOSEN_AT]
            scores[model, name] = [row.crps / (row.crps - row.crps_gap) for row in mine]
    cells = [
        (r.kind, r.years) for r in found.rows(since=SPLIT) if r.model == PLUG_IN and r.years in CHOSEN_AT
    ]
    heads = ["model", "before", *(f"{kind} {years}" for kind, years in cells), "from 2016 on"]
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    whole = {row.model for row in found.rows(before=SPLIT) if row.years == 1 and row.origins > 1}
    for model in sorted(whole, key=lambda model: sum(scores[model, "before"])):
        early, late = scores[model, "before"], scores[model, "since"]
        numbers = (sum(early) / len(early), *early, sum(late) / len(late))
        lines.append(f"| {model.replace('_', ' ')} | {' | '.join(f'{number:.3f}' for number in numbers)} |")
    return "\n".join(lines) + "\n"


def table(rows: tuple[Row, ...]) -> str:
    """Return one row a kind, horizon and model."""
    heads = ["of", "years", "model", "origins", "windows", "in 80 %", "in 90 %", "lowest", "highest", "CRPS"]
    heads += ["difference", "log score", "verdict"]
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    for row in rows:
        inside = [
            f"{100 * share:.0f}" + ("" if error != error else f" ± {100 * error:.0f}")  # NaN: too few windows
            for share, error in zip(row.coverage, row.errors, strict=True)
        ]
        gap = f"{row.crps_gap:+.4f}"
        gap += "" if row.crps_gap_error != row.crps_gap_error else f" ± {row.crps_gap_error:.4f}"
        cells = (row.kind, row.years, row.model.replace("_", " "), row.origins, f"{row.windows:.1f}", *inside,
                 *(f"{100 * row.histogram[tenth]:.0f}" for tenth in (0, -1)),
                 f"{row.crps:.4f}", gap, f"{row.log_score:.2f}", row.verdict)  # fmt: skip
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
