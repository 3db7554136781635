"""``goalplan cohorts``: the same client started in every month of history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..command_config import as_json, bar, read_config, write_frame
from ..config_options import chosen, config_options, print_example
from ..tables import Table, draw

if TYPE_CHECKING:
    from ..backtests.cohorts import CohortResult
    from ..backtests.scores import BlockShare

_EPILOG = """\b
Worked example:
  goalplan cohorts --example > cohorts.toml
  goalplan cohorts cohorts.toml --dry-run
  goalplan cohorts cohorts.toml --set every=6 -o run
  goalplan cohorts cohorts.toml -s 2015-01 -e 2018-12 --format json | jq '.figures[] | {name, met}'

\b
With -o every finished cohort is kept in OUT, and a run that was stopped goes on there; at the end OUT also holds
summary.json, cohorts.csv (or .parquet) and tear_sheet.pdf.
"""


@click.command(epilog=_EPILOG)
@config_options(
    first="First month in which a client starts.",
    last="Last month in which a client starts.",
    workers="Processes; one a core when left out.",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), help="Same seed, same bytes; the file's when left out."
)
def command(
    path: Path | None,
    option_path: Path | None,
    start: datetime | None,
    end: datetime | None,
    overrides: tuple[str, ...],
    workers: int | None,
    folder: Path | None,
    form: str,
    example: bool,
    dry_run: bool,
    seed: int | None,
) -> None:
    """Would this client have made it? Planned in every month of history, with what was known then.

    At each start the market is cut to what was known; the plan is followed through what really came: was each goal
    paid, how much was short, what contribution would have been needed, how deep was the worst fall. And of the
    plans that said 80 %, how many made it?
    """
    if example:
        print_example("cohorts.toml")
        return
    from ..backtests.cohorts import CohortConfig, cohort_starts, goal_cohorts
    from ..engine.processes import cores, processes
    from ..scenarios.market import load_market

    file = chosen(path, option_path, form, folder, "cohorts")
    options = {"start": start and start.date(), "end": end and end.date(), "seed": seed}
    config = read_config(file, CohortConfig, overrides, options)
    market = load_market(config.market)
    starts = cohort_starts(config, market)
    names = [each.label for each in (*config.planners, *config.strategies)]
    said = f"{len(starts)} starts from {starts[0]:%Y-%m} to {starts[-1]:%Y-%m} on {market.name}: {', '.join(names)}"
    if dry_run:
        click.echo(f"ready: {said}")
        return
    click.echo(said, err=True)
    count = min(workers or cores(), len(starts))
    with bar("cohorts") as progress:
        if count > 1:
            with processes(count) as executor:
                found = goal_cohorts(config, market, folder=folder, executor=executor, progress=progress)
        else:
            found = goal_cohorts(config, market, folder=folder, progress=progress)
    if folder is not None:
        _write(folder, found, form)
        click.echo(f"wrote {folder}", err=True)
    if form == "json":
        click.echo(as_json(document(found)))
    elif form == "csv" and folder is None:
        click.echo(found.to_frame().to_csv(index=False), nl=False)
    else:
        draw(tables(found))
    for reason, number in _missing(found).items():
        click.echo(f"without a result, {number}: {reason}", err=True)


def document(found: CohortResult) -> dict[str, Any]:
    """What the JSON holds: provenance, figures, reliability, rows without their series."""
    scores = {name: found.reliability(name) for name in found.names}
    return {
        "market": found.market,
        "market_digest": found.market_digest,
        "config": found.config.model_dump(mode="json", exclude_none=True),
        "months": found.months,
        "block": found.block,
        "figures": [asdict(each) for each in found.figures()],
        "reliability": {name: asdict(score) for name, score in scores.items() if score is not None},
        "rows": [row.model_dump(mode="json", exclude={"wealth", "fan"}) for row in found.rows],
    }


def _write(folder: Path, found: CohortResult, form: str) -> None:
    from ..engine.whole_file import write_whole
    from ..reports.cohort_sheet import cohort_sheet_pdf

    write_whole(folder / "summary.json", as_json(document(found)) + "\n")
    write_whole(folder / "tear_sheet.pdf", cohort_sheet_pdf(found))
    write_frame(folder / "cohorts", found.to_frame(), form, index=False)


def tables(found: CohortResult) -> Iterator[Table]:
    """Figures by name, then promised against realised."""
    head = (
        "", "factor", "starts", "windows", "promised", "met", "90 %", "mean short", "needed a month", "95 %",
        "drawdown", "worst", "broke", "90 %",
    )  # fmt: skip
    rows = tuple(
        (
            f.name,
            f"{f.difficulty:g}",
            str(f.starts),
            f"{f.windows:.1f}",
            _share(f.promised),
            _share(f.met.value),
            _span(f.met),
            _money(f.short),
            _money(f.needed_median),
            _money(f.needed_high),
            _share(f.drawdown_median, 1),
            _share(f.drawdown_worst, 1),
            _share(f.broken.value),
            _span(f.broken),
        )
        for f in found.figures()
    )
    how = "the first plan's table" if found.config.follow == "table" else "a plan made anew at each review"
    yield Table(
        title=f"Goal cohorts, {found.months} months, following {how}; limit {found.config.mark:.0%}",
        head=head,
        rows=rows,
    )
    lines: list[tuple[str, ...]] = []
    for name in found.names:
        score = found.reliability(name)
        if score is None:
            continue
        for b in score.bins:
            lines.append((name, f"{b.low:.0%}-{b.high:.0%}", *_counted(b.count, b.promised, b.came), ""))
        parts = (
            f"{score.reliability:.3f} - {score.resolution:.3f} + {score.uncertainty:.3f} {score.within:+.3f}"
        )
        brier = f"{score.brier.value:.3f} ({score.brier.low:.3f}-{score.brier.high:.3f}) = {parts}"
        lines.append((name, "all", *_counted(score.count, score.promised, score.came), brier))
    if not lines:  # strategies promise nothing
        return
    yield Table(
        title="Promised against realised; Brier = reliability - resolution + uncertainty + within bins",
        head=("", "promise", "promises", "mean", "came true", "90 %", "Brier"),
        rows=tuple(lines),
        left=2,
    )


def _counted(count: int, promised: float, came: BlockShare) -> tuple[str, ...]:
    return str(count), _share(promised), _share(came.value), _span(came)


def _missing(found: CohortResult) -> dict[str, int]:
    reasons: dict[str, int] = {}
    for row in found.rows:
        if row.reason is not None:
            key = f"{row.name}: {row.reason}"
            reasons[key] = reasons.get(key, 0) + 1
    return reasons


def _share(value: float, digits: int = 0) -> str:
    return "-" if value != value else f"{value:.{digits}%}"


def _span(share: BlockShare) -> str:
    return "-" if share.low != share.low else f"{share.low:.0%}-{share.high:.0%}"


def _money(value: float) -> str:
    return "-" if value != value else "none" if value == float("inf") else f"{value:,.0f}"
