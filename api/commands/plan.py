"""``goalplan plan``: from a request to a plan, on the screen and as JSON."""

from pathlib import Path
from typing import Literal

import click

from ..firm_options import firm_of, firm_options
from ..letterhead_options import letterhead_of, letterhead_options

_EPILOG = """\b
Worked example:
  goalplan example home > home.toml
  goalplan plan home.toml
  goalplan plan home.toml --policy fixed_mix --set client.cash=300000 --set goals.0.amount=580000
  goalplan plan home.toml --format json | jq .status
  goalplan plan home.toml --shelf demo
  goalplan plan home.toml --assumptions house_view.toml
  goalplan plan home.toml --pdf plan.pdf --lang zh --letterhead firm.toml

\b
Exit codes:
  0  a plan was made, on target or not
  2  bad input
  3  no plan: infeasible, or suitability needs a person's review
  4  a solver failed numerically
"""
_NO_PLAN = frozenset({"infeasible", "needs_review"})


@click.command(epilog=_EPILOG)
@click.argument("request_file", metavar="REQUEST.toml", type=click.Path(path_type=Path))
@click.option(
    "--market",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of market data; the embedded market when left out.",
)
@click.option(
    "--policy",
    type=click.Choice(["dynamic", "glide_path", "fixed_mix"]),
    help="What the mix follows: time and wealth, time alone, or neither; by default as the request says.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**64 - 1),
    default=0,
    show_default=True,
    help="Same seed, same bytes.",
)
@click.option(
    "--paths",
    type=click.IntRange(100, 10_000_000),
    default=10_000,
    show_default=True,
    help="Simulated paths that the plan is judged on.",
)
@click.option(
    "--set",
    "assignments",
    metavar="KEY=VALUE",
    multiple=True,
    help="Change one entry of the request, goals counted from 0; may be given again.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Also write the plan as JSON to this file.",
)
@click.option(
    "--pdf",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Also write the plan as a PDF to print and to sign.",
)
@letterhead_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="What to print.",
)
@click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    default="en",
    show_default=True,
    help="Language of the table and of the PDF.",
)
@click.option(
    "--record",
    "record_file",
    metavar="RECORD",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also append it to the firm's record, under client.id; made if it is not there.",
)
@click.option("--summary", is_flag=True, help="Add the view as four kinds of money.")
@firm_options
@click.pass_context
def command(
    ctx: click.Context,
    request_file: Path,
    folder: Path | None,
    policy: str | None,
    seed: int,
    paths: int,
    assignments: tuple[str, ...],
    output: Path | None,
    pdf: Path | None,
    head_file: Path | None,
    note: str,
    form: str,
    lang: Literal["zh", "en"],
    record_file: Path | None,
    summary: bool,
    shelf_file: Path | None,
    rules_file: Path | None,
    table_file: Path | None,
    assumptions_file: Path | None,
) -> None:
    """Solve the plan that REQUEST.toml asks for.

    `goalplan example` prints a request to start from. The plan goes to stdout, everything else to stderr.
    """
    for option, file in (("--output", output), ("--pdf", pdf)):
        if file is not None and not file.parent.is_dir():
            raise click.BadParameter(f"there is no folder {file.parent}; make it first.", param_hint=option)
    from ..engine.request import PlanRequest

    overrides = assignments if policy is None else (*assignments, f"policy={policy}")
    request = PlanRequest.from_toml(request_file, overrides)

    from ..progress import working

    head = letterhead_of(head_file, note)
    if record_file is not None and request.client.id is None:
        raise click.UsageError("client.id is missing; --record needs it.")

    with working("solving (a first run compiles for a minute or two)"):
        from ..engine.solve import solve_plan
        from ..scenarios.market import load_market

        market = load_market(folder)
        firm = firm_of(shelf_file, rules_file, table_file, assumptions_file, market)
        plan = solve_plan(request, market, seed=seed, paths=paths, firm=firm)
    text = plan.to_json()
    if record_file is not None:
        from ..recorded import put

        click.echo(put(record_file, str(request.client.id), plan), err=True)
    if output is not None:
        from ..engine.whole_file import write_whole

        write_whole(output, text + "\n")
    if pdf is not None:
        from ..reports.write import write_pdf

        write_pdf(plan, pdf, lang=lang, letterhead=head, note=note, market=market, summary=summary)
    if form == "json":
        click.echo(text)
    else:
        from ..show import show_plan

        names = {asset.id: asset.name_zh if lang == "zh" else asset.name_en for asset in market.assets}
        show_plan(plan, lang, names, summary=summary)
    for file in (output, pdf):
        if file is not None:
            click.echo(f"wrote {file}", err=True)
    if plan.status in _NO_PLAN:
        ctx.exit(3)
