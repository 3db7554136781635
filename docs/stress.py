"""Write the tables of docs/stress.md from the embedded market and the stress library.

Run as ``python docs/stress.py``; with ``--check`` nothing is written and the exit code says whether the page
is current.
"""

from __future__ import annotations

import sys
from pathlib import Path

from goalplan.scenarios.market import load_market
from goalplan.scenarios.reference import reference_assumptions
from goalplan.scenarios.stress import StressPath, load_episodes
from goalplan.scenarios.stress_set import StressSet, stress_set

PAGE = Path(__file__).with_suffix(".md")


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
    market = load_market()
    events = stress_set(market, reference_assumptions(market))
    tables = {
        "episodes": episodes_table(),
        "depths": depths_table([path for path in events.paths if path.kind == "episode"]),
        "shocks": shocks_table([path for path in events.paths if path.kind == "shock"]),
        "stand-ins": proxies_table(events),
    }
    for name, table in tables.items():
        first, last = f"<!-- {name}: written by docs/stress.py -->\n", f"<!-- end of {name} -->\n"
        head, rest = text.split(first)
        text = f"{head}{first}\n{table}\n{last}{rest.split(last)[1]}"
    return text


def episodes_table() -> str:
    """Return one row an episode: id, names, dates, steps, what happened and why these dates."""
    rows = [
        (
            f"`{e.id}`",
            f"{e.name_en}<br>{e.name_zh}",
            f"{e.start}<br>{e.end}",
            e.step + (", **proxy**" if e.proxy else ""),
            f"{e.happened_en}<br>{e.happened_zh}",
            e.rationale,
        )
        for e in load_episodes().episodes
    ]
    return markdown(("id", "episode", "from, to", "steps", "what happened", "dates"), rows)


def depths_table(paths: list[StressPath]) -> str:
    """Return the drawdown in percent of each asset (row) held alone in each episode (column)."""
    depths = [path.depths for path in paths]
    rows = []
    for j, asset in enumerate(paths[0].asset_ids):
        cells = (
            f"{100.0 * depth[j]:.1f}{'*' if path.routes[j] == 'proxy' else ''}"
            for path, depth in zip(paths, depths, strict=True)
        )
        rows.append((asset, *cells))
    return markdown(("asset", *(path.id for path in paths)), rows)


def shocks_table(paths: list[StressPath]) -> str:
    """Return the return in percent of each asset (row) in each shock (column)."""
    marks = {"moved": "", "expected": " e", "gain_dropped": " d", "held_at_par": "", "not_linked": " n"}
    rows = [
        (asset, *(f"{100.0 * path.returns[0, j]:+.1f}{marks[path.routes[j]]}" for path in paths))
        for j, asset in enumerate(paths[0].asset_ids)
    ]
    return markdown(("asset", *(path.id for path in paths)), rows)


def proxies_table(events: StressSet) -> str:
    """Return one row an episode and asset without levels of its own."""
    rows = [
        (
            path.id,
            proxy.asset,
            proxy.of or "-",
            proxy.rule.replace("_", " "),
            f"{proxy.scale:.2f}",
            "-" if proxy.correlation is None else f"{proxy.correlation:.2f}",
        )
        for path in events.paths
        for proxy in path.proxies
    ]
    return markdown(("episode", "asset", "stand-in", "rule", "scale", "correlation"), rows)


def markdown(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
