"""Markets made for the tests of the room."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest
from goalplan.scenarios import Asset
from goalplan.scenarios.market import Market

from .three_assets import two_futures

MakeMarket = Callable[..., Market]


@pytest.fixture(scope="session")
def make_market() -> MakeMarket:
    """Return a maker of markets from a table of levels: business days, or months when `monthly` is set."""

    def make(
        levels: np.ndarray,
        *,
        ids: Sequence[str] | None = None,
        start: str = "2010-01-04",
        cost: float = 0.0,
        fee: float = 0.0,
        monthly: bool = False,
        dates: Sequence[str] | None = None,
    ) -> Market:
        names = list(ids or [f"a{i}" for i in range(levels.shape[1])])
        index = pd.DatetimeIndex(dates) if dates is not None else None
        if index is None:
            index = pd.date_range(start, periods=len(levels), freq="ME" if monthly else "B")
        assets = [
            Asset(
                id=name,
                name_zh=name,
                name_en=name,
                asset_class="equity",
                region="none",
                currency="CNY",
                risk_level=3,
                fee=fee,
                trading_cost=cost,
                exempt=True,
                esg=None,
                source="made for a test",
            )
            for name in names
        ]
        return Market.from_frames(pd.DataFrame(levels, index=index, columns=names), assets)

    return make


@pytest.fixture(scope="session")
def random_levels() -> Callable[..., np.ndarray]:
    """Return a maker of correlated random levels (rows, assets) with unequal volatilities."""

    def make(rows: int, assets: int, seed: int = 0, scale: float = 0.01) -> np.ndarray:
        rng = np.random.default_rng(seed)
        common = rng.standard_normal((rows, 2)) @ rng.standard_normal((2, assets)) * 0.5
        own = rng.standard_normal((rows, assets)) * np.linspace(0.5, 1.5, assets)
        returns = np.clip((common + own) * scale + scale * 0.03, -0.2, 0.2)
        return 100.0 * np.cumprod(1.0 + returns, axis=0)

    return make


@pytest.fixture(scope="session")
def worlds() -> tuple[Market, Market]:
    """Two monthly markets that agree for the first months and have nothing in common after them."""
    return two_futures()
