"""The tear sheet of a backtest: every figure there, and the same bytes for the same result."""

import datetime as dt
import io

from goalplan.backtests import BacktestConfig, compare
from goalplan.reports.tear_sheet import charts_png, tear_sheet_pdf
from pypdf import PdfReader

CONFIG = BacktestConfig.model_validate(
    {
        "start": dt.date(2018, 1, 2),
        "end": dt.date(2020, 12, 31),
        "strategy": {"kind": "risk_parity"},
        "against": [{"kind": "sixty_forty"}],
        "benchmark": {"kind": "sixty_forty"},
    }
)


def test_two_pages_a_strategy_with_the_same_bytes_each_time() -> None:
    first, again = (tear_sheet_pdf(compare(CONFIG)) for _ in range(2))
    assert first == again
    pages = PdfReader(io.BytesIO(first)).pages
    assert len(pages) == 4
    front, back = pages[0].extract_text(), pages[1].extract_text()
    for words in ("risk_parity", "past performance is no indication", "Under water", "Monthly returns"):
        assert words in front
    for words in ("The five worst drawdowns", "2020-03", "One-way turnover", "Weights"):
        assert words in back


def test_the_chart_is_a_png() -> None:
    assert charts_png(compare(CONFIG).results[1]).startswith(b"\x89PNG")
