"""``goalplan scenarios``: what a model says of a market's assets, horizon by horizon."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..firm_options import assumptions_option
from ..progress import working
from ..scenarios.model_names import DEFAULT_MODEL, MODEL_NAMES
from ..tables import Table, draw

if TYPE_CHECKING:
    import numpy as np

_EPILOG = """\b
Worked example:
  goalplan scenarios
  goalplan scenarios --model regime --years 10 --assets us_equity,cn_treasury
  goalplan scenarios --mix us_equity=0.4,cn_treasury=0.6 --wealth 250000 --monthly 8000
  goalplan scenarios --assumptions house_view.toml --assets gold,us_equity
  goalplan scenarios --model bootstrap --paths 1000 -o paths.npz --plot fans.svg
"""
_HORIZONS = (1, 3, 5, 10, 20, 30)
_SHOWN = (0.05, 0.25, 0.5, 0.75, 0.95)


@click.command(epilog=_EPILOG)
@click.option(
    "--market",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of market data; the embedded market when left out.",
)
@click.option("--model", "name", type=click.Choice(MODEL_NAMES), default=DEFAULT_MODEL, show_default=True)
@assumptions_option
@click.option("--assets", help="Ids of assets, with commas; all when left out.")
@click.option("--years", type=click.IntRange(1, 40), default=5, show_default=True, help="Longest horizon.")
@click.option("--paths", type=click.IntRange(100, 100_000), default=5000, show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), default=1, show_default=True)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write the paths to .npz or .parquet.",
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Draw a fan chart of each asset to .svg, .png or .pdf.",
)
@click.option(
    "--mix", "mixed", help="Weights, such as us_equity=0.4,cn_treasury=0.6: what becomes of money in them."
)
@click.option(
    "--wealth", type=click.FloatRange(0, 1e12), default=100_000.0, show_default=True, help="Of --mix, now."
)
@click.option(
    "--monthly", type=click.FloatRange(0, 1e9), default=0.0, show_default=True, help="Paid into --mix."
)
def command(
    folder: Path | None,
    name: str,
    assumptions_file: Path | None,
    assets: str | None,
    years: int,
    paths: int,
    seed: int,
    output: Path | None,
    plot: Path | None,
    mixed: str | None,
    wealth: float,
    monthly: float,
) -> None:
    """Show what a return model says: growth, volatility, drawdown and correlation by horizon.

    The model is fitted to the market and centred on its assumptions, with uncertain parameters. The file
    holds monthly gross returns `assets` (paths, months, assets), growth `indices`, their ids, model, seed and market
    digest; as Parquet a row a path and month. A mix is followed on 100,000 paths (on --paths of them where the model
    goes by days), rebalanced every month at its trading costs.
    """
    from ..scenario_files import SUFFIXES, write_paths
    from ..scenario_mix import PATHS, mix_table, read_mix
    from ..scenarios.assumptions_toml import load_assumptions
    from ..scenarios.market import load_market
    from ..scenarios.models import fit_model
    from ..scenarios.paths import simulate
    from ..scenarios.reference import reference_assumptions

    for option, file, allowed in (("output", output, SUFFIXES), ("plot", plot, (".svg", ".png", ".pdf"))):
        if file is not None and file.suffix not in allowed:
            raise click.UsageError(
                f"--{option} is {file.name!r}; the name must end in {' or '.join(allowed)}."
            )
    market = load_market(folder)
    assumptions = (
        reference_assumptions(market)
        if assumptions_file is None
        else load_assumptions(assumptions_file, market)
    )
    chosen = market.asset_ids if assets is None else tuple(i.strip() for i in assets.split(",") if i.strip())
    assumptions = assumptions.select(chosen)
    mix = None if mixed is None else read_mix(mixed, chosen)
    with working("fitting and simulating"):
        model = fit_model(name, market, assumptions)  # type: ignore[arg-type]  # click has checked it
        drawn = simulate(model, 12 * years, paths, seed, "judge")
    if output is not None:
        write_paths(output, drawn, chosen, assumptions.index_ids, model.name, market.digest)
    horizons = [h for h in _HORIZONS if h < years] + [years]
    title = f"{market.name}, {model.name}: {paths} paths, seed {seed}"
    if assumptions_file is not None:
        title += f"\n{assumptions.name}, {assumptions.as_of}: {assumptions.rationale}"
    if plot is not None:
        _plot(plot, drawn.assets, chosen, title)
    draw((_growth(title, drawn.assets, chosen, horizons), _correlation(drawn.assets, chosen)))
    if mix is not None:
        many = paths if name == "filtered_historical" else PATHS
        with working("following the mix"):
            table = mix_table(
                model, market, mix, years=years, paths=many, seed=seed, wealth=wealth, monthly=monthly
            )
        draw((table,))


def _plot(path: Path, assets: np.ndarray, ids: tuple[str, ...], title: str) -> None:
    import numpy as np

    from ..reports.scenario_plot import plot_scenarios

    level = np.cumprod(assets, axis=1)
    first = np.ones((assets.shape[0], 1))
    plot_scenarios(path, {i: np.hstack([first, level[:, :, n]]) for n, i in enumerate(ids)}, title)


def _growth(title: str, assets: np.ndarray, ids: tuple[str, ...], horizons: list[int]) -> Table:
    import numpy as np

    head = (
        "asset",
        "years",
        "mean",
        *(f"{q:.0%}" for q in _SHOWN),
        "volatility",
        "max drawdown",
        "its 95%",
        "worst path",
    )
    rows: list[tuple[str, ...]] = []
    for n, name in enumerate(ids):
        logs = np.cumsum(np.log(assets[:, :, n]), axis=1)
        level = np.concatenate([np.zeros((logs.shape[0], 1)), logs], axis=1)
        fall = np.maximum.accumulate(level, axis=1) - level
        for years in horizons:
            end = np.exp(logs[:, 12 * years - 1])
            deep = 1.0 - np.exp(-fall[:, : 12 * years + 1].max(axis=1))
            yearly = end ** (1.0 / years) - 1.0
            rows.append(
                (
                    name,
                    str(years),
                    f"{end.mean() ** (1.0 / years) - 1.0:.1%}",
                    *(f"{q:.1%}" for q in np.quantile(yearly, _SHOWN)),
                    f"{logs[:, 12 * years - 1].std() / np.sqrt(years):.1%}",
                    f"{deep.mean():.1%}",
                    f"{np.quantile(deep, 0.95):.1%}",
                    f"{end.min() - 1.0:.1%}",
                )
            )
    return Table(title=f"{title}\nGrowth a year, mean and percentiles", head=head, rows=tuple(rows))


def _correlation(assets: np.ndarray, ids: tuple[str, ...]) -> Table:
    import numpy as np

    logs = np.log(assets).reshape(-1, len(ids))
    found = np.atleast_2d(np.corrcoef(logs.T))
    rows = tuple(
        (f"{i + 1} {name}", *("" if j > i else f"{100 * found[i, j]:.0f}" for j in range(len(ids))))
        for i, name in enumerate(ids)
    )
    return Table(
        title="Correlation of monthly log growth, hundredths",
        head=("asset", *map(str, range(1, len(ids) + 1))),
        rows=rows,
    )
