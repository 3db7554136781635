"""The pages about data and assumptions say what the program does."""

from __future__ import annotations

import runpy
import tomllib
from pathlib import Path

import numpy as np
import pytest
from goalplan.scenarios.market import Market

DOCS = Path(__file__).parents[2] / "docs"


def test_the_tables_of_the_assumptions_page_are_current() -> None:
    text = (DOCS / "assumptions.md").read_text(encoding="utf-8")
    assert runpy.run_path(str(DOCS / "assumptions.py"))["rendered"](text) == text


def test_the_market_of_the_market_page_can_be_read(tmp_path: Path) -> None:
    text = (DOCS / "market.md").read_text(encoding="utf-8")
    described = text.split("```toml\n")[1].split("```")[0]
    (tmp_path / "assets.toml").write_text(described, encoding="utf-8")
    months = np.arange("2015-01", "2018-01", dtype="datetime64[M]")
    rows = [f"{month},{100.0 + i % 7}" for i, month in enumerate(months)]
    (tmp_path / "prices.csv").write_text("\n".join(["date,shares", *rows]), encoding="utf-8")
    market = Market.from_folder(tmp_path)
    assert market.name == "my_market"
    assert market.monthly.shape == (36, 1)


def test_the_house_view_of_the_assumptions_page_is_toml() -> None:
    text = (DOCS / "assumptions.md").read_text(encoding="utf-8")
    view = tomllib.loads(text.split("```toml\n")[1].split("```")[0])
    assert view["assets"]["cn_treasury"]["mean"] == pytest.approx(0.0175)


def test_sources_name_every_series(embedded: Market) -> None:
    text = (DOCS.parent / "scenarios" / "data" / "SOURCES.md").read_text(encoding="utf-8")
    assert all(name in text for name in (*embedded.asset_ids, *embedded.index_ids))
    assert "restrict commercial redistribution by contract" in text
