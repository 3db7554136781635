"""``goalplan backtest``: strategies through the history of a market."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from ..command_config import DAY, as_json, bar, read_config
from ..tables import Table, draw

if TYPE_CHECKING:
    from ..backtests import Comparison, StartSpread

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
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
its account and its trades as .csv or .parquet.
"""


@click.command(epilog=_EPILOG)
@click.argument("path", metavar="CONFIG.toml", required=False, type=_FILE)
@click.option("--config", "option_path", type=_FILE, help="The same as CONFIG.toml.")
@click.option("--start", "-s", type=DAY, help="First day of the account.")
@click.option("--end", "-e", type=DAY, help="Last day.")
@click.option(
    "--set",
    "overrides",
    metavar="KEY=VALUE",
    multiple=True,
    help="Change a key of the file; may be repeated.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    show_default=True,
    help="Of the bootstrap intervals.",
)
@click.option(
    "--starts", type=click.Choice(["monthly", "quarterly", "yearly"]),
    help="Run the first strategy from every month, quarter or year and show the spread.",
)  # fmt: skip
@click.option("--years", type=click.FloatRange(0.5, 100.0), help="Length of each run of --starts.")
@click.option(
    "--output", "-o", "folder", metavar="OUT", type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the results.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "csv", "parquet"]), default="table",
    show_default=True, help="What to print; csv and parquet set the files in OUT.",
)  # fmt: skip
@click.option("--example", is_flag=True, help="Print a commented configuration and stop.")
@click.option("--dry-run", is_flag=True, help="Check configuration and data, say what would run, and stop.")
def command(
    path: Path | None,
    option_path: Path | None,
    start: datetime | None,
    end: datetime | None,
    overrides: tuple[str, ...],
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
        click.echo((files("goalplan") / "examples" / "backtest.toml").read_text(encoding="utf-8"), nl=False)
        return
    from ..backtests import BacktestConfig, compare, ready, walk_forward_starts
    from ..scenarios.market import load_market

    chosen = path or option_path
    if chosen is None:
        raise click.UsageError(
            "CONFIG.toml is missing; goalplan backtest --example prints one to start from."
        )
    if form == "parquet" and folder is None:
        raise click.UsageError("--format parquet needs a folder; give -o OUT.")
    sys.path.insert(0, str(Path.cwd()))  # a user's own strategy lies beside the user
    options = {"start": start and start.date(), "end": end and end.date()}
    config = read_config(chosen, BacktestConfig, overrides, options)
    market = load_market(config.market)
    if dry_run:
        first, last = ready(config, market)
        names = ", ".join(rule.label for rule in (config.strategy, *config.against))
        click.echo(f"ready: {first} to {last} on {market.name}: {names}")
        return
    if starts is not None:
        with bar("starts") as progress:
            spread = walk_forward_starts(config, market, every=starts, years=years, progress=progress)
        _show_spread(spread, form)
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
    from ..engine.whole_file import whole_file, write_whole
    from ..reports.tear_sheet import charts_png, tear_sheet_pdf

    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "tear_sheet.pdf", tear_sheet_pdf(found))
    write_whole(folder / "summary.json", as_json(document(found, seed)) + "\n")
    for number, result in enumerate(found.results):
        write_whole(folder / f"{number:02d}-{result.config.strategy.kind}.png", charts_png(result))
        for what, frame in (("account", result.to_frame()), ("trades", result.trades_frame())):
            name = f"{number:02d}-{result.config.strategy.kind}-{what}"
            if form == "parquet":
                with whole_file(folder / f"{name}.parquet") as file:
                    frame.to_parquet(file)
            else:
                write_whole(folder / f"{name}.csv", frame.to_csv(index=what == "account"))


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


def _show_spread(spread: StartSpread, form: str) -> None:
    figures = ("cagr", "max_drawdown", "sharpe_ratio", "money_weighted_return")
    levels = (5.0, 25.0, 50.0, 75.0, 95.0)
    found = {name: spread.percentiles(name, levels).tolist() for name in figures}
    if form == "json":
        click.echo(
            as_json(
                {"name": spread.name, "starts": len(spread.starts), "levels": levels, "percentiles": found}
            )
        )
        return
    head = ("", *(f"{level:g} %" for level in levels))
    rows = tuple((name, *(f"{value:.4f}" for value in values)) for name, values in found.items())
    title = f"{spread.name}: {len(spread.starts)} starts from {spread.starts[0]} to {spread.starts[-1]}; runs overlap"
    draw([Table(title=title, head=head, rows=rows)])


def _percent(value: float) -> str:
    return "-" if value != value else f"{value:.1%}"


def _number(value: float) -> str:
    return "-" if value != value else f"{value:.2f}"
