"""Write the tables of docs/assumptions.md from the embedded market.

Run as ``python docs/assumptions.py``; with ``--check`` nothing is written and the exit code says whether the
page is current.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from goalplan.scenarios.assumptions import Assumptions
from goalplan.scenarios.market import Market, load_market
from goalplan.scenarios.moments import SHARPE, historic_moments
from goalplan.scenarios.reference import reference_assumptions

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
    reference = reference_assumptions(market)
    tables = {
        "assets": assets_table(market, reference),
        "indices": indices_table(market, reference),
        "correlations": correlations_table(reference),
    }
    for name, table in tables.items():
        first, last = f"<!-- {name}: written by docs/assumptions.py -->\n", f"<!-- end of {name} -->\n"
        head, rest = text.split(first)
        text = f"{head}{first}\n{table}\n{last}{rest.split(last)[1]}"
    return text


def assets_table(market: Market, reference: Assumptions) -> str:
    """Return one row an asset: the means, what they are made of, and how well history knows them."""
    history = historic_moments(market).mean
    rows = []
    for k, asset in enumerate(market.assets):
        mean, volatility = reference.mean[k], reference.volatility[k]
        is_cash = asset.asset_class == "cash"
        rows.append(
            (
                f"`{asset.id}` {asset.name_zh}",
                percent(mean),
                percent(reference.geometric[k]),
                percent(volatility),
                "" if is_cash else f"{(mean - reference.cash) / volatility:.2f}",
                "" if is_cash else percent(reference.cash + SHARPE * volatility),
                percent(history[k]),
                percent(volatility / np.sqrt(reference.years)),
                f"{reference.max_weight[k]:.0%}",
                asset.source,
            )
        )
    head = (
        "asset",
        "arithmetic",
        "geometric",
        "volatility",
        "Sharpe",
        "prior",
        "history",
        "its error",
        "cap",
        "source",
    )
    return markdown(head, rows)


def indices_table(market: Market, reference: Assumptions) -> str:
    """Return one row an index: expected growth and volatility, and the span behind them."""
    rows = []
    for j, name in enumerate(reference.index_ids):
        levels = market.index_levels[:, j]
        span = market.index_months[~np.isnan(levels)]
        monthly = np.nanstd(np.diff(np.log(levels)), ddof=1) * np.sqrt(12.0)
        rows.append(
            (
                f"`{name}`",
                percent(reference.index_mean[j]),
                percent(historic_moments(market).index_mean[j]),
                percent(reference.index_volatility[j]),
                percent(float(monthly)),
                f"{span[0]} to {span[-1]}",
            )
        )
    return markdown(("index", "expected", "history", "volatility", "of monthly changes", "series"), rows)


def correlations_table(reference: Assumptions) -> str:
    """Return the correlation matrix, assets and indices, in hundredths below the diagonal."""
    ids = reference.asset_ids + reference.index_ids
    rows = [
        (f"{i + 1} `{name}`", *(f"{100 * reference.correlation[i, j]:.0f}" for j in range(i)))
        + ("",) * (len(ids) - i)
        for i, name in enumerate(ids)
    ]
    return markdown(("", *(str(j + 1) for j in range(len(ids)))), rows).replace(" -0 ", " 0 ")


def percent(value: float) -> str:
    """Return `value` in percent with one decimal."""
    return f"{100.0 * value:.1f} %"


def markdown(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a table."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
