"""``goalplan stress``: what holdings or a plan would lose in each episode and shock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..tables import Table, draw

if TYPE_CHECKING:
    from ..mixes import Mix
    from ..scenarios.stress import StressPath
    from ..scenarios.stress_set import StressSet

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_EPILOG = """\b
Worked example:
  printf 'asset,value\\ncn_equity_large,60000\\ncn_treasury,100000\\n' > holdings.csv
  goalplan stress holdings.csv
  goalplan stress holdings.csv --format json | jq '.events[] | {id, losses}'
  goalplan plan home.toml -o plan.json && goalplan stress plan.json --lang zh
"""
_ENGLISH = {
    "title": "Losses in stress (maximum drawdown, rebalanced at every step)",
    "event": "event",
    "from": "from",
    "to": "to",
    "stood_in": "stood in for",
    "money": "money",
    "shock": "shock",
    "proxy": "all (proxy)",
    "skipped": "left out",
    "holdings": "loss",
    "today": "today's mix",
    "lowest_risk": "lowest risk",
    "highest_risk": "highest risk",
}
_CHINESE = {
    "title": "压力情景损失（最大回撤，逐期再平衡）",
    "event": "情景",
    "from": "起",
    "to": "止",
    "stood_in": "替代资产",
    "money": "金额",
    "shock": "假设冲击",
    "proxy": "整体替代",
    "skipped": "未计算",
    "holdings": "损失",
    "today": "当前组合",
    "lowest_risk": "最低风险",
    "highest_risk": "最高风险",
}


@click.command(epilog=_EPILOG)
@click.argument("source", metavar="HOLDINGS.csv|PLAN.json", type=_FILE)
@click.option(
    "--market",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of market data; the embedded market when left out.",
)
@click.option("--episodes", "episodes_file", type=_FILE, help="TOML file of further episodes.")
@click.option("--shocks", "shocks_file", type=_FILE, help="TOML file of further shocks and durations.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="What to print.",
)
@click.option(
    "--lang",
    type=click.Choice(["zh", "en"]),
    default="en",
    show_default=True,
    help="Language of the table.",
)
def command(
    source: Path,
    folder: Path | None,
    episodes_file: Path | None,
    shocks_file: Path | None,
    form: str,
    lang: str,
) -> None:
    """Show what holdings, or the mixes of a plan, lose in each stress episode and shock.

    A holdings file has the columns asset and value; other columns are left alone, rows of one asset add up.
    A plan shows today's mix and the two ends of its menu. Shocks are carried by the reference assumptions.
    """
    from ..mixes import read_mixes
    from ..scenarios.market import load_market
    from ..scenarios.reference import reference_assumptions
    from ..scenarios.shocks import load_shocks
    from ..scenarios.stress import load_episodes
    from ..scenarios.stress_set import stress_set

    mixes = read_mixes(source)
    market = load_market(folder)
    further = sorted({asset for mix in mixes for asset in mix.weights} - set(market.asset_ids))
    if further:
        market = load_market(folder, (*market.asset_ids, *further))
    episodes, shocks = load_episodes(episodes_file), load_shocks(shocks_file)
    events = stress_set(market, reference_assumptions(market), episodes=episodes, shocks=shocks)
    if form == "json":
        document = {"market": market.name, "market_digest": market.digest, **_document(events, mixes)}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    words = _CHINESE if lang == "zh" else _ENGLISH
    draw((_table(events, mixes, words, lang),))
    for event in events.skipped:
        click.echo(f"{words['skipped']} {event.id}: {event.reason}", err=True)


def _losses(path: StressPath, mixes: tuple[Mix, ...]) -> list[float]:
    return [path.loss([mix.weights.get(name, 0.0) for name in path.asset_ids]) for mix in mixes]


def _table(events: StressSet, mixes: tuple[Mix, ...], words: dict[str, str], lang: str) -> Table:
    rows = []
    for path in events.paths:
        cells = []
        for mix, loss in zip(mixes, _losses(path, mixes), strict=True):
            cells.append(f"{loss:.1%}")
            cells += [] if mix.value is None else [f"{loss * mix.value:,.0f}"]
        name = path.name_zh if lang == "zh" else path.name_en
        first, last = (str(path.dates[0]), str(path.dates[-1])) if path.dates.size else (words["shock"], "")
        rows.append((f"{path.id}  {name}", first, last, _stood_in(path, mixes, words), *cells))
    head = [words["event"], words["from"], words["to"], words["stood_in"]]
    for mix in mixes:
        head += [words[mix.name]] if mix.value is None else [words[mix.name], words["money"]]
    return Table(title=words["title"], head=tuple(head), rows=tuple(rows), left=4)


def _stood_in(path: StressPath, mixes: tuple[Mix, ...], words: dict[str, str]) -> str:
    held = {asset for mix in mixes for asset, weight in mix.weights.items() if weight > 0.0}
    marked = [proxy.asset for proxy in path.proxies if proxy.asset in held]
    return words["proxy"] if path.proxy and set(marked) == held else ", ".join(marked)


def _document(events: StressSet, mixes: tuple[Mix, ...]) -> dict[str, Any]:
    return {
        "digest": events.digest,
        "mixes": [{"name": mix.name, "value": mix.value, "weights": mix.weights} for mix in mixes],
        "events": [_event(path, mixes) for path in events.paths],
        "skipped": [{"id": event.id, "reason": event.reason} for event in events.skipped],
    }


def _event(path: StressPath, mixes: tuple[Mix, ...]) -> dict[str, Any]:
    dates = [str(date) for date in path.dates]
    worst = [path.stretch([mix.weights.get(name, 0.0) for name in path.asset_ids]) for mix in mixes]
    return {
        "id": path.id,
        "name_zh": path.name_zh,
        "name_en": path.name_en,
        "kind": path.kind,
        "step": path.step,
        "proxy": path.proxy,
        "from": dates[0] if dates else None,
        "to": dates[-1] if dates else None,
        "losses": {mix.name: stretch.loss for mix, stretch in zip(mixes, worst, strict=True)},
        "highs": {m.name: dates[s.peak] for m, s in zip(mixes, worst, strict=True)} if dates else {},
        "lows": {m.name: dates[s.trough] for m, s in zip(mixes, worst, strict=True)} if dates else {},
        "assets": {
            name: {"loss": loss, "route": route}
            for name, loss, route in zip(path.asset_ids, path.depths.tolist(), path.routes, strict=True)
        },
        "stand_ins": [
            {"asset": p.asset, "of": p.of, "rule": p.rule, "scale": p.scale, "correlation": p.correlation}
            for p in path.proxies
        ],
    }
