"""Makes the PDF files of this folder: ``python examples/samples.py [NAME ...]``."""

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import goalplan
from goalplan.engine.desk.holdings import read_holdings
from goalplan.engine.suitability.shelf import demonstration_shelf

HERE = Path(__file__).parent
EXAMPLES = Path(goalplan.__file__).parent / "examples"
FIRM = goalplan.Firm(shelf=demonstration_shelf())
HEADS = {lang: goalplan.Letterhead.from_toml(HERE / f"firm.{lang}.toml") for lang in ("zh", "en")}
LIMIT = ("limits.max_drawdown=0.12",)
NOTES = {
    "zh": "首付款要在合同签订后二十日内到账，请把交房日期的变化及时告诉我。",
    "en": "The down payment is due twenty days after signing; please tell me early if that date moves.",
}


def home(lang: str) -> None:
    """Print the home of the examples with a drawdown limit, products of the demonstration shelf, and four pots."""
    request = goalplan.PlanRequest.from_toml(EXAMPLES / f"home.{lang}.toml", LIMIT)
    _print(request, f"home.{lang}", note=NOTES[lang], summary=True)


def infeasible(lang: str) -> None:
    """Print a required goal that cannot be met."""
    more = ("goals.0.required=true", "goals.0.amount=900000")
    request = goalplan.PlanRequest.from_toml(EXAMPLES / f"home.{lang}.toml", (*LIMIT, *more))
    _print(request, f"infeasible.{lang}")


def from_file(name: str) -> None:
    """Print a request of this folder."""
    _print(goalplan.PlanRequest.from_toml(HERE / f"{name}.toml"), name)


def letter(lang: str) -> None:
    """Print the letter after a review: a plan made on what was known at the end of 2024, nine months later."""
    market = goalplan.load_market()
    request = goalplan.PlanRequest.from_toml(
        EXAMPLES / f"home.{lang}.toml", (*LIMIT, "goals.0.due=2028-01-01")
    )
    plan = goalplan.solve_plan(request, market.until(dt.date(2024, 12, 31)), firm=FIRM, detail="core")
    book = read_holdings(HERE / f"holdings.{lang}.csv", FIRM.shelf_for(market), market.asset_ids, {})
    review = goalplan.review_plan(plan, book, dt.date(2025, 9, 15), market, firm=FIRM)
    goalplan.write_letter(review, HERE / f"letter.{lang}.pdf", lang=lang, letterhead=HEADS[lang])


def _print(request: goalplan.PlanRequest, name: str, **more: Any) -> None:
    lang = name.rpartition(".")[2]
    plan = goalplan.solve_plan(request, firm=FIRM)
    goalplan.write_pdf(plan, HERE / f"{name}.pdf", lang=lang, letterhead=HEADS[lang], **more)


SAMPLES = {
    "home.zh": lambda: home("zh"),
    "home.en": lambda: home("en"),
    "infeasible.zh": lambda: infeasible("zh"),
    "infeasible.en": lambda: infeasible("en"),
    "needs_review.zh": lambda: from_file("needs_review.zh"),
    "ten_goals.zh": lambda: from_file("ten_goals.zh"),
    "letter.zh": lambda: letter("zh"),
    "letter.en": lambda: letter("en"),
}

if __name__ == "__main__":
    for sample in sys.argv[1:] or SAMPLES:
        SAMPLES[sample]()
        print(HERE / f"{sample}.pdf")
