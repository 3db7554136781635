"""``goalplan review``: a plan under way, on one day."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from ..firm_options import firm_of, firm_options
from ..letterhead_options import letterhead_of, letterhead_options
from ..mapping import mapping_of

if TYPE_CHECKING:
    import datetime as dt

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_NEW = click.Path(path_type=Path, dir_okay=False, writable=True)
_EPILOG = """\b
Worked example:
  goalplan plan home.toml --shelf demo -o plan.json
  goalplan review plan.json holdings.csv --as-of 2026-08-03 --market data --shelf demo -o review.json
  goalplan review plan.json later.csv --as-of 2026-11-02 --market data --shelf demo \\
      --previous review.json --paid-in 20000 --client home.toml --lang zh \\
      --pdf letter.pdf --letterhead firm.toml

\b
The stored policy is followed on; the drawdown limit keeps its peak. Only where the request
given as --client differs from the plan's is a new plan made. Market data after --as-of are
not looked at.

\b
Exit codes:
  0  done: orders, or nothing to do
  2  bad input
  3  a person must look first: infeasible, or suitability
  4  a solver failed numerically
"""


@click.command(epilog=_EPILOG)
@click.argument("plan_file", metavar="PLAN.json", type=_FILE)
@click.argument("holdings_file", metavar="HOLDINGS.csv", type=_FILE)
@click.option(
    "--as-of", "day", type=click.DateTime(["%Y-%m-%d"]), required=True,
    help="The day of the holdings, at its close.",
)  # fmt: skip
@click.option(
    "--market", "folder", type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of market data; the embedded market when left out.",
)  # fmt: skip
@click.option(
    "--client", "request_file", metavar="REQUEST.toml", type=_FILE,
    help="The client's request as it is today, where goals or facts may have changed.",
)  # fmt: skip
@click.option(
    "--previous", "previous_file", metavar="REVIEW.json", type=_FILE,
    help="The last review, whose unit value and peak are taken up.",
)  # fmt: skip
@click.option(
    "--paid-in", type=click.FloatRange(min=0.0),
    help="Money paid in since the last review or the start; as planned when left out.",
)  # fmt: skip
@click.option(
    "--paid-out", type=click.FloatRange(min=0.0),
    help="Money paid out for goals since then; as planned when left out.",
)  # fmt: skip
@click.option("--episodes", "episodes_file", type=_FILE, help="TOML file of further named episodes.")
@firm_options
@click.option(
    "--map", "pairs", metavar="CODE=ASSET", multiple=True,
    help="Count a product that is not on the shelf as an asset of the market; may be given again.",
)  # fmt: skip
@click.option(
    "--record",
    "record_file",
    metavar="RECORD",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also append it to the firm's record, under client.id; made if it is not there.",
)
@click.option("-o", "--output", type=_NEW, help="Also write the review as JSON to this file.")
@click.option("--pdf", type=_NEW, help="Also write the letter to the client as a PDF of two pages.")
@letterhead_options
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="What to print.",
)  # fmt: skip
@click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    default="en",
    show_default=True,
    help="Language of the tables and the letter.",
)
@click.pass_context
def command(
    ctx: click.Context,
    plan_file: Path,
    holdings_file: Path,
    day: dt.datetime,
    folder: Path | None,
    request_file: Path | None,
    previous_file: Path | None,
    paid_in: float | None,
    paid_out: float | None,
    episodes_file: Path | None,
    shelf_file: Path | None,
    rules_file: Path | None,
    table_file: Path | None,
    assumptions_file: Path | None,
    pairs: tuple[str, ...],
    record_file: Path | None,
    output: Path | None,
    pdf: Path | None,
    head_file: Path | None,
    note: str,
    form: str,
    lang: Literal["zh", "en"],
) -> None:
    """Review a plan: what happened, what it will reach now and why, and what to do.

    HOLDINGS.csv is what is held on the day, as for `goalplan diagnose`.
    """
    from ..engine.desk.holdings import read_holdings
    from ..engine.request import PlanRequest
    from ..engine.review.review import review_plan
    from ..engine.whole_file import write_whole
    from ..plan_file import read_plan, read_review
    from ..scenarios.market import load_market
    from ..scenarios.stress import load_episodes

    head = letterhead_of(head_file, note)
    market = load_market(folder)
    firm = firm_of(shelf_file, rules_file, table_file, assumptions_file, market)
    plan = read_plan(plan_file)
    previous = read_review(previous_file) if previous_file else None
    changed = PlanRequest.from_toml(request_file) if request_file else None
    if record_file is not None and plan.request.client.id is None:
        raise click.UsageError("the plan's client has no id; --record needs it.")
    book = read_holdings(holdings_file, firm.shelf_for(market), market.asset_ids, mapping_of(pairs))
    from ..progress import working

    with working("reviewing"):
        review = review_plan(
            plan,
            book,
            day.date(),
            market,
            firm=firm,
            changed=changed,
            previous=previous,
            paid_in=paid_in,
            paid_out=paid_out,
            episodes=load_episodes(episodes_file).episodes,
        )
    text = review.to_json()
    if record_file is not None:
        from ..recorded import put

        click.echo(put(record_file, str(review.request.client.id), review), err=True)
    if output is not None:
        write_whole(output, text + "\n")
    if pdf is not None:
        from ..reports.write import write_letter

        write_letter(review, pdf, lang=lang, letterhead=head, note=note, market=market)
    if form == "json":
        click.echo(text)
    else:
        from ..show_review import show_review

        show_review(review, lang)
    for file in (output, pdf):
        if file is not None:
            click.echo(f"wrote {file}", err=True)
    if review.advice == "person":
        ctx.exit(3)
