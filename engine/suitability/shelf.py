"""The product shelf: the funds that a firm may recommend, each of one asset class of the market."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from ...goals.edge import Amount, EdgeModel, Money, Name, Problem, refuse
from ..errors import RequestError
from ..explain import explain
from ..handed_in import read_rows, read_text

if TYPE_CHECKING:
    from ...scenarios.market import Market

Level = Annotated[int, Field(strict=True, ge=1, le=5)]
Rate = Annotated[float, Field(strict=True, ge=0.0, le=0.1)]
Caution = Literal["leverage", "qdii", "fx", "credit", "small_cap", "liquidity"]
EMBEDDED = Path(__file__).parent / "rules" / "shelf_demo.csv"


class RedemptionStep(EdgeModel):
    """A redemption fee: `rate` of the amount for units held for less than `days` days."""

    days: int = Field(strict=True, ge=1, le=36_500, description="the days of holding below which it is due")
    rate: Rate = Field(description="the fee as a decimal of the amount, 0 to 0.1")


class Product(EdgeModel):
    """One fund, or anything else that a client can hold of an asset class.

    Attributes
    ----------
    code, name_zh, name_en
        As the firm calls it.
    asset
        Id of the asset class of the market that it stands for.
    type
        Free word that a client's accepted types are matched with: money_market, bond, equity, ...
    level_issuer, level_seller
        Risk level R1 to R5, as 1 to 5, by issuer and by seller; `level` is the higher.
    fee
        Running costs a year, a decimal; shown, not charged again by the simulation (see `Asset.fee`).
    trading_cost
        One-way cost of a trade, a decimal of the amount.
    dealing
        ``"amount"``: bought for money, `minimum` and `lot` are money. ``"units"``: bought and sold in units,
        `minimum` and `lot` are numbers of units and `price` is needed.
    minimum, lot
        Least first purchase, and the step of every purchase.
    price
        Price of one unit when the shelf was made.
    redemption
        Redemption fees by holding time, shortest first; none after the last.
    status
        ``"open"``, ``"quota"`` (bought up to `quota` a day) or ``"suspended"`` (may be sold only).
    term_months
        For how long money in it is tied up, or is meant to stay at least.
    accredited
        Whether the law reserves it for accredited investors.
    exempt
        An index or money-market fund, exempt from the cap on a single fund.
    esg
        Score from 0 to 100, where one is known.
    business
        Kinds of business that it is invested in and that a client may exclude, such as ``"coal"``.
    cautions
        What must be warned of specially.
    """

    code: Name = Field(description="the code, 1 to 60 printable characters")
    name_zh: Name = Field(description="the name in Chinese, 1 to 60 printable characters")
    name_en: Name = Field(description="the name in English, 1 to 60 printable characters")
    asset: Name = Field(description="the id of an asset of the market")
    type: Name = Field(description="the type of product, such as bond")
    level_issuer: Level = Field(description="the issuer's risk level, 1 (R1) to 5 (R5)")
    level_seller: Level = Field(description="the seller's risk level, 1 (R1) to 5 (R5)")
    fee: Rate = Field(description="the running costs as a decimal a year, 0 to 0.1 (0.005 is 0.5 %)")
    trading_cost: Rate = Field(default=0.0, description="the one-way cost as a decimal, 0 to 0.1")
    dealing: Literal["amount", "units"] = Field(default="amount", description='"amount" or "units"')
    minimum: Money = Field(default=0.0, description="the least first purchase, in money or units, 0 or more")
    lot: Amount = Field(default=0.01, description="the step of purchases, in money or units, at least 0.01")
    price: Amount | None = Field(default=None, description="the price of one unit, at least 0.01")
    redemption: tuple[RedemptionStep, ...] = Field(
        default=(), description="DAYS:RATE for each fee, shortest first, such as 7:0.015;30:0.005"
    )
    status: Literal["open", "quota", "suspended"] = Field(
        default="open", description='"open", "quota" or "suspended"'
    )
    quota: Amount | None = Field(default=None, description="the most that can be bought a day, in money")
    term_months: int = Field(
        default=0, strict=True, ge=0, le=720, description="the months that money is tied up, 0 to 720"
    )
    accredited: bool = Field(default=False, strict=True, description="true or false")
    exempt: bool = Field(default=False, strict=True, description="true or false")
    esg: Annotated[float, Field(strict=True, ge=0.0, le=100.0)] | None = Field(
        default=None, description="the ESG score, 0 to 100, or leave it out"
    )
    business: tuple[Name, ...] = Field(default=(), description="kinds of business, such as coal;tobacco")
    cautions: tuple[Caution, ...] = Field(
        default=(), description="some of leverage;qdii;fx;credit;small_cap;liquidity"
    )

    @property
    def level(self) -> int:
        """The risk level that counts: the higher of the two."""
        return max(self.level_issuer, self.level_seller)

    def redemption_fee(self, days: int) -> float:
        """Fee rate after `days` days of holding."""
        return next((step.rate for step in self.redemption if days < step.days), 0.0)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = []
        if self.dealing == "units" and self.price is None:
            problems.append(Problem(("price",), None, "price", "is missing; dealing in units needs a price"))
        if self.dealing == "units" and self.redemption:
            text = "does not go with dealing in units; sales on an exchange bear no redemption fee"
            problems.append(Problem(("redemption",), len(self.redemption), "redemption", text))
        if (self.status == "quota") != (self.quota is not None):
            text = "does not go with status; give a quota for status quota, and none otherwise"
            problems.append(Problem(("quota",), self.quota, "quota", text))
        days = [step.days for step in self.redemption]
        if days != sorted(set(days)):
            text = "is not in order; give the shortest holding time first, each once"
            problems.append(Problem(("redemption",), days, "redemption", text))
        if problems:
            refuse("Product", problems)
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Products in the order in which the firm prefers them.

    Attributes
    ----------
    name
        Printed in the plan's provenance.
    products
        Codes are unique.
    demonstration
        Whether the products are invented, to be said wherever they are shown.
    digest
        SHA-256 of every entry but the name.
    """

    name: str
    products: tuple[Product, ...]
    demonstration: bool = False
    digest: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        text = "\n".join(product.model_dump_json() for product in self.products)
        digest = hashlib.sha256(f"{self.demonstration}\n{text}".encode()).hexdigest()
        object.__setattr__(self, "digest", digest)

    def get(self, code: str | None) -> Product | None:
        """Return the product of that code, or None where it is not on the shelf."""
        return next((product for product in self.products if product.code == code), None)

    def of_asset(self, asset: str) -> tuple[Product, ...]:
        """Products of an asset class, in the firm's order."""
        return tuple(product for product in self.products if product.asset == asset)

    @classmethod
    def from_csv(cls, path: str | Path) -> Self:
        """Read a shelf: one product a row, the columns named as the attributes of `Product`.

        Lists in a cell are separated by semicolons; an empty cell or a missing column is left out. Columns
        without a default must be there.

        Raises
        ------
        RequestError
            The file cannot be read, or naming line, column and value of every entry that cannot be used.
        """
        path = Path(path)
        return cls(name=path.stem, products=_products(path.name, read_text(path, "a CSV file")))

    @classmethod
    def of_classes(cls, market: Market) -> Self:
        """Return each asset class of a market as one open product; one in another currency warns of it."""
        products = tuple(
            Product(
                code=asset.id,
                name_zh=asset.name_zh,
                name_en=asset.name_en,
                asset=asset.id,
                type=asset.asset_class,
                level_issuer=asset.risk_level,
                level_seller=asset.risk_level,
                fee=float(asset.fee),
                trading_cost=float(asset.trading_cost),
                exempt=asset.exempt,
                esg=None if asset.esg is None else float(asset.esg),
                cautions=() if asset.currency == market.currency else ("fx",),
            )
            for asset in market.assets
        )
        return cls(name="asset classes", products=products)


@cache
def demonstration_shelf() -> Shelf:
    """Return the embedded shelf of invented products."""
    return Shelf(
        name="demonstration",
        products=_products(EMBEDDED.name, read_text(EMBEDDED, "a CSV file")),
        demonstration=True,
    )


def _products(where: str, text: str) -> tuple[Product, ...]:
    table = read_rows(where, text)
    known = list(Product.model_fields)
    unknown = [name for name in table.columns if name not in known]
    if unknown:
        raise RequestError(
            f"{where}: the column {unknown[0][:60]!r} is not known; known are {', '.join(known)}."
        )
    products: dict[str, Product] = {}
    problems = []
    for number, row in table.rows:
        line = f"{where}, line {number}"
        try:
            product = Product.model_validate(_entries(row))
        except ValidationError as error:
            problems += [f"{line}: {sentence}" for sentence in explain(error, Product)]
            continue
        if product.code in products:
            problems.append(f"{line}: code = {product.code!r} is there already; give each product its own.")
        products[product.code] = product
    if not products and not problems:
        problems.append(f"{where}: there is no product; give a row below the names of the columns.")
    if problems:
        raise RequestError(problems)
    return tuple(products.values())


def _entries(row: Mapping[str | None, Any]) -> dict[str, object]:
    """Cells of a row as values of the fields; what cannot be read stays text, for the model to refuse."""
    entries: dict[str, object] = {}
    for name, cell in row.items():
        text = (cell or "").strip() if isinstance(cell, str) else ""
        if name is None:
            entries["too many cells"] = cell
        elif text:
            entries[name] = _value(name, text)
    return entries


def _value(name: str, text: str) -> object:
    if name in ("business", "cautions"):
        return tuple(part.strip() for part in text.split(";"))
    if name == "redemption":
        steps = (part.partition(":") for part in text.split(";"))
        return tuple({"days": number(days, int), "rate": number(rate, float)} for days, _, rate in steps)
    if name in ("level_issuer", "level_seller", "term_months"):
        return number(text.removeprefix("R"), int)
    if name in ("accredited", "exempt"):
        return {"true": True, "false": False}.get(text.lower(), text)
    if name in ("fee", "trading_cost", "minimum", "lot", "price", "quota", "esg"):
        return number(text, float)
    return text


def number(text: str, kind: type[int] | type[float]) -> object:
    """Return the number that a cell holds, or its text."""
    try:
        return kind(text.strip())
    except ValueError:
        return text.strip()
