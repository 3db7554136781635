"""The tear sheet of goal cohorts: a page each, every figure there, the same bytes for the same result."""

import io

import pytest
from goalplan.backtests.cohorts import CohortConfig, CohortResult, CohortRow
from goalplan.goals.months import add_months
from goalplan.reports.cohort_sheet import cohort_sheet_pdf
from pypdf import PdfReader


@pytest.fixture(scope="module")
def found() -> CohortResult:
    request = {
        "start": "2018-01-01",
        "client": {"risk_level": "C4", "cash": 1_000.0},
        "goals": [{"kind": "purchase", "name": "Boat", "due": "2018-04-01", "amount": 1_500.0}],
        "contributions": {"monthly": 100.0},
    }
    strategy = {"kind": "fixed_weights", "weights": {"shares": 1.0}, "name": "shares"}
    config = CohortConfig.model_validate({"request": request, "planners": [{}], "against": [strategy]})
    rows = []
    for k in range(12):
        start = add_months(config.request.start, k)
        lived = {
            "start": start,
            "difficulty": 1.0,
            "paid": (k % 3 > 0,),
            "short": (0.0,),
            "needed": 100.0 + k,
        }
        lived["wealth"] = (1_000.0, 1_100.0, 1_200.0 + k, 1_300.0 + 2 * k)
        fan = tuple(tuple(w + 40.0 * t * (q - 2) for t, w in enumerate(lived["wealth"])) for q in range(5))
        rows.append(CohortRow(**lived, name="dynamic", kind="plan", promised=(0.5 + 0.03 * k,), fan=fan))
        rows.append(CohortRow(**lived, name="shares", kind="strategy"))
    return CohortResult(config=config, market="made", market_digest="", months=3, rows=tuple(rows))


def test_a_page_for_each_with_the_same_bytes(found: CohortResult) -> None:
    first = cohort_sheet_pdf(found)
    assert first == cohort_sheet_pdf(found)
    plan, strategy = (page.extract_text() for page in PdfReader(io.BytesIO(first)).pages)
    for words in (
        "12 starts",
        "goals at 100%: met 67%",
        "by start",
        "Promised against realised",
        "Brier",
        "promised median",
        "no promise",
    ):
        assert words in plan
    assert "A strategy promises nothing" in strategy
