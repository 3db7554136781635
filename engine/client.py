"""Who asks: what the client has, how much risk the firm found the client can bear, and what is on record."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ..goals.edge import BirthYear, Day, EdgeModel, Money, Name, Problem, refuse

RiskLevel = Literal["C1", "C2", "C3", "C4", "C5"]
Code = Name
Unit = Annotated[float, Field(strict=True, ge=1e-6, le=1e6)]
_LEVELS = '"C1", "C2", "C3", "C4" or "C5"'


class Holding(EdgeModel):
    """What the client holds today of one asset, or of one product of that asset class.

    Attributes
    ----------
    asset
        Id of an asset of the market.
    value
        Its value today, in the plan's currency.
    product
        Code of the product on the shelf, where it is known.
    account
        The institution or account that it lies in.
    units, cost, bought
        Number of units, what was paid for them, and the day: redemption fees and terms depend on it.
    """

    asset: Name = Field(description="the id of an asset of the market")
    value: Money = Field(description="the value held today, in money, 0 or more")
    product: Code | None = Field(default=None, description="the product's code, or leave it out")
    account: Name | None = Field(default=None, description="the institution or account, or leave it out")
    units: Money | None = Field(default=None, description="the number of units, 0 or more, or leave it out")
    cost: Money | None = Field(default=None, description="what was paid for it, in money, or leave it out")
    bought: Day | None = Field(default=None, description="the day it was bought, YYYY-MM-DD, or leave it out")


class Accreditation(EdgeModel):
    """Why the client may hold products that need accreditation, and the paper that shows it.

    Attributes
    ----------
    basis
        The criterion met, such as financial assets of 3 million or more.
    evidence
        The firm's reference of the document.
    date
        Day of the document.
    """

    basis: Name = Field(description="the criterion that the client meets, 1 to 60 printable characters")
    evidence: Name = Field(description="the firm's reference of the document, 1 to 60 printable characters")
    date: Day = Field(description="the day of the document, YYYY-MM-DD")


class Override(EdgeModel):
    """A product above the client's level that the client, warned in writing, insists on.

    Attributes
    ----------
    product
        Code of the product.
    warned
        Day on which the client signed the special written warning.
    evidence
        The firm's reference of the signed warning.
    """

    product: Code = Field(description="the code of a product on the shelf")
    warned: Day = Field(description="the day of the signed written warning, YYYY-MM-DD")
    evidence: Name = Field(
        description="the firm's reference of the signed warning, 1 to 60 printable characters"
    )


class Client(EdgeModel):
    """Who asks, and what is there today.

    Attributes
    ----------
    id
        The firm's own id of the client.
    name
        As printed in the plan.
    birth_year
        Needed by retirement goals.
    risk_level
        ``"C1"`` (lowest) to ``"C5"``, as assessed by the firm; bounds the risk level of what may be held.
    cash
        Money to invest today that is in no holding.
    holdings
        What is held today; part of the plan's money.
    lowest_class
        Whether a C1 client is of the lowest sub-class (no full legal capacity, or bears no loss at all), for
        which no rule can be overridden.
    questionnaire
        Answer by question, scored by the firm's table. Where `risk_level` is given too, the lower counts.
    investor
        ``"ordinary"`` or ``"professional"``, as classified by the firm.
    institution
        Whether the client is an institution; sets the service, nothing else.
    term_months
        For how long the client means to invest, where that is shorter than the plan.
    types
        Types of product that the client accepts; all where left out.
    accredited
        Basis and evidence for products that need accreditation.
    overrides
        Products above the client's level that the client was warned of in writing and insists on.
    unit_value, unit_peak
        Of a plan under way: its unit value today (flows taken out, 1 at its start) and the highest since the last
        reset. A review finds them; a new plan has neither.
    reset_on
        Day of the last reset, or of the plan's start.
    limit_broken
        Whether the drawdown limit has been broken since.
    """

    id: Name | None = Field(
        default=None, description="the firm's id of the client, 1 to 60 printable characters"
    )
    name: Name | None = Field(default=None, description="the client's name, 1 to 60 printable characters")
    birth_year: BirthYear | None = Field(default=None, description="the client's year of birth, such as 1990")
    risk_level: RiskLevel | None = Field(default=None, description=_LEVELS)
    cash: Money = Field(description="the money to invest today, 0 or more")
    holdings: tuple[Holding, ...] = Field(
        default=(), max_length=1000, description="what is held today, each with asset and value, at most 1000"
    )
    lowest_class: bool = Field(
        default=False, strict=True, description="true for the lowest sub-class of C1, else false"
    )
    questionnaire: dict[Name, Name] | None = Field(
        default=None, description="the answer to each question of the firm's table, by the ids of both"
    )
    investor: Literal["ordinary", "professional"] = Field(
        default="ordinary", description='"ordinary" or "professional"'
    )
    institution: bool = Field(default=False, strict=True, description="true for an institution, else false")
    term_months: int | None = Field(
        default=None, strict=True, ge=1, le=720, description="the months to invest for, 1 to 720"
    )
    types: tuple[Name, ...] | None = Field(
        default=None,
        max_length=50,
        description="the types of product accepted, such as bond, or leave it out",
    )
    accredited: Accreditation | None = Field(
        default=None, description="the table [client.accredited] with basis, evidence and date"
    )
    overrides: tuple[Override, ...] = Field(
        default=(), max_length=50, description="each with product, warned and evidence, at most 50"
    )
    unit_value: Unit | None = Field(
        default=None, description="the unit value of a plan under way, 1e-6 to 1e6, or leave it out"
    )
    unit_peak: Unit | None = Field(
        default=None, description="the highest unit value since the last reset, or leave it out"
    )
    reset_on: Day | None = Field(
        default=None, description="the day of the last reset, YYYY-MM-DD, or leave it out"
    )
    limit_broken: bool = Field(
        default=False,
        strict=True,
        description="true if the limit was broken since the last reset, else false",
    )

    @property
    def wealth(self) -> float:
        """Money at the start: cash and holdings together."""
        return self.cash + sum(holding.value for holding in self.holdings)

    @property
    def held(self) -> dict[str, float]:
        """Value held by asset, in money."""
        values: dict[str, float] = {}
        for holding in self.holdings:
            values[holding.asset] = values.get(holding.asset, 0.0) + holding.value
        return values

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = [*_repeated(self.holdings)]
        if self.risk_level is None and not self.questionnaire:
            text = f"is missing; give {_LEVELS}, or the answers to the questionnaire"
            problems.append(Problem(("risk_level",), None, "missing_level", text))
        if self.lowest_class and self.risk_level not in ("C1", None):
            text = f"does not go with risk_level = {self.risk_level}; the lowest sub-class is one of C1"
            problems.append(Problem(("lowest_class",), True, "lowest_class", text))
        problems += _under_way(self)
        if problems:
            refuse("Client", problems)
        return self


def _under_way(client: Client) -> list[Problem]:
    value, peak = client.unit_value, client.unit_peak
    if value is None and peak is None:
        if client.reset_on is None and not client.limit_broken:
            return []
        text = (
            "is missing and reset_on or limit_broken needs it; give unit_value and unit_peak, or none of them"
        )
        return [Problem(("unit_value",), None, "unit_value", text)]
    if value is None or peak is None or peak < value:
        text = "does not fit unit_peak; give both, the peak at least as high as the value"
        return [Problem(("unit_value",), value, "unit_value", text)]
    return []


def _repeated(holdings: tuple[Holding, ...]) -> list[Problem]:
    problems: list[Problem] = []
    first: dict[tuple[object, ...], int] = {}
    for number, holding in enumerate(holdings):
        key = (holding.asset, holding.product, holding.account, holding.bought)
        if first.setdefault(key, number) != number:
            text = (
                f"repeats holdings.{first[key]}.asset; add them up, or tell them apart by product, account "
                "or bought"
            )
            problems.append(Problem(("holdings", number, "asset"), holding.asset, "duplicate", text))
    return problems
