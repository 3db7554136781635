"""Tables of text: drawn by rich on a terminal, as aligned plain text anywhere else."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from unicodedata import east_asian_width

import click


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A titled table of cells that are already text.

    Attributes
    ----------
    title
        Printed above.
    head
        C column headings.
    rows
        Rows of C cells.
    left
        How many columns, from the first, are words; the rest are numbers and align right.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1


def draw(tables: Iterable[Table]) -> None:
    """Print tables on stdout."""
    if sys.stdout.isatty():
        _draw_on_terminal(tables)
        return
    for table in tables:
        for line in plain_lines(table):
            click.echo(line)
        click.echo()


def plain_lines(table: Table) -> Iterator[str]:
    """Yield the lines of a table as plain text; Chinese characters count two columns."""
    widths = _widths(table)
    yield table.title
    for row in (table.head, tuple("-" * width for width in widths), *table.rows):
        padded = (
            _padded(cell, width, to_the_left=column < table.left)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(padded).rstrip()


def _draw_on_terminal(tables: Iterable[Table]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    terminal = Console().width
    for table in tables:
        drawn = RichTable(
            title=Text(table.title),
            title_justify="left",
            title_style="bold",
            box=SIMPLE_HEAD,
            show_edge=False,
            pad_edge=False,
        )
        for column, name in enumerate(table.head):
            drawn.add_column(Text(name), justify="left" if column < table.left else "right", no_wrap=True)
        for row in table.rows:
            drawn.add_row(*(Text(cell) for cell in row))
        # Wider than the terminal if need be: it wraps a line, where rich would cut the figures short.
        needed = sum(width + 3 for width in _widths(table))
        console = Console(highlight=False, width=max(terminal, needed))
        console.print(drawn)
        console.print()


def _widths(table: Table) -> list[int]:
    cells = (table.head, *table.rows)
    return [max(_width(row[j]) for row in cells) for j in range(len(table.head))]


def _padded(cell: str, width: int, *, to_the_left: bool) -> str:
    space = " " * (width - _width(cell))
    return cell + space if to_the_left else space + cell


def _width(cell: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in cell)
