"""Holdings as clients bring them: statements of several institutions in one file become one balance sheet."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pydantic import ValidationError

from ...goals.edge import EdgeModel, Money
from ..client import Client, Holding
from ..errors import RequestError
from ..explain import explain
from ..handed_in import Rows, read_rows, read_text
from ..suitability.shelf import Shelf

COLUMNS = ("account", "product", "asset", "units", "price", "value", "cost", "bought")
CASH = "CASH"


class Unmapped(EdgeModel):
    """A holding of which nothing is known: its product is on no shelf and is mapped to no asset."""

    product: str
    account: str | None = None
    value: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What a client holds.

    Attributes
    ----------
    holdings
        Of known asset classes.
    cash
        Money on accounts.
    unmapped
        What could not be placed.
    """

    holdings: tuple[Holding, ...]
    cash: float
    unmapped: tuple[Unmapped, ...] = ()

    def of(self, client: Client) -> Client:
        """Return the client with this book as holdings and cash."""
        return client.model_copy(update={"holdings": self.holdings, "cash": self.cash})


def read_holdings(
    path: str | Path,
    shelf: Shelf,
    assets: Collection[str],
    mapping: Mapping[str, str] | None = None,
    *,
    cash: float = 0.0,
) -> Book:
    """Read a CSV file with one holding a row.

    Parameters
    ----------
    path
        Columns `product` (a code of the shelf, or ``CASH``) or `asset` (an id of the market); `value`, or `units`
        and `price`; and, where known, `account`, `cost` and `bought` (YYYY-MM-DD). Other columns are left alone.
    assets
        Ids of the market.
    mapping
        Asset by product code, for products that the shelf does not have.
    cash
        Money on accounts, where no row says.

    Raises
    ------
    RequestError
        The file cannot be read, or naming line, column and value of every entry that cannot be used.
    """
    path = Path(path)
    table = read_rows(path.name, read_text(path, "a CSV file"))
    wrong = [f"--map {code}={asset}: {asset!r} is not in the market; give one of {', '.join(assets)}."
             for code, asset in (mapping or {}).items() if asset not in assets]  # fmt: skip
    if not {"product", "asset"} & set(table.columns):
        wrong.append(f"{path.name}: there is no column product or asset; name it in the first line.")
    if wrong:
        raise RequestError(wrong)
    return _book(path.name, table, shelf, assets, mapping or {}, cash)


def _book(
    where: str,
    table: Rows,
    shelf: Shelf,
    assets: Collection[str],
    mapping: Mapping[str, str],
    elsewhere: float,
) -> Book:
    holdings: list[Holding] = []
    unmapped: list[Unmapped] = []
    problems: list[str] = []
    cash: Decimal | None = None
    for number, row in table.rows:
        line = f"{where}, line {number}"
        cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
        code, asset = cells["product"], cells["asset"]
        try:
            value = _value(cells)
            if code.upper() == CASH:
                cash = (cash or Decimal(0)) + value
                continue
            asset = asset or _asset(code, shelf, mapping)
            if asset and asset not in assets:
                raise _RowError(f"asset = {asset!r} is not in the market; give one of {', '.join(assets)}")
            if asset:
                holdings.append(_holding(cells, asset, float(value)))
            elif code:
                unmapped.append(Unmapped(product=code, account=cells["account"] or None, value=float(value)))
            else:
                raise _RowError("names neither product nor asset; give one of them")
        except _RowError as fault:
            problems.append(f"{line}: {fault}.")
        except ValidationError as error:
            problems += [f"{line}: {sentence}" for sentence in explain(error, Holding)]
    money = elsewhere if cash is None else float(cash)
    if not problems and not holdings and not unmapped and not money:
        problems.append(f"{where}: nothing is held; give at least one row with a value.")
    if problems:
        raise RequestError(problems)
    return Book(holdings=tuple(holdings), cash=money, unmapped=tuple(unmapped))


class _RowError(Exception):
    """What is wrong with one row."""


def _asset(code: str, shelf: Shelf, mapping: Mapping[str, str]) -> str:
    product = shelf.get(code)
    return mapping.get(code, product.asset if product else "")


def _holding(cells: Mapping[str, str], asset: str, value: float) -> Holding:
    entries: dict[str, object] = {"asset": asset, "value": value}
    for name in ("product", "account", "bought"):
        entries[name] = cells[name] or None
    for name in ("units", "cost"):
        entries[name] = float(_number(name, cells[name])) if cells[name] else None
    return Holding.model_validate(entries)


def _value(cells: Mapping[str, str]) -> Decimal:
    """Money in a row, to the fen: its value, or units times price."""
    if cells["value"]:
        return _number("value", cells["value"]).quantize(Decimal("0.01"))
    if not cells["units"] or not cells["price"]:
        raise _RowError("has no value; give value, or units and price")
    units, price = (_number(name, cells[name]) for name in ("units", "price"))
    return (units * price).quantize(Decimal("0.01"))


def _number(name: str, text: str) -> Decimal:
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise _RowError(f"{name} = {text!r} is not a number; give 0 or more") from None
    if not number.is_finite() or not 0 <= number <= 10**12:
        raise _RowError(f"{name} = {text!r} is out of range; give 0 to 1e12")
    return number
