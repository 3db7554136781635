"""``goalplan diagnose``: where a client stands today."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from ..firm_options import firm_of, firm_options
from ..mapping import mapping_of

if TYPE_CHECKING:
    from ..engine.desk.diagnosis import GoalChance
    from ..engine.plan import Plan
    from ..engine.request import PlanRequest
    from ..engine.suitability.firm import Firm
    from ..scenarios.market import Market

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_EPILOG = """\b
Worked example:
  goalplan example home > home.toml
  printf 'account,product,value\\nBank A,DEMO-1001,60000\\nBank A,CASH,20000\\n' > holdings.csv
  goalplan diagnose holdings.csv --client home.toml --shelf demo
  goalplan plan home.toml --shelf demo -o plan.json
  goalplan diagnose holdings.csv --client home.toml --plan plan.json --shelf demo --lang zh

\b
Columns: product (a code of the shelf, or CASH) or asset; value, or units and price;
and, where known, account, cost, bought (YYYY-MM-DD).
"""


@click.command(epilog=_EPILOG)
@click.argument("holdings_file", metavar="HOLDINGS.csv", type=_FILE)
@click.option(
    "--client", "request_file", metavar="REQUEST.toml", required=True, type=_FILE,
    help="The client's request: level, goals and contributions.",
)  # fmt: skip
@click.option("--plan", "plan_file", metavar="PLAN.json", type=_FILE, help="A plan to measure drift from.")
@click.option(
    "--market", "folder", type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of market data; the embedded market when left out.",
)  # fmt: skip
@firm_options
@click.option(
    "--map", "pairs", metavar="CODE=ASSET", multiple=True,
    help="Count a product that is not on the shelf as an asset of the market; may be given again.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="As of the plan."
)
@click.option(
    "--paths", type=click.IntRange(0, 10_000_000), default=10_000, show_default=True,
    help="Simulated paths for the goals if nothing changes; 0 leaves them out.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="What to print.",
)  # fmt: skip
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="en", show_default=True, help="Language of the tables."
)
def command(
    holdings_file: Path,
    request_file: Path,
    plan_file: Path | None,
    folder: Path | None,
    shelf_file: Path | None,
    rules_file: Path | None,
    table_file: Path | None,
    assumptions_file: Path | None,
    pairs: tuple[str, ...],
    seed: int,
    paths: int,
    form: str,
    lang: Literal["zh", "en"],
) -> None:
    """Diagnose what a client holds: concentration, risk, losses in extreme markets, fees, suitability.

    HOLDINGS.csv may hold the statements of several institutions; they become one balance sheet.
    """
    import datetime as dt

    from ..engine.desk.desk import Desk
    from ..engine.desk.diagnosis import diagnose
    from ..engine.desk.holdings import read_holdings
    from ..engine.request import PlanRequest
    from ..engine.suitability.matching import gate
    from ..plan_file import read_plan
    from ..scenarios.market import load_market
    from ..scenarios.stress_set import stress_set

    market = load_market(folder)
    firm = firm_of(shelf_file, rules_file, table_file, assumptions_file, market)
    shelf = firm.shelf_for(market)
    plan = read_plan(plan_file) if plan_file else None
    request = PlanRequest.from_toml(request_file).starting(market.as_of + dt.timedelta(days=1))
    book = read_holdings(holdings_file, shelf, market.asset_ids, mapping_of(pairs), cash=request.client.cash)
    request = request.model_copy(update={"client": book.of(request.client)})
    assumptions = firm.assumptions_for(market)
    desk = Desk(
        market=market,
        assumptions=assumptions,
        stress=stress_set(market, assumptions),
        shelf=shelf,
        rules=firm.rules,
    )
    found = diagnose(
        book,
        gate(request, market, shelf, firm.rules, firm.questionnaire),
        desk,
        target=plan.today.weights if plan and plan.today else None,
        goals=_chances(request, market, firm, plan, seed, paths),
    )
    if form == "json":
        click.echo(found.model_dump_json(indent=2))
        return
    from ..show_diagnosis import diagnosis_tables
    from ..tables import draw

    draw(diagnosis_tables(found, lang))


def _chances(
    request: PlanRequest, market: Market, firm: Firm, plan: Plan | None, seed: int, paths: int
) -> tuple[GoalChance, ...]:
    if paths == 0 or request.client.wealth == 0.0:
        return ()
    from ..engine.desk.unchanged import if_nothing_changes

    planned = {goal.name: goal.probability.value for goal in plan.goals} if plan else {}
    found = if_nothing_changes(request, market, firm, seed=seed, paths=paths)
    return tuple(each.model_copy(update={"planned": planned.get(each.name)}) for each in found)
