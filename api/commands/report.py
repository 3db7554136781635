"""``goalplan report``: plans as PDF files to print and to sign."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from ..letterhead_options import letterhead_of, letterhead_options
from ..tables import Table, draw

if TYPE_CHECKING:
    from ..engine.plan import Plan
    from ..engine.review.types import Review

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_EPILOG = """\b
Worked example:
  goalplan example home > home.toml
  goalplan plan home.toml -o home.json
  goalplan report home.json -o reports --lang zh --letterhead firm.toml

\b
The letterhead, every entry optional:
  firm = "..."        adviser = "..."      licence = "..."
  disclaimer = "..."  logo = "logo.svg"    (from the folder of the file)
"""
_WORDS = {
    "title": {"zh": "已写出的报告", "en": "Written"},
    "file": {"zh": "文件", "en": "file"},
    "client": {"zh": "客户", "en": "client"},
    "status": {"zh": "状态", "en": "status"},
    "probability": {"zh": "最低达成概率", "en": "lowest probability"},
    "size": {"zh": "大小（KB）", "en": "size (KB)"},
}


@click.command(epilog=_EPILOG)
@click.argument("plans", metavar="PLANS...", nargs=-1, required=True, type=_FILE)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the PDF files, named NAME.LANG.pdf after NAME.json; made if it is not there.",
)
@click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    default="zh",
    show_default=True,
    help="Language of the documents and of the table.",
)
@click.option("--summary", is_flag=True, help="Add the view as four kinds of money.")
@letterhead_options
@click.option(
    "--market",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of market data that the assets are named by; the embedded market when left out.",
)
def command(
    plans: tuple[Path, ...],
    output: Path,
    lang: Literal["zh", "en"],
    summary: bool,
    head_file: Path | None,
    note: str,
    folder: Path | None,
) -> None:
    """Write the PDF of each of PLANS, made by `goalplan plan -o`; of a review, the letter to the client.

    One that cannot be printed is named at the end and keeps none of the others from being written.
    """
    repeated = [stem for stem, count in Counter(path.stem for path in plans).items() if count > 1]
    if repeated:
        raise click.BadParameter(
            f"{repeated[0]}.json is given more than once; rename one or call once for each.",
            param_hint="PLANS",
        )
    from ..engine.errors import RequestError
    from ..engine.review.types import Review
    from ..plan_file import read_either
    from ..reports.errors import ReportError
    from ..reports.write import write_letter, write_pdf

    head = letterhead_of(head_file, note)
    market = None
    if folder is not None:
        from ..scenarios.market import load_market

        market = load_market(folder)
    output.mkdir(parents=True, exist_ok=True)
    rows, problems = [], []
    for path in plans:
        target = output / f"{path.stem}.{lang}.pdf"
        try:
            told = read_either(path)
            if isinstance(told, Review):
                write_letter(told, target, lang=lang, letterhead=head, note=note, market=market)
            else:
                write_pdf(told, target, lang=lang, letterhead=head, note=note, market=market, summary=summary)
        except RequestError as error:
            problems += [f"{path}: {each.removeprefix(f'{path.name} is ')}" for each in error.problems]
        else:
            rows.append(_row(told, target))
    if rows:
        head_row = tuple(_WORDS[key][lang] for key in ("file", "client", "status", "probability", "size"))
        draw([Table(title=_WORDS["title"][lang], head=head_row, rows=tuple(rows), left=3)])
    if problems:
        raise ReportError(problems)


def _row(told: Plan | Review, path: Path) -> tuple[str, ...]:
    from ..engine.review.types import GoalReview

    chances = [goal.now if isinstance(goal, GoalReview) else goal.probability for goal in told.goals]
    return (
        str(path),
        told.request.client.name or "",
        told.status,
        f"{min(chance.value for chance in chances):.1%}" if chances else "",
        f"{path.stat().st_size / 1024:,.0f}",
    )
