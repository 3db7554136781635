"""Write the table of docs/operations.md: how many cores a month of 200 million clients needs.

Run as ``python docs/operations.py``; a test keeps the page current. COSTS are CPU seconds a plan on one core: change
them to what benchmarks/test_book.py measures on your machine, and say where they were measured.
"""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).with_suffix(".md")
FIRST, LAST = "<!-- cores: written by docs/operations.py -->\n", "<!-- end of cores -->\n"
CLIENTS = 200_000_000
BUSY = 0.8  # share of the time for which a core is at work
COSTS = {
    "no drawdown limit, measured ([book](book.md#what-it-costs))": 0.0465,
    "no drawdown limit, the aim": 0.010,
    "drawdown limit of 12 %, measured ([book](book.md#what-it-costs))": 0.684,
    "drawdown limit, the aim": 0.125,
}
HOURS = {"one night of 8 hours": 8.0, "20 nights of 8 hours": 160.0, "a month, day and night": 720.0}


def rendered(text: str) -> str:
    """Return the page with its table made anew."""
    head, rest = text.split(FIRST)
    return f"{head}{FIRST}\n{table()}\n{LAST}{rest.split(LAST)[1]}"


def table() -> str:
    """Return a row for each cost: core hours in all, and cores by the time there is."""
    lines = [("plans", "CPU a plan", "core hours", *HOURS), ("---",) * (3 + len(HOURS))]
    for what, seconds in COSTS.items():
        whole = CLIENTS * seconds / 3600.0
        cores = (f"{whole / hours / BUSY:,.0f}" for hours in HOURS.values())
        lines.append((what, f"{1e3 * seconds:g} ms", f"{whole:,.0f}", *cores))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
