"""``goalplan backtest``: strategies through the history of a market."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from ..command_config import as_json, bar, read_config, write_frame
from ..config_options import chosen, config_options, print_example
from ..tables import Table, draw

if TYPE_CHECKING:
    from ..backtests import Comparison, StartSpread

_EPILOG = """\b
Worked example:
  goalplan backtest --example > bt.toml
  goalplan backtest bt.toml --dry-run
  goalplan backtest bt.toml -s 2015-01-01 --set costs.slippage_bps=5 -o run
  goalplan backtest bt.toml --starts monthly --years 5
  goalplan backtest bt.toml --format json | jq '.strategies[] | {name, cagr: .metrics.cagr}'

\b
A strategy of your own is a function weights(history) in my_module.py beside you, named in the file as
kind = "function", function = "my_module:weights". With -o the folder OUT holds summary.json, and for every strategy
its account and its trades as .csv or .parquet. With --starts every finished start is kept in OUT, and a run that was
stopped goes on there.
"""


@click.command(epilog=_EPILOG)
@config_options(
    first="First day of the account.", last="Last day.", workers="Processes for --starts; one when left out."
)
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True,
    help="Of the bootstrap intervals.",
)  # fmt: skip
@click.option(
    "--starts", type=click.Choice(["monthly", "quarterly", "yearly"]),
    help="Run the first strategy from every month, quarter or year and show the spread.",
)  # fmt: skip
@click.option("--years", type=click.FloatRange(0.5, 100.0), help="Length of each run of --starts.")
def command(
    path: Path | None,
    option_path: Path | None,
    start: datetime | None,
    end: datetime | None,
    overrides: tuple[str, ...],
    workers: int | None,
    seed: int,
    starts: Literal["monthly", "quarterly", "yearly"] | None,
    years: float | None,
    folder: Path | None,
    form: str,
    example: bool,
    dry_run: bool,
) -> None:
    """Would this strategy have worked? A walk-forward through history, with costs, against others.

    Decides with what was known at a close, trades `rebalance.delay` rows later, pays for it, and drifts in between. A
    date at which a strategy fails keeps the weights before and is reported.
    """
    if example:
        print_example("backtest.toml")
        return
    from ..backtests import BacktestConfig, compare, ready, walk_forward_starts
    from ..engine.processes import processes
    from ..scenarios.market import load_market

    file = chosen(path, option_path, form, folder, "backtest")
    sys.path.insert(0, str(Path.cwd()))  # a user's own strategy lies beside the user
    options = {"start": start and start.date(), "end": end and end.date()}
    config = read_config(file, BacktestConfig, overrides, options)
    market = load_market(config.market)
    if dry_run:
        first, last = ready(config, market)
        names = ", ".join(rule.label for rule in (config.strategy, *config.against))
        click.echo(f"ready: {first} to {last} on {market.name}: {names}")
        return
    if starts is not None:
        pool = processes(workers) if workers and workers > 1 else nullcontext()
        with bar("starts") as progress, pool as executor:
            spread = walk_forward_starts(
                config, market, every=starts, years=years, folder=folder, executor=executor, progress=progress
            )
        if folder is not None:
            _write_spread(folder, spread, form)
            click.echo(f"wrote {folder}", err=True)
        _show_spread(spread, form, folder)
        return
    with bar("strategies") as progress:
        found = compare(config, market, progress=progress)
    if folder is not None:
        _write(folder, found, seed, form)
        click.echo(f"wrote {folder}", err=True)
    if form == "json":
        click.echo(as_json(document(found, seed)))
    elif form == "csv" and folder is None:
        click.echo(found.results[0].to_frame().to_csv(), nl=False)
    else:
        draw(tables(found, seed))
    for result in found.results:
        for event in result.events:
            if event.code != "series_ended":
                click.echo(f"{result.name}: {event.text()}", err=True)


def document(found: Comparison, seed: int) -> dict[str, Any]:
    """What the JSON holds: a summary, intervals, falls, crises and events of each strategy, and the caution."""
    from ..backtests import bootstrap_intervals, crisis_windows, worst_drawdowns

    strategies = [
        {
            **result.summary(),
            "intervals": asdict(bootstrap_intervals(result, seed=seed)),
            "worst_drawdowns": [asdict(each) for each in worst_drawdowns(result)],
            "crisis_windows": [asdict(each) for each in crisis_windows(result)],
            "recorded": [event.text() for event in result.events],
        }
        for result in found.results
    ]
    config = found.results[0].config.model_dump(mode="json", exclude_none=True)
    return {"config": config, "seed": seed, "strategies": strategies, "caution": asdict(found.caution)}


def _write(folder: Path, found: Comparison, seed: int, form: str) -> None:
    from ..engine.whole_file import write_whole
    from ..reports.tear_sheet import charts_png, tear_sheet_pdf

    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "tear_sheet.pdf", tear_sheet_pdf(found))
    write_whole(folder / "summary.json", as_json(document(found, seed)) + "\n")
    for number, result in enumerate(found.results):
        write_whole(folder / f"{number:02d}-{result.config.strategy.kind}.png", charts_png(result))
        for what, frame in (("account", result.to_frame()), ("trades", result.trades_frame())):
            name = f"{number:02d}-{result.config.strategy.kind}-{what}"
            write_frame(folder / name, frame, form, index=what == "account")


def tables(found: Comparison, seed: int) -> Iterator[Table]:
    """Figures, intervals with the caution, and crises."""
    from ..backtests import bootstrap_intervals, crisis_windows

    first = found.results[0]
    head = ("", "CAGR", "volatility", "drawdown", "Sharpe", "Sortino", "Calmar", "turnover", "costs", "final")
    rows = tuple(
        (
            r.name,
            _percent(r.metrics.cagr),
            _percent(r.metrics.annual_volatility),
            _percent(r.metrics.max_drawdown),
            _number(r.metrics.sharpe_ratio),
            _number(r.metrics.sortino_ratio),
            _number(r.metrics.calmar_ratio),
            _percent(r.turnover),
            f"{r.costs:,.0f}",
            f"{r.wealth[-1]:,.0f}",
        )
        for r in found.results
    )
    yield Table(title=f"{first.dates[0]} to {first.dates[-1]}, {first.market_name}", head=head, rows=rows)
    lines = []
    for k, r in enumerate(found.results):
        figures = bootstrap_intervals(r, seed=seed).figures
        spans = [figures[name] for name in ("cagr", "max_drawdown")]
        sharpe = figures["sharpe_ratio"]
        lines.append(
            (
                r.name,
                *(f"{_percent(span.low)} to {_percent(span.high)}" for span in spans),
                f"{_number(sharpe.low)} to {_number(sharpe.high)}",
                f"{found.caution.probabilistic[k]:.3f}",
                f"{found.caution.deflated[k]:.3f}",
            )
        )
    yield Table(
        title=f"90 % block-bootstrap intervals; caution of {found.caution.trials} strategies tried",
        head=("", "CAGR", "drawdown", "Sharpe", "P(true > 0)", "P(true > best of luck)"),
        rows=tuple(lines),
    )
    crises = [crisis_windows(r) for r in found.results]
    if crises[0]:
        cells = tuple(
            (r.name, *(_percent(window.total_return) for window in windows))
            for r, windows in zip(found.results, crises, strict=True)
        )
        yield Table(
            title="Return in each crisis of the stress library",
            head=("", *(window.id for window in crises[0])),
            rows=cells,
        )


_SPREAD = ("cagr", "max_drawdown", "sharpe_ratio", "money_weighted_return")
_LEVELS = (5.0, 25.0, 50.0, 75.0, 95.0)


def _spread_document(spread: StartSpread) -> dict[str, Any]:
    found = {name: spread.percentiles(name, _LEVELS).tolist() for name in _SPREAD}
    return {"name": spread.name, "starts": len(spread.starts), "levels": _LEVELS, "percentiles": found}


def _write_spread(folder: Path, spread: StartSpread, form: str) -> None:
    from ..engine.whole_file import write_whole

    write_whole(folder / "summary.json", as_json(_spread_document(spread)) + "\n")
    write_frame(folder / "starts", spread.to_frame(), form, index=False)


def _show_spread(spread: StartSpread, form: str, folder: Path | None) -> None:
    if form == "json":
        click.echo(as_json(_spread_document(spread)))
        return
    if form == "csv" and folder is None:
        click.echo(spread.to_frame().to_csv(index=False), nl=False)
        return
    head = ("", *(f"{level:g} %" for level in _LEVELS))
    rows = tuple((name, *(f"{value:.4f}" for value in spread.percentiles(name, _LEVELS))) for name in _SPREAD)
    title = f"{spread.name}: {len(spread.starts)} starts from {spread.starts[0]} to {spread.starts[-1]}; runs overlap"
    draw([Table(title=title, head=head, rows=rows)])


def _percent(value: float) -> str:
    return "-" if value != value else f"{value:.1%}"


def _number(value: float) -> str:
    return "-" if value != value else f"{value:.2f}"
