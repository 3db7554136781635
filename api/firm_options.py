"""Options of the commands that speak for a firm: its shelf, rules, questionnaire and assumptions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from .engine.suitability.firm import Firm
    from .scenarios.market import Market

Command = TypeVar("Command", bound=Callable[..., None])
DEMONSTRATION = "demo"
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


def firm_options(command: Command) -> Command:
    """Add ``--shelf``, ``--rules``, ``--questionnaire`` and ``--assumptions``; `firm_of` reads them."""
    shelf = click.option(
        "--shelf", "shelf_file", metavar="FILE|demo", type=click.Path(path_type=Path),
        help="CSV file of the firm's products; demo for the embedded, invented ones; else asset classes.",
    )  # fmt: skip
    rules = click.option(
        "--rules", "rules_file", type=_FILE, help="TOML file of suitability rules; else mainland China's."
    )
    table = click.option(
        "--questionnaire", "table_file", type=_FILE,
        help="TOML file that scores the client's answers; else the demonstration table.",
    )  # fmt: skip
    return shelf(rules(table(assumptions_option(command))))


def assumptions_option(command: Command) -> Command:
    """Add ``--assumptions``."""
    option = click.option(
        "--assumptions", "assumptions_file", type=_FILE,
        help="TOML file of what to expect of assets and indices, or of views on them; else the reference set.",
    )  # fmt: skip
    return option(command)


def firm_of(
    shelf_file: Path | None,
    rules_file: Path | None,
    table_file: Path | None,
    assumptions_file: Path | None,
    market: Market,
) -> Firm:
    """Return the firm that the options speak of, on `market`."""
    from .engine.suitability.firm import Firm
    from .engine.suitability.ruleset import load_questionnaire, load_rules
    from .engine.suitability.shelf import Shelf, demonstration_shelf
    from .scenarios.assumptions_toml import load_assumptions

    if shelf_file is None:
        shelf = None
    else:
        demonstration = str(shelf_file) == DEMONSTRATION
        shelf = demonstration_shelf() if demonstration else Shelf.from_csv(shelf_file)
    return Firm(
        shelf=shelf,
        rules=load_rules(rules_file),
        questionnaire=load_questionnaire(table_file),
        assumptions=None if assumptions_file is None else load_assumptions(assumptions_file, market),
    )
