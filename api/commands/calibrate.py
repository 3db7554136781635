"""``goalplan calibrate``: which return models kept their promises on a market's own past."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..progress import working
from ..tables import Table, draw

if TYPE_CHECKING:
    from ..backtests.calibration import Row

_EPILOG = """\b
Worked example:
  goalplan calibrate
  goalplan calibrate --market my_market --horizons 1,3 --step 12
  goalplan calibrate --since 2016-01 --format json | jq '.rows[] | {model, years, coverage}'
"""
_MONTH = click.DateTime(["%Y-%m"])


@click.command(epilog=_EPILOG)
@click.option(
    "--market",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of market data, monthly, daily or annual; the embedded market when left out.",
)
@click.option("--horizons", default="1,3,5,10", show_default=True, help="Years, with commas.")
@click.option(
    "--step", type=click.IntRange(1, 60), default=12, show_default=True, help="Months between origins."
)
@click.option(
    "--history",
    type=click.IntRange(3, 60),
    default=10,
    show_default=True,
    help="Years before the first origin.",
)
@click.option("--paths", type=click.IntRange(100, 20_000), default=1000, show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), default=1, show_default=True)
@click.option("--since", type=_MONTH, help="Score only origins from this month on.")
@click.option("--before", type=_MONTH, help="Score only origins before this month.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def command(
    folder: Path | None,
    horizons: str,
    step: int,
    history: int,
    paths: int,
    seed: int,
    since: object,
    before: object,
    form: str,
) -> None:
    """Score every return model at rolling origins of the market's past, each seeing only what was known then.

    Coverage is the share of outcomes inside the central 80 % and 90 % interval, with its block standard error;
    windows counts those that do not overlap. A model is called overconfident or too wide when a coverage is two
    standard errors of a calibrated model off. CRPS and log score: lower is better; the difference is to the
    first model.
    """
    from ..backtests.calibration import calibrate
    from ..scenarios.market import load_market

    market = load_market(folder)
    with working("calibrating"):
        found = calibrate(
            market, horizons=_years(horizons), step=step, history=history, paths=paths, seed=seed
        )
    rows = found.rows(_month(since), _month(before))
    if not rows:
        raise click.UsageError(
            f"no origin lies between --since and --before; they run from {found.origins[0]} to {found.origins[-1]}."
        )
    if form == "json":
        document = {
            "market": market.name,
            "market_digest": market.digest,
            "rows": [{**asdict(row), "verdict": row.verdict} for row in rows],
            "refused": found.refused,
        }
        click.echo(json.dumps(_plain(document), ensure_ascii=False, indent=2))
        return
    draw(
        _table(rows, kind, title) for kind, title in (("growth", "growth"), ("drawdown", "maximum drawdown"))
    )
    for model, reason in found.refused.items():
        click.echo(f"left out where it could not be fitted: {model}: {reason}", err=True)


def _years(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdigit() and 1 <= int(part) <= 50 for part in parts):
        raise click.UsageError(
            f"--horizons is {text!r}; give whole years from 1 to 50 with commas, such as 1,3,5."
        )
    return tuple(sorted({int(part) for part in parts}))


def _month(value: object) -> str | None:
    return None if value is None else str(value)[:7]


def _table(rows: tuple[Row, ...], kind: str, title: str) -> Table:
    counts = ("model", "verdict", "years", "origins", "windows", "in 80%", "error", "in 90%", "error")
    head = (*counts, "CRPS", "difference", "error", "log score")
    cells = tuple(
        (
            row.model,
            row.verdict,
            str(row.years),
            str(row.origins),
            f"{row.windows:.1f}",
            *(text for pair in zip(row.coverage, row.errors, strict=True) for text in map(_share, pair)),
            f"{row.crps:.4f}",
            f"{row.crps_gap:+.4f}",
            _number(row.crps_gap_error),
            f"{row.log_score:.3f}",
        )
        for row in rows
        if row.kind == kind
    )
    return Table(title=f"Calibration of {title}", head=head, rows=cells, left=2)


def _share(value: float) -> str:
    return "-" if value != value else f"{value:.0%}"  # NaN is unequal to itself: too few windows


def _number(value: float) -> str:
    return "-" if value != value else f"{value:.4f}"


def _plain(value: object) -> object:
    """Return the document with NaN as null, which JSON knows."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and value != value else value
