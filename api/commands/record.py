"""``goalplan record``: the firm's append-only record of plans, warnings and acknowledgements."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..tables import Table, draw

if TYPE_CHECKING:
    from ..ledger import Verdict

_FILE = click.Path(path_type=Path, dir_okay=False)
_THERE = click.Path(path_type=Path, exists=True, dir_okay=False)
_EPILOG = """\b
Worked example:
  goalplan plan home.toml -o plan.json
  goalplan record add record.sqlite plan.json --person client-17
  goalplan record acknowledge record.sqlite --person client-17 --text "Warning W-1 read and signed"
  goalplan record add record.sqlite review.json --person client-17
  goalplan record verify record.sqlite --head HASH

\b
Each change prints the new head, the hash of the last entry. Note it where the record is not
(print it, mail it): against it, a cut tail or a chain written anew is found.
Records of suitability are kept for 20 years.
"""


@click.group(epilog=_EPILOG)
def command() -> None:
    """Keep and check the record of what was advised."""


@command.command(
    epilog="\b\nWorked example:\n  goalplan record add record.sqlite plan.json --person client-17"
)
@click.argument("record", type=_FILE)
@click.argument("file", metavar="PLAN.json|REVIEW.json", type=_THERE)
@click.option("--person", help="The firm's id of the client; that of the file when left out.")
def add(record: Path, file: Path, person: str | None) -> None:
    """Record a plan or a review: request, warnings, orders, and the document itself, all or nothing."""
    from ..plan_file import read_either
    from ..recorded import put

    found = read_either(file)
    who = person or found.request.client.id
    if not who:
        raise click.UsageError("the client has no id; give --person.")
    click.echo(put(record, who, found))


@command.command(
    epilog='\b\nWorked example:\n  goalplan record acknowledge record.sqlite --person client-17 --text "W-1 signed"'
)
@click.argument("record", type=_THERE)
@click.option("--person", required=True, help="The firm's id of the client.")
@click.option("--text", required=True, help="What was acknowledged, and where the signed paper is.")
def acknowledge(record: Path, person: str, text: str) -> None:
    """Record that a client read and signed something."""
    from ..ledger import Ledger

    (entry,) = Ledger(record).append(person, [("acknowledgement", text)])
    click.echo(f"1 entry added; head {entry.hash}")


@command.command(epilog="\b\nWorked example:\n  goalplan record show record.sqlite --person client-17")
@click.argument("record", type=_THERE)
@click.option("--person", help="Only entries about this client.")
def show(record: Path, person: str | None) -> None:
    """List the entries."""
    from ..ledger import Ledger

    rows = tuple(
        (
            str(entry.number),
            entry.at,
            entry.kind,
            "(erased)" if entry.person is None else entry.person,
            entry.version,
            entry.hash[:16],
        )
        for entry in Ledger(record).entries(person)
    )
    head = ("number", "at", "kind", "person", "version", "hash")
    draw((Table(title=record.name, head=head, rows=rows, left=6),))


@command.command(
    epilog="\b\nWorked example:\n  goalplan record verify record.sqlite --head HASH && echo intact"
)
@click.argument("record", metavar="RECORD|EXPORT.jsonl", type=_THERE)
@click.option("--head", help="A hash noted earlier; it must be in the chain.")
@click.pass_context
def verify(ctx: click.Context, record: Path, head: str | None) -> None:
    """Check every entry and the chain; anything altered ends the command with exit code 2."""
    from ..ledger import Ledger, verify_export

    exported = record.suffix == ".jsonl"
    verdict = verify_export(record.read_bytes(), head) if exported else Ledger(record).verify(head)
    for problem in verdict.problems:
        click.echo(f"goalplan: {problem}", err=True)
    click.echo(_summary(verdict))
    if verdict.problems:
        ctx.exit(2)


@command.command(epilog="\b\nWorked example:\n  goalplan record export record.sqlite > record.jsonl")
@click.argument("record", type=_THERE)
def export(record: Path) -> None:
    """Print every entry as a line of JSON, for an archive; `verify` checks such a file too."""
    from ..ledger import Ledger

    click.echo(Ledger(record).export(), nl=False)


@command.command(
    epilog='\b\nWorked example:\n  goalplan record erase record.sqlite --person client-17 --reason "kept 20 years"'
)
@click.argument("record", type=_THERE)
@click.option("--person", required=True, help="The firm's id of the client.")
@click.option("--reason", required=True, help="Why; it goes into the record.")
def erase(record: Path, person: str, reason: str) -> None:
    """Forget a person: the contents of all entries about them are deleted, the chain still verifies.

    Records of suitability are to be kept for 20 years; the reason is recorded.
    """
    from ..ledger import Ledger

    entry = Ledger(record).erase(person, reason)
    click.echo(f"erased; head {entry.hash}")


def _summary(verdict: Verdict) -> str:
    state = "altered" if verdict.problems else "intact"
    since = "" if verdict.since_head is None else f", {verdict.since_head} since the head given"
    return f"{state}: {verdict.entries} entries, {verdict.erased} erased{since}; head {verdict.head}"
