"""What a client asks for: the one document that a plan is made from, as a model, TOML or JSON."""

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from ..goals import Contributions, Goal
from ..goals.dates import date_problems
from ..goals.edge import Day, EdgeModel, Name, Problem, refuse
from ..scenarios.model_names import ModelName
from .client import Accreditation as Accreditation
from .client import Client as Client
from .client import Code as Code
from .client import Holding as Holding
from .client import Override as Override
from .errors import RequestError
from .explain import explain
from .handed_in import read_toml
from .overrides import override

Weight = Annotated[float, Field(strict=True, ge=0.0, le=1.0)]
Bounds = dict[Name, tuple[Weight, Weight]]
Loss = Annotated[float, Field(strict=True, gt=0.0, lt=1.0)]


class Limits(EdgeModel):
    """What no portfolio of the plan may do.

    Attributes
    ----------
    max_weight
        Highest weight of any asset that is not cash and has no bound of its own.
    bounds
        Lowest and highest weight of single assets, by asset id.
    groups
        Lowest and highest weight of all assets of a class together, by asset class.
    exclude
        What no portfolio holds: asset ids, codes of products, or kinds of business that products of the shelf
        are marked with.
    min_esg
        Lowest weighted mean ESG score of a portfolio, 0 to 100. An asset without a score is then excluded.
    max_drawdown
        Largest loss on the way, on simulated paths of the plan's horizon, of what `measured_from` says.
    measured_from
        ``"peak"``: drawdown of the unit value (flows taken out) from its peak since the last reset. ``"paid_in"``: loss
        of the money paid in so far, payments made counted as kept, over the whole plan.
    confidence
        Probability of staying within `max_drawdown`, a window; and 1 less the share of the years that `cvar` looks at.
    cvar
        Largest mean loss of every portfolio over a year, in the worst ``1 - confidence`` of simulated years.
    reset_every
        Months of a window: peak and count start afresh, so that a long plan is not locked in cash.
    stress
        Largest drawdown of every portfolio in the replay of named episodes or shocks, by id.
    stress_floor
        With `stress`: at drawdown d only portfolios whose worst named loss L keeps (1 - d)(1 - L) >= 1 - floor.
    """

    max_weight: Annotated[float, Field(strict=True, gt=0.0, le=1.0)] = Field(
        default=0.35,
        description="the highest weight of any one asset except cash, a decimal up to 1 (0.35 is 35 %)",
    )
    bounds: Bounds = Field(
        default={},
        description="[lowest, highest] weight by asset id, decimals from 0 to 1, such as gold = [0.0, 0.1]",
    )
    groups: Bounds = Field(
        default={},
        description="[lowest, highest] weight by asset class, decimals from 0 to 1, such as bond = [0.2, 1]",
    )
    exclude: tuple[Name, ...] = Field(
        default=(),
        max_length=200,
        description="the asset ids, product codes or kinds of business to leave out, at most 200",
    )
    min_esg: Annotated[float, Field(strict=True, ge=0.0, le=100.0)] | None = Field(
        default=None, description="the lowest mean ESG score, 0 to 100, or leave it out"
    )
    max_drawdown: Annotated[float, Field(strict=True, ge=0.01, lt=1.0)] | None = Field(
        default=None, description="the largest drawdown, a decimal from 0.01 such as 0.12, or leave it out"
    )
    measured_from: Literal["peak", "paid_in"] = Field(
        default="peak",
        description='"peak" (drawdown of the unit value) or "paid_in" (loss of the money paid in), for max_drawdown',
    )
    confidence: Annotated[float, Field(strict=True, ge=0.5, le=0.999)] = Field(
        default=0.95, description="the probability of staying within max_drawdown, and for cvar, 0.5 to 0.999"
    )
    cvar: Loss | None = Field(
        default=None,
        description="the largest mean loss of a year in the worst years, a decimal such as 0.1, or leave it out",
    )
    reset_every: Annotated[int, Field(strict=True, ge=6, le=720)] = Field(
        default=36, description="the months after which the peak starts afresh, 6 to 720"
    )
    stress: dict[Name, Loss] = Field(
        default={},
        description='the largest loss in named episodes, decimals such as "2008" = 0.15; see goalplan stress',
    )
    stress_floor: Loss | None = Field(
        default=None, description="the floor for drawdown and worst named loss together, or leave it out"
    )

    @model_validator(mode="after")
    def _floor_above_stress(self) -> Self:
        deepest = max(self.stress.values(), default=0.0)
        if self.stress_floor is not None and (not self.stress or self.stress_floor < deepest):
            text = (
                "needs entries in limits.stress and must be at least the largest of them; raise it or drop it"
            )
            refuse("Limits", [Problem(("stress_floor",), self.stress_floor, "stress_floor", text)])
        if self.stress_floor is not None and self.max_drawdown is None:
            text = "follows the drawdown, so it needs limits.max_drawdown too; give one or drop it"
            refuse("Limits", [Problem(("stress_floor",), self.stress_floor, "stress_floor", text)])
        return self

    @field_validator("bounds", "groups")
    @classmethod
    def _can_hold(cls, value: Bounds) -> Bounds:
        for name, (lowest, highest) in value.items():
            if lowest > highest:
                raise PydanticCustomError(
                    "bounds", f"puts the lowest weight of {name!r} above its highest; give [lowest, highest]"
                )
        if sum(lowest for lowest, _ in value.values()) > 1.0:
            raise PydanticCustomError(
                "bounds", "asks for lowest weights of more than 1 in all; lower some of them"
            )
        return dict(sorted(value.items()))


class PlanRequest(EdgeModel):
    """Everything `solve_plan` is told about one client.

    Attributes
    ----------
    schema_version
        1.
    start
        First day of the plan. Left out: the first day after the market's last, see `starting`.
    currency
        Three-letter code; the market's currency.
    advisory_fee
        Yearly fee on wealth as a decimal, deducted monthly.
    model
        Return model that the plan is made and judged on; left out, the one whose record is best.
    policy
        ``"dynamic"`` follows time and wealth, ``"glide_path"`` time alone, ``"fixed_mix"`` neither.
    products
        Codes of products that the client asks for; each is the first choice of its class if it is suitable.
    client, goals, contributions, limits
        See their models.

    Examples
    --------
    >>> request = PlanRequest(
    ...     client={"risk_level": "C3", "cash": 250_000.0},
    ...     goals=[{"kind": "home", "name": "Flat", "due": "2029-05-01", "amount": 600_000.0}],
    ...     contributions={"monthly": 8_000.0},
    ... )
    >>> PlanRequest.model_validate_json(request.model_dump_json()) == request
    True
    """

    schema_version: Literal[1] = Field(default=1, description="1")
    start: Day | None = Field(
        default=None,
        description="the plan's first day, YYYY-MM-DD, or leave it out (the first day after the market's)",
    )
    currency: Annotated[str, Field(strict=True, pattern=r"^[A-Z]{3}$")] = Field(
        default="CNY", description='the three-letter code of the currency, such as "CNY"'
    )
    advisory_fee: Annotated[float, Field(strict=True, ge=0.0, le=0.05)] = Field(
        default=0.0, description="the fee as a decimal a year, 0 to 0.05 (0.005 is 0.5 %)"
    )
    policy: Literal["dynamic", "glide_path", "fixed_mix"] = Field(
        default="dynamic", description='"dynamic", "glide_path" or "fixed_mix"'
    )
    model: ModelName | None = Field(
        default=None,
        description="one of lognormal, student_t, bootstrap, regime, filtered_historical, or leave it out",
    )
    products: tuple[Code, ...] = Field(
        default=(), max_length=100, description="the codes of products asked for, at most 100"
    )
    client: Client = Field(description="the table [client] with at least risk_level and cash")
    goals: tuple[Goal, ...] = Field(
        max_length=50, description="1 to 50 tables [[goals]]", json_schema_extra={"minItems": 1}
    )
    contributions: Contributions = Field(default=Contributions(), description="the table [contributions]")
    limits: Limits = Field(default=Limits(), description="the table [limits]")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = [*_repeated((goal.name for goal in self.goals), "goals", "name"), *self._money_problems()]
        if not self.goals:
            # Not min_length: pydantic would count only the valid goals and report one mistake as two.
            problems.append(
                Problem(("goals",), (), "too_short", "has no entry; give 1 to 50 tables [[goals]]")
            )
        elif self.start is not None:
            problems += self._date_problems(self.start)
        if problems:
            refuse("PlanRequest", problems)
        return self

    def _money_problems(self) -> Iterable[Problem]:
        wealth = self.client.wealth
        if wealth == 0.0 and self.contributions.monthly == 0.0 and not self.contributions.dated:
            text = "leaves no money to plan with; give client.cash, holdings or contributions"
            yield Problem(("client", "cash"), self.client.cash, "no_money", text)
        kept = 0.0
        for number, goal in enumerate(self.goals):
            if goal.due is None:
                kept += goal.amount
                if kept > wealth:
                    text = f"cannot be set aside at once out of {wealth:g}; give due, a day to build it up by"
                    yield Problem(("goals", number, "amount"), goal.amount, "reserve_amount", text)

    def _date_problems(self, start: dt.date) -> list[Problem]:
        problems = date_problems(self.goals, self.contributions, start, self.client.birth_year)
        reset_on = self.client.reset_on
        if reset_on is not None and reset_on > start:
            text = f"is after the plan's start {start}; give the day of the last reset, or leave it out"
            problems.append(Problem(("client", "reset_on"), reset_on, "reset_on", text))
        return problems

    def starting(self, day: dt.date) -> Self:
        """Return the request with a start: its own if it has one, else `day`.

        Raises
        ------
        pydantic.ValidationError
            A date that does not fit a plan that starts on `day`; every problem names its field.
        """
        if self.start is not None:
            return self
        problems = self._date_problems(day)
        if problems:
            refuse("PlanRequest", problems)
        return self.model_copy(update={"start": day})

    @classmethod
    def from_toml(cls, path: str | Path, overrides: Sequence[str] = ()) -> Self:
        """Read a request from a TOML file.

        Parameters
        ----------
        path
            UTF-8 file with the tables [client], [[goals]], [contributions] and [limits].
        overrides
            Assignments such as ``"client.cash=300000"``, made in turn before the request is checked. The
            value is TOML; a bare word is text. Goals are counted from 0: ``"goals.0.amount=500000"``.

        Raises
        ------
        RequestError
            The file cannot be read, is not TOML, an override does not fit, or the request is not valid.
        """
        table = read_toml(Path(path))
        for assignment in overrides:
            override(table, assignment)
        try:
            return cls.model_validate(table)
        except ValidationError as error:
            raise RequestError(explain(error, cls)) from error


def _repeated(names: Iterable[str], table: str, key: str) -> list[Problem]:
    problems: list[Problem] = []
    first: dict[str, int] = {}
    for number, name in enumerate(names):
        if first.setdefault(name, number) != number:
            text = f"repeats {table}.{first[name]}.{key}; give each of {table} its own {key}"
            problems.append(Problem((table, number, key), name, "duplicate", text))
    return problems
