"""``goalplan market``: what is in a market folder, whether it can be used, and its monthly refresh."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..tables import Table, draw

if TYPE_CHECKING:
    from ..scenarios.append import TableName
    from ..scenarios.market import Market

_EPILOG = """\b
Worked example:
  goalplan market show
  goalplan market check my_market
  goalplan market append my_market june.csv
"""
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.group(epilog=_EPILOG)
def command() -> None:
    """Show, check or extend market data.

    A market is a folder with prices.csv, assets.toml and, where there are indices, indices.csv.
    """


@command.command(epilog="\b\nWorked example:\n  goalplan market show my_market")
@click.argument("folder", type=_FOLDER, required=False)
def show(folder: Path | None) -> None:
    """List assets and indices of the market in FOLDER, or of the embedded one."""
    from ..scenarios.market import load_market

    market = load_market(folder)
    draw((_assets(market), _indices(market)) if market.index_ids else (_assets(market),))
    click.echo(f"digest {market.digest}")


@command.command(epilog="\b\nWorked example:\n  goalplan market check my_market && echo usable")
@click.argument("folder", type=_FOLDER)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="en", show_default=True)
def check(folder: Path, lang: str) -> None:
    """Read the market in FOLDER; say what is wrong with it, or what it holds.

    What makes the market unusable ends the command with exit code 2; a warning does not.
    """
    from ..scenarios.check import check_market
    from ..scenarios.market import load_market

    market = load_market(folder)
    checked = check_market(market)
    draw((Table(title=f"{market.name}: usable", head=("series", "from", "to"), rows=checked.spans, left=3),))
    for warning in checked.warnings:
        click.echo(f"warning: {warning.text_zh if lang == 'zh' else warning.text_en}")


@command.command(
    epilog="\b\nWorked example:\n  goalplan market append my_market june.csv\n"
    "  goalplan market append my_market cpi_june.csv --table indices"
)
@click.argument("folder", type=_FOLDER)
@click.argument("new", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="NEW.csv")
@click.option(
    "--table",
    type=click.Choice(["prices", "prices_monthly", "indices"]),
    help="The table that the rows belong to; left out, the one of prices and indices with these columns.",
)
def append(folder: Path, new: Path, table: TableName | None) -> None:
    """Add the rows of NEW.csv to the market in FOLDER, after its last date.

    Rows that are there already are skipped if they say the same and refused if not. The resulting market is checked
    first; the table is replaced in one step, or left as it was.
    """
    from ..scenarios.append import append_rows
    from ..scenarios.check import check_market

    done = append_rows(folder, new, table)
    spans = f", {done.first} to {done.last}" if done.added else ""
    click.echo(f"{done.file}: {done.added} rows added{spans}; {done.known} were there already")
    click.echo(f"digest {done.market.digest}")
    for warning in check_market(done.market).warnings:
        if done.first is not None and warning.date[:7] >= done.first[:7]:
            click.echo(f"warning: {warning.text_en}")


def _assets(market: Market) -> Table:
    head = ("asset", "name", "class", "currency", "product risk", "fee a year", "trading cost", "from", "to")
    rows = []
    for asset, levels in zip(market.assets, market.monthly.T, strict=True):
        there = market.months[levels == levels]  # NaN is unequal to itself: absent
        rows.append(
            (
                asset.id,
                f"{asset.name_en} {asset.name_zh}",
                asset.asset_class,
                asset.currency,
                f"R{asset.risk_level}",
                f"{asset.fee:.2%}",
                f"{asset.trading_cost:.2%}",
                str(there[0]),
                str(there[-1]),
            )
        )
    title = f"{market.name}: {market.frequency} total-return levels in {market.currency} to {market.as_of}"
    return Table(title=title, head=head, rows=tuple(rows), left=5)


def _indices(market: Market) -> Table:
    rows = []
    for name, levels in zip(market.index_ids, market.index_levels.T, strict=True):
        there = market.index_months[levels == levels]
        rows.append((name, str(there[0]), str(there[-1])))
    return Table(title="indices, monthly levels", head=("index", "from", "to"), rows=tuple(rows))
