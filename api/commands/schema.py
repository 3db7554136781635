"""``goalplan schema``: the published JSON Schemas of what goes in and what comes out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pydantic import BaseModel

_NAMES = ("request", "plan", "review")
_EPILOG = """\b
Worked example:
  goalplan schema request > request.json
  goalplan schema -o docs/schema
"""


@click.command(epilog=_EPILOG)
@click.argument("name", type=click.Choice(_NAMES), required=False)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="Folder for all schemas."
)
def command(name: str | None, output: Path | None) -> None:
    """Print or write the JSON Schemas.

    NAME is the document: the request that goes in, the plan that comes out, or the review of one.
    """
    if (name is None) == (output is None):
        raise click.UsageError(
            "give either the name of a schema, request, plan or review, or -o FOLDER for all."
        )
    if output is None:
        click.echo(schema_text(str(name)), nl=False)
        return
    from ..engine.whole_file import write_whole

    output.mkdir(parents=True, exist_ok=True)
    for each in _NAMES:
        path = output / f"{each}.json"
        write_whole(path, schema_text(each))
        click.echo(f"wrote {path}", err=True)


def schema_text(name: str) -> str:
    """Return the schema called `name`, "request", "plan" or "review", as it is published.

    A request's schema says what may be sent in, a plan's what comes out.
    """
    model = _model(name)
    schema = model.model_json_schema(mode="validation" if name == "request" else "serialization")
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _model(name: str) -> type[BaseModel]:
    if name == "request":
        from ..engine.request import PlanRequest

        return PlanRequest
    if name == "review":
        from ..engine.review.types import Review

        return Review
    from ..engine.plan import Plan

    return Plan
