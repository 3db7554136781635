"""The command ``goalplan``: results on stdout, everything else on stderr, exit codes for scripts."""

import io
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import cast

import click

from ._version import __version__

_COMMANDS = (
    "plan",
    "diagnose",
    "review",
    "report",
    "stress",
    "frontier",
    "scenarios",
    "calibrate",
    "backtest",
    "cohorts",
    "record",
    "book",
    "serve",
    "warmup",
    "example",
    "market",
    "schema",
)

_EPILOG = """\b
Worked example:
  goalplan example home > home.toml
  goalplan plan home.toml --set client.cash=300000 -o plan.json

\b
Exit codes:
  0  done
  1  goalplan itself failed; please report it
  2  bad input: the request, the market data or the command line
  3  no plan: the limits cannot be met, or suitability needs a person's review
  4  a solver failed numerically
"""


class _LazyGroup(click.Group):
    """Loads the module of a command when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        return cast("click.Command", import_module(f".commands.{cmd_name}", __package__).command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in _COMMANDS:
            raise click.UsageError(f"{args[0]!r} is no command; give one of {', '.join(_COMMANDS)}.", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=_LazyGroup, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]}, name="goalplan"
)
@click.version_option(__version__, prog_name="goalplan", message="%(prog)s %(version)s")
def cli() -> None:
    """Plan a client's goals: what to hold, what it will reach, and how surely."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments
        Words after ``goalplan``; those of the process when left out.

    Returns
    -------
    int
        The exit code: 0 done, 1 a fault of goalplan, 2 bad input, 3 no plan, 4 a numerical failure.
    """
    for stream in (sys.stdout, sys.stderr):
        # Names and examples are Chinese as well as English, whatever a redirected stream assumes.
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() != "utf-8":
            stream.reconfigure(encoding="utf-8")
    try:
        code: int | None = cli.main(arguments, prog_name="goalplan", standalone_mode=False)
    except click.Abort:
        click.echo("goalplan: stopped.", err=True)
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code if error.exit_code != 1 else 2
    except Exception as error:
        from .failures import describe

        code, sentences = describe(error)
        for sentence in sentences:
            click.echo(f"goalplan: {sentence}", err=True)
    return code or 0
