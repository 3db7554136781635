"""Risk labels: what must stand beside every recommendation, and near the front of every plan."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...goals.edge import Day, EdgeModel
from ...scenarios.drawdown import max_drawdowns
from ...scenarios.market import Market
from ...scenarios.stress_set import StressSet
from ..findings import Text
from ..suitability.ruleset import PRODUCT_LEVELS
from .desk import Desk

FloatArray = NDArray[np.float64]
_NOTHING = 5e-5  # a loss that prints as 0.0 %
_Z95 = 1.6448536269514722  # standard normal quantile of 95 %


class ReturnRange(EdgeModel):
    """Total return over `years`, from the 5th (`low`) to the 95th percentile (`high`)."""

    years: float
    low: float
    high: float


class EpisodeLoss(EdgeModel):
    """Maximum drawdown through a named episode; `proxy` where stand-ins tell a part of it."""

    id: str
    name: Text
    loss: float
    proxy: bool


class Label(EdgeModel):
    """The risk label of a product or of the whole plan.

    Attributes
    ----------
    product, asset
        None for the plan.
    name
        Of the product, or of the plan's mix.
    level, level_name
        Product level 1 to 5 (the higher of issuer and seller; of a plan by its volatility), and its words.
    ranges
        Over one year and over the plan's horizon, net of fees, with the uncertainty of the mean.
    range_note
        What must stand beside `ranges`.
    volatility
        Standard deviation a year.
    max_drawdown, drawdown_from, drawdown_to
        Largest fall in the market's history between these days.
    worst_episode
        Of the named episodes that the market can tell; None where none of them cost anything.
    audience, cautions, disclosure
        Whom it suits, special warnings, and the fixed disclosure.
    """

    product: str | None = None
    asset: str | None = None
    name: Text
    level: int
    level_name: Text
    ranges: tuple[ReturnRange, ...]
    range_note: Text
    volatility: float
    max_drawdown: float
    drawdown_from: Day
    drawdown_to: Day
    worst_episode: EpisodeLoss | None = None
    audience: Text
    cautions: tuple[Text, ...] = ()
    disclosure: Text


def product_labels(products: Iterable[str], desk: Desk, months: int) -> tuple[Label, ...]:
    """Labels of products by code, as their asset class behaves in the market.

    Parameters
    ----------
    products
        Codes on the shelf.
    months
        The plan's horizon.
    """
    labels = []
    for code in products:
        product = desk.shelf.get(code)
        if product is None:
            raise ValueError(
                f"the product {code!r} is not on the shelf {desk.shelf.name!r} and cannot be labelled"
            )
        cautions = [*product.cautions, *(["accredited"] if product.accredited else [])]
        labels.append(
            _label(
                weights={product.asset: 1.0},
                fee=0.0,
                level=product.level,
                highest_volatility=0.0,
                name=Text(zh=product.name_zh, en=product.name_en),
                cautions=cautions,
                disclosure=desk.rules.labels.product,
                desk=desk,
                months=months,
            ).model_copy(update={"product": code, "asset": product.asset})
        )
    return tuple(labels)


def plan_label(
    weights: Mapping[str, float],
    products: Mapping[str, str],
    desk: Desk,
    months: int,
    *,
    advisory_fee: float = 0.0,
    highest_volatility: float = 0.0,
) -> Label:
    """Label of the plan as a whole.

    Parameters
    ----------
    weights
        Today's mix by asset id.
    products
        Product by asset id, as the gate chose them; their special warnings become the plan's.
    highest_volatility
        Of the riskiest mix that the policy may come to hold; the plan's level is that of the riskier mix.
    """
    held = [desk.shelf.get(products[a]) for a, w in weights.items() if w > 0.0]
    return _label(
        weights=weights,
        fee=advisory_fee,
        level=None,
        highest_volatility=highest_volatility,
        name=Text(zh="计划整体", en="The plan as a whole"),
        cautions=[caution for product in held if product for caution in product.cautions],
        disclosure=desk.rules.labels.plan,
        desk=desk,
        months=months,
    )


def _label(
    *,
    weights: Mapping[str, float],
    fee: float,
    level: int | None,
    highest_volatility: float,
    name: Text,
    cautions: Sequence[str],
    disclosure: Text,
    desk: Desk,
    months: int,
) -> Label:
    held = tuple(a for a, w in weights.items() if w > 0.0)
    mix = np.array([weights[a] for a in held])
    market, assumptions = desk.market.select(held), desk.assumptions.select(held, ())
    mean = float(mix @ assumptions.mean) - fee - float(mix @ [a.fee for a in market.assets])
    volatility = math.sqrt(
        float(
            mix @ (assumptions.correlation * np.outer(assumptions.volatility, assumptions.volatility)) @ mix
        )
    )
    fall, first, last = _history(market, mix)
    horizon = months / 12.0
    spans = (1.0,) if horizon == 1.0 else (1.0, horizon)
    level = level or desk.rules.grade(max(volatility, highest_volatility))
    texts, key = desk.rules.labels, PRODUCT_LEVELS[level - 1]
    written: dict[str, Text] = {str(caution): text for caution, text in texts.cautions.items()}
    return Label(
        name=name,
        level=level,
        level_name=texts.levels[key],
        audience=texts.audience[key],
        ranges=tuple(_range(mean, volatility, years, assumptions.years) for years in spans),
        range_note=texts.range_note,
        volatility=volatility,
        max_drawdown=fall,
        drawdown_from=first,
        drawdown_to=last,
        worst_episode=_worst(desk.stress.select(held), mix),
        cautions=tuple(written[caution] for caution in dict.fromkeys(cautions)),
        disclosure=disclosure,
    )


def _range(mean: float, volatility: float, years: float, history: float) -> ReturnRange:
    """Log growth over H years is normal, mean H (log(1+mean) - s^2/2), variance s^2 (H + H^2 / history)."""
    centre = years * (math.log1p(mean) - 0.5 * volatility**2)
    spread = _Z95 * volatility * math.sqrt(years + years**2 / history)
    return ReturnRange(years=years, low=math.expm1(centre - spread), high=math.expm1(centre + spread))


def _history(market: Market, mix: FloatArray) -> tuple[float, Day, Day]:
    """Largest fall of the mix, rebalanced at every step, over the days or months that all its assets have."""
    daily = market.frequency == "daily"
    levels, dates = (market.daily, market.days) if daily else (market.monthly, market.months)
    there = np.flatnonzero(~np.isnan(levels).any(axis=1))
    rows = slice(int(there[0]), int(there[-1]) + 1)
    levels = levels[rows]
    days = dates[rows].astype("datetime64[D]")
    fall = float(max_drawdowns(levels[1:] / levels[:-1] - 1.0, mix)[0])
    return fall, days[0].item(), days[-1].item()


def _worst(stress: StressSet, mix: FloatArray) -> EpisodeLoss | None:
    episodes = [path for path in stress.paths if path.kind == "episode"]
    if not episodes:
        return None
    losses = [path.loss(mix) for path in episodes]
    worst = int(np.argmax(losses))
    if losses[worst] < _NOTHING:
        return None
    path = episodes[worst]
    return EpisodeLoss(
        id=path.id,
        name=Text(zh=path.name_zh, en=path.name_en),
        loss=losses[worst],
        proxy=path.proxy or bool(path.proxies),
    )
