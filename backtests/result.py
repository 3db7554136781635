"""What a backtest gives back: the account row by row, trades, decisions, what went wrong, figures."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ._types import BoolArray, Dates, FloatArray
from .figures.metrics import Metrics

if TYPE_CHECKING:
    import pandas as pd

    from .config import BacktestConfig

REASONS = ("rebalance", "invest", "withdraw", "ended")

EVENT_TEXTS = {
    "decision_failed": {
        "en": "{date}: no decision ({reason}); the previous weights were kept.",
        "zh": "{date}：未能决策（{reason}），沿用此前权重。",
    },
    "series_ended": {
        "en": "{date}: the series {asset} has ended; the holding was sold at its last value.",
        "zh": "{date}：{asset} 数据终止，持仓按最后价值卖出。",
    },
    "not_tradable": {
        "en": "{date}: {asset} was chosen but had no price when the trade was due; its share stayed in cash.",
        "zh": "{date}：选中的 {asset} 在交易时没有价格，其份额留作现金。",
    },
    "withdrawal_short": {
        "en": "{date}: {wanted} was to be withdrawn, {paid} was there.",
        "zh": "{date}：应取出 {wanted}，实际可付 {paid}。",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something the reader must know.

    Attributes
    ----------
    date : date
        Close at which it happened.
    code : str
        Stable word for programs.
    parameters : dict
        What the sentence speaks of.
    """

    date: dt.date
    code: str
    parameters: dict[str, str]

    def text(self, language: Literal["zh", "en"] = "en") -> str:
        """Return the sentence to print, ``"zh"`` or ``"en"``."""
        return EVENT_TEXTS[self.code][language].format(date=self.date, **self.parameters)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trades:
    """J sets of orders, each at one close.

    Attributes
    ----------
    dates : (J,) datetime64[D]
    reasons : (J,) str
        ``rebalance``, ``invest`` (money paid in), ``withdraw`` (holdings sold for money out), ``ended``.
    values : (J, N)
        Money bought (above 0) or sold (below 0) of each asset.
    commissions, slippage : (J, N)
        What each order cost.
    """

    dates: Dates
    reasons: NDArray[np.str_]
    values: FloatArray
    commissions: FloatArray
    slippage: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BacktestResult:
    """A finished walk-forward backtest; every array is read-only.

    R rows from the start of the account to its end, N assets, K decisions. The accounting identity:
    ``wealth[t] = wealth[t-1] + gain[t] - fees[t] + flows[t] - commissions and slippage at t``.

    Attributes
    ----------
    name : str
    config : BacktestConfig
        As run; ``schema_version`` included.
    market_name, market_digest : str
    asset_ids : tuple of str
    dates : (R,) datetime64[D]
    wealth : (R,)
        Money at each close, after flows, trades and costs.
    unit_values : (R,)
        Value of one unit: flows taken out, costs and fees in; the account starts from 1 before its first
        trade.
    returns : (R - 1,)
        Returns of the unit per row; a trade at the first close counts in the first of them.
    weights : (R, N)
        Held at each close after its trades; what is missing to 1 is cash.
    cash, flows, fees : (R,)
        Money uninvested; money really paid in or out; product and advisory fees taken.
    trades : Trades
    decision_dates : (K,) datetime64[D]
    targets : (K, N)
        Weights decided; NaN where the decision failed.
    traded : (K,) bool
        Whether the decision led to a trade (it did not when it failed or all weights were inside the band).
    risk_free : (R - 1,)
    benchmark : (R - 1,) or None
        Returns of the risk-free asset and of the benchmark.
    rows_per_year : int
    events : tuple of Event
    metrics : Metrics
    turnover : float
        One-way turnover a year: half the money traded at rebalances after the first, over wealth, per
        calendar year.
    money_weighted_return : float
        Annual effective internal rate of return of the client's money; the CAGR when there are no flows.
    """

    name: str
    config: BacktestConfig
    market_name: str
    market_digest: str
    asset_ids: tuple[str, ...]
    dates: Dates
    wealth: FloatArray
    unit_values: FloatArray
    returns: FloatArray
    weights: FloatArray
    cash: FloatArray
    flows: FloatArray
    fees: FloatArray
    trades: Trades
    decision_dates: Dates
    targets: FloatArray
    traded: BoolArray
    risk_free: FloatArray
    benchmark: FloatArray | None
    rows_per_year: int
    events: tuple[Event, ...]
    metrics: Metrics
    turnover: float
    money_weighted_return: float

    @property
    def costs(self) -> float:
        """Commissions and slippage of the whole run, in money."""
        return float(self.trades.commissions.sum() + self.trades.slippage.sum())

    def summary(self) -> dict[str, object]:
        """Return what a table or a JSON file needs: provenance, figures, counts of events; no series."""
        codes = [event.code for event in self.events]
        return {
            "name": self.name,
            "market": self.market_name,
            "market_digest": self.market_digest,
            "start": str(self.dates[0]),
            "end": str(self.dates[-1]),
            "assets": list(self.asset_ids),
            "final_wealth": float(self.wealth[-1]),
            "paid_in": float(self.flows.sum()),
            "money_weighted_return": self.money_weighted_return,
            "turnover": self.turnover,
            "commissions": float(self.trades.commissions.sum()),
            "slippage": float(self.trades.slippage.sum()),
            "fees": float(self.fees.sum()),
            "decisions": len(self.decision_dates),
            "trades": len(self.trades.reasons),
            "events": {code: codes.count(code) for code in sorted(set(codes))},
            "metrics": self.metrics.to_dict(),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return one row per date: wealth, unit value, cash, flow, fee, and the weight of every asset."""
        import pandas as pd

        table = {
            "wealth": self.wealth,
            "unit_value": self.unit_values,
            "cash": self.cash,
            "flow": self.flows,
            "fee": self.fees,
        }
        weights = {f"weight:{name}": self.weights[:, i] for i, name in enumerate(self.asset_ids)}
        index = pd.DatetimeIndex(self.dates, name="date")
        return pd.DataFrame({**table, **weights}, index=index)

    def trades_frame(self) -> pd.DataFrame:
        """Return one row per order: date, reason, asset, money bought or sold, commission, slippage."""
        import pandas as pd

        trades = self.trades
        j, i = np.nonzero(trades.values)
        return pd.DataFrame(
            {
                "date": trades.dates[j],
                "reason": trades.reasons[j],
                "asset": np.array(self.asset_ids, dtype=object)[i],
                "value": trades.values[j, i],
                "commission": trades.commissions[j, i],
                "slippage": trades.slippage[j, i],
            }
        )
