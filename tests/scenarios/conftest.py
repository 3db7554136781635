"""A small market to try things on, and the embedded one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from goalplan.scenarios.market import Asset, Market, load_market


def make_asset(name: str, **changes: Any) -> Asset:
    plain = Asset(
        id=name,
        name_zh=name,
        name_en=name,
        asset_class="cash" if name == "cash" else "equity",
        region="cn",
        currency="CNY",
        risk_level=1 if name == "cash" else 4,
        fee=0.0,
        trading_cost=0.001,
        exempt=True,
        esg=None,
        source="made up",
    )
    return replace(plain, **changes)


def monthly_frame(months: int = 72, names: tuple[str, ...] = ("shares", "bonds", "cash")) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    steps = rng.normal(0.005, [0.05, 0.02, 0.001][: len(names)], size=(months, len(names)))
    index = pd.date_range("2015-01-31", periods=months, freq="ME")
    return pd.DataFrame(100.0 * np.exp(steps.cumsum(axis=0)), index=index, columns=list(names))


def daily_frame(days: int = 1300, names: tuple[str, ...] = ("shares", "bonds", "cash")) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    steps = rng.normal(0.0003, [0.01, 0.004, 0.0001][: len(names)], size=(days, len(names)))
    index = pd.bdate_range("2015-01-01", periods=days)
    return pd.DataFrame(100.0 * np.exp(steps.cumsum(axis=0)), index=index, columns=list(names))


class Small:
    """Makers of small markets, as the fixture `small`."""

    asset = staticmethod(make_asset)
    monthly = staticmethod(monthly_frame)
    daily = staticmethod(daily_frame)

    @staticmethod
    def market(frame: pd.DataFrame, **options: Any) -> Market:
        return Market.from_frames(frame, [make_asset(str(name)) for name in frame.columns], **options)

    @staticmethod
    def write(folder: Path, frame: pd.DataFrame) -> None:
        """Write `frame` and one plain asset per column as a market folder."""
        frame.rename_axis("date").to_csv(folder / "prices.csv", date_format="%Y-%m-%d")
        rows = [
            f'[[assets]]\nid = "{name}"\nname_zh = "{name}"\nname_en = "{name}"\nasset_class = "equity"\n'
            'region = "cn"\ncurrency = "CNY"\nrisk_level = 3\nfee = 0.0\n'
            "trading_cost = 0.001\nexempt = true\n"
            'source = "made up"\n'
            for name in frame.columns
        ]
        text = "[market]\nname = 'test'\n" + "\n".join(rows)
        (folder / "assets.toml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def small() -> Small:
    return Small()


@pytest.fixture(scope="session")
def embedded() -> Market:
    return load_market()
