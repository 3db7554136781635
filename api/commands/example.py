"""``goalplan example``: a request to start from."""

from importlib.resources import files

import click

_EPILOG = """\b
Worked example:
  goalplan example education --lang zh > education.toml
  goalplan plan education.toml
"""


@click.command(epilog=_EPILOG)
@click.argument("goal", type=click.Choice(["home", "education", "retirement"]))
@click.option("--lang", type=click.Choice(["zh", "en"]), default="en", show_default=True)
def command(goal: str, lang: str) -> None:
    """Print a commented request for a GOAL, ready for `goalplan plan`."""
    text = (files("goalplan") / "examples" / f"{goal}.{lang}.toml").read_text(encoding="utf-8")
    click.echo(text, nl=False)
