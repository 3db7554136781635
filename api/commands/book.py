"""``goalplan book``: the plans of many clients, on every core or on a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from ..firm_options import firm_of, firm_options

if TYPE_CHECKING:
    from concurrent.futures import Executor

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_EPILOG = """\b
Worked example:
  head -1 clients.csv
  client.id,client.risk_level,client.cash,contributions.monthly,goals.0.kind,goals.0.name,goals.0.due,goals.0.amount
  goalplan book clients.csv -o october --workers 2
  goalplan book clients.csv -o november --market my_market --compare october

\b
Writes results (a line for each client and goal), errors.csv and summary.json to OUT. A run that was stopped goes on
when the same command is given again, and ends with the same bytes. A client id that stands twice is refused.

\b
Exit codes:
  0  every row has a plan
  2  bad input; also when the run is done but rows are in error, see errors.csv
"""


@click.command(epilog=_EPILOG)
@click.argument("clients", metavar="CLIENTS.(csv|jsonl|parquet)", type=_FILE)
@click.option(
    "-o", "--output", "folder", required=True, metavar="OUT", type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the run.",
)  # fmt: skip
@click.option("--workers", type=click.IntRange(1, 4096), help="Processes; one a core when left out.")
@click.option("--dask", metavar="ADDRESS", help="Scheduler of a Dask cluster to work on instead.")
@click.option(
    "--compare", "previous", metavar="PREVIOUS", type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of an earlier run to compare with.",
)  # fmt: skip
@click.option(
    "--market", "market_folder", type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of market data; the embedded market when left out.",
)  # fmt: skip
@firm_options
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Same seed, same bytes."
)
@click.option(
    "--paths", type=click.IntRange(100, 1_000_000), default=2_000, show_default=True,
    help="Simulated paths that each plan is judged on.",
)  # fmt: skip
@click.option(
    "--detail", type=click.Choice(["core", "full"]), default="core", show_default=True,
    help="core: policy, probabilities, required contribution; full: all that `goalplan plan` shows.",
)  # fmt: skip
@click.option(
    "--plans", "keep_plans", is_flag=True, help="Also write the whole plans, one a line, to plans.jsonl."
)
@click.option(
    "--format", "form", type=click.Choice(["csv", "jsonl", "parquet"]), default="csv", show_default=True,
    help="Of the results.",
)  # fmt: skip
@click.pass_context
def command(
    ctx: click.Context,
    clients: Path,
    folder: Path,
    workers: int | None,
    dask: str | None,
    previous: Path | None,
    market_folder: Path | None,
    shelf_file: Path | None,
    rules_file: Path | None,
    table_file: Path | None,
    assumptions_file: Path | None,
    seed: int,
    paths: int,
    detail: Literal["core", "full"],
    keep_plans: bool,
    form: Literal["csv", "jsonl", "parquet"],
) -> None:
    """Solve the plan of every client in a file; each as `goalplan plan` would alone."""
    from ..book.chunks import terms_of
    from ..book.finish import finish
    from ..book.run import fingerprint, run_book
    from ..book.summary import read_before
    from ..command_config import bar
    from ..engine.processes import cores
    from ..scenarios.market import load_market

    before = read_before(previous) if previous else None
    market = load_market(market_folder)
    files = (shelf_file, rules_file, table_file, assumptions_file)
    terms = terms_of(market, firm_of(*files, market), seed, paths, detail)
    same = fingerprint(clients, market.digest, files, terms, keep_plans=keep_plans)
    with _executor(dask) as executor, bar("clients") as progress:
        run = run_book(
            clients, folder, terms, same, workers=workers or cores(), executor=executor, progress=progress
        )
        windows = list(run)
        made = finish(folder, windows, terms, form, before, workers=workers or cores(), executor=executor)
    for name in ("rows", "clients_with_a_plan", "rows_in_error", "clients_by_status", "goals_by_status"):
        click.echo(f"{name.replace('_', ' ')}: {_words(made[name])}")
    click.echo(f"wrote {folder}", err=True)
    if made["rows_in_error"]:
        ctx.exit(2)


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in value.items()) or "none"
    return str(value)


@contextmanager
def _executor(address: str | None) -> Iterator[Executor | None]:
    if address is None:
        yield None
        return
    from ..engine.errors import RequestError

    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise RequestError("--dask needs distributed; run: pip install 'goalplan[cluster]'.") from error
    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError) as error:
        raise RequestError(
            f"--dask {address} does not answer ({error}); give the address of a scheduler."
        ) from error
    with client, client.get_executor() as executor:
        yield executor
