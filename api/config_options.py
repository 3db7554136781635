"""Options of the commands that run a configuration file through history: `goalplan backtest` and `goalplan cohorts`."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., None])
DAY = click.DateTime(["%Y-%m-%d", "%Y-%m"])
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


def config_options(*, first: str, last: str, workers: str) -> Callable[[Command], Command]:
    """Add CONFIG.toml and the options on files, dates, changes, processes, output, example and dry run.

    `first`, `last` and `workers` say what those mean to the command; `chosen` reads the file's name.
    """
    options = (
        click.argument("path", metavar="CONFIG.toml", required=False, type=_FILE),
        click.option("--config", "option_path", type=_FILE, help="The same as CONFIG.toml."),
        click.option("--start", "-s", type=DAY, help=first),
        click.option("--end", "-e", type=DAY, help=last),
        click.option(
            "--set", "overrides", metavar="KEY=VALUE", multiple=True,
            help="Change a key of the file; may be repeated.",
        ),
        click.option("--workers", type=click.IntRange(1, 4096), help=workers),
        click.option(
            "--output", "-o", "folder", metavar="OUT", type=click.Path(path_type=Path, file_okay=False),
            help="Folder for the results.",
        ),
        click.option(
            "--format", "form", type=click.Choice(["table", "json", "csv", "parquet"]), default="table",
            show_default=True, help="What to print; csv and parquet set the files in OUT.",
        ),
        click.option("--example", is_flag=True, help="Print a commented configuration and stop."),
        click.option(
            "--dry-run", is_flag=True, help="Check configuration and data, say what would run, and stop."
        ),
    )  # fmt: skip

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def print_example(name: str) -> None:
    """Print the commented configuration that comes with the package."""
    click.echo((files("goalplan") / "examples" / name).read_text(encoding="utf-8"), nl=False)


def chosen(path: Path | None, option_path: Path | None, form: str, folder: Path | None, command: str) -> Path:
    """Return the configuration file; click.UsageError where there is none, or no folder for Parquet."""
    if path is not None and option_path is not None:
        raise click.UsageError("CONFIG.toml and --config are the same; give one of them.")
    found = path or option_path
    if found is None:
        raise click.UsageError(
            f"CONFIG.toml is missing; goalplan {command} --example prints one to start from."
        )
    if form == "parquet" and folder is None:
        raise click.UsageError("--format parquet needs a folder; give -o OUT.")
    return found
