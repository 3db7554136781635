"""``goalplan frontier``: portfolios of least risk for rising returns, from a TOML file."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..tables import Table, draw

if TYPE_CHECKING:
    from ..engine.risk.config import Frontier
    from ..engine.risk.solution import Solution

_EPILOG = """\b
Worked example:
  printf 'measure = "max_drawdown"\\nrows = ["cn_treasury >= 0.2"]\\n' > frontier.toml
  goalplan frontier frontier.toml
  goalplan frontier frontier.toml --format json | jq '.portfolios[] | {value, weights}'
"""
_LEAST = 0.0005  # below it a weight reads 0.0 %


@click.command(epilog=_EPILOG)
@click.argument("config", metavar="CONFIG.toml", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--market",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of market data; the embedded market when left out.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="What to print.",
)
def command(config: Path, folder: Path | None, form: str) -> int:
    """Show the portfolios of least risk for rising expected returns, on a market's own history.

    Risk is variance, cvar, cdar or max_drawdown, under bounds, groups, rows by name, turnover and limits on
    other measures and on named stress losses; docs/risk.md shows every entry. Every value comes with a
    proved bound. Exit code 3: nothing is feasible.
    """
    from ..engine.risk.config import FrontierConfig, run_frontier
    from ..scenarios.market import load_market

    settings = FrontierConfig.from_toml(config)
    found = run_frontier(settings, load_market(folder, settings.assets or None))
    if form == "json":
        click.echo(json.dumps(_document(found), ensure_ascii=False, indent=2))
    elif found.solutions[0].status == "optimal":
        draw((_table(found),))
    for solution in found.solutions:
        if solution.status != "optimal":
            click.echo(f"{solution.status}: {solution.reason}", err=True)
    return 0 if found.solutions[0].status == "optimal" else 3


def _table(found: Frontier) -> Table:
    shown = [s for s in found.solutions if s.status == "optimal"]
    held = [j for j in range(len(found.assets)) if any(solution.weights[j] >= _LEAST for solution in shown)]
    limits = tuple(shown[0].risks) if shown else ()
    measure = found.config.measure
    title = (
        f"Least {measure} on {found.rows} {found.config.frequency} rows, {found.first} to {found.last}; "
        "returns a year, risk per row or from the peak"
    )
    rows = []
    for solution in shown:
        rows.append(
            (
                f"{solution.expected_return * found.rows_a_year:.2%}",
                f"{solution.value:.6f}" if measure == "variance" else f"{solution.value:.2%}",
                *(f"{solution.risks[name]:.2%}" for name in limits),
                *(f"{solution.weights[j]:.1%}" if solution.weights[j] >= _LEAST else "" for j in held),
            )
        )
    head = ("return", measure, *limits, *(found.assets[j] for j in held))
    return Table(title=title, head=head, rows=tuple(rows), left=0)


def _document(found: Frontier) -> dict[str, Any]:
    return {
        "config": found.config.model_dump(mode="json"),
        "history": {"first": found.first, "last": found.last, "rows": found.rows},
        "portfolios": [_portfolio(solution, found.assets) for solution in found.solutions],
    }


def _portfolio(solution: Solution, assets: tuple[str, ...]) -> dict[str, Any]:
    figures = ("value", "bound", "gap", "expected_return", "turnover", "trading_cost")
    optimal = solution.status == "optimal"
    return {
        "status": solution.status,
        "reason": solution.reason,
        **{name: getattr(solution, name) if optimal else None for name in figures},
        "weights": dict(zip(assets, solution.weights.tolist(), strict=True)) if optimal else {},
        "risks": dict(solution.risks),
        "active": [asdict(active) for active in solution.active],
        "least": dict(solution.least),
        "attempts": [asdict(attempt) for attempt in solution.attempts],
    }
