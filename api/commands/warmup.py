"""``goalplan warmup``: compile once, so that no client waits for it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

_EPILOG = """\b
Worked example, in a container file:
  ENV NUMBA_CACHE_DIR=/var/cache/goalplan
  RUN goalplan warmup

\b
The cache holds for this processor, this Python and these versions; make it where the image will run.
"""


@click.command(epilog=_EPILOG)
@click.option(
    "--market", "folder", type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of market data; the embedded market when left out.",
)  # fmt: skip
def command(folder: Path | None) -> None:
    """Compile every kernel that a plan needs into numba's cache, by making plans of each kind."""
    import time

    from ..engine.processes import cores
    from ..progress import working
    from ..warm_up import plans, side_by_side

    work: list[tuple[str, Callable[[], object]]] = list(plans(folder))
    if cores() > 1:
        work.insert(0, ("the largest kernels", partial(side_by_side, folder)))
    for name, make in work:
        began = time.perf_counter()
        with working(name):
            make()
        click.echo(f"{name}: {time.perf_counter() - began:.1f} s", err=True)
