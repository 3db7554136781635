"""A jurisdiction's suitability rules as data: who may hold what, each rule with its source and date."""

import hashlib
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, ValidationError, model_validator

from ...goals.edge import Day, EdgeModel, Money, Name, Problem, refuse
from ..client import RiskLevel
from ..errors import RequestError
from ..explain import explain
from ..findings import Text
from ..handed_in import read_toml
from .questionnaire import LEVELS, Questionnaire
from .shelf import Caution, Level

FOLDER = Path(__file__).parent / "rules"
Share = Annotated[float, Field(strict=True, gt=0.0, le=1.0)]
Model = TypeVar("Model", bound=EdgeModel)
RuleId = Literal["matching", "lowest_class", "accreditation", "term", "type", "exclusion", "availability"]
ProductLevel = Literal["R1", "R2", "R3", "R4", "R5"]
PRODUCT_LEVELS: tuple[ProductLevel, ...] = ("R1", "R2", "R3", "R4", "R5")


class Rule(EdgeModel):
    """One rule: what it says, where that is written, and from when it holds."""

    source: str
    date: Day
    text: Text


class Refusing(Rule):
    """A rule that refuses products.

    Attributes
    ----------
    overridable
        Whether a signed special written warning lifts it.
    evidence, signatures
        Keys of `RuleSet.words`: what a review needs, and who signs it.
    """

    overridable: bool
    evidence: tuple[Name, ...]
    signatures: tuple[Name, ...]


class Matching(Refusing):
    """Highest product level, 1 to 5, by client level."""

    highest: dict[RiskLevel, Level]


class LowestClass(Refusing):
    """Highest product level of the lowest sub-class of C1."""

    highest: Level
    overridable: Literal[False]


class Portfolio(Rule):
    """Upper ends of the volatility a year of portfolios graded R1, R2, R3 and R4."""

    volatility: tuple[Share, Share, Share, Share]


class SingleFund(Rule):
    """Highest weight of a fund that is not exempt."""

    cap: Share


class Tier(EdgeModel):
    """A service tier: from which wealth, how often plans are reviewed, how deep reports go."""

    id: Name
    name: Text
    from_wealth: Money
    review_months: int = Field(strict=True, ge=1, le=120)
    report: Literal["short", "standard", "full"]


class Service(Rule):
    """Service tiers in rising order of wealth, and the one of institutions."""

    tiers: tuple[Tier, ...] = Field(min_length=1)
    institution: Tier


class Retention(Rule):
    """For how many years records are kept."""

    years: int = Field(strict=True, ge=1, le=100)


class LabelTexts(Rule):
    """The fixed sentences of risk labels."""

    range_note: Text
    product: Text
    plan: Text
    levels: dict[ProductLevel, Text]
    audience: dict[ProductLevel, Text]
    cautions: dict[Caution | Literal["accredited"], Text]


class Rules(EdgeModel):
    """The suitability rules of a jurisdiction, as ``engine/suitability/rules/cn.toml`` holds them."""

    schema_version: Literal[1] = 1
    id: Name
    name: Text
    as_of: Day
    matching: Matching
    lowest_class: LowestClass
    accreditation: Refusing
    term: Refusing
    type: Refusing
    exclusion: Refusing
    availability: Refusing
    professional: Rule
    portfolio: Portfolio
    single_fund: SingleFund
    service: Service
    retention: Retention
    words: dict[Name, Text]
    labels: LabelTexts

    @model_validator(mode="after")
    def _complete(self) -> Self:
        problems = []
        highest = [self.matching.highest.get(level) for level in LEVELS]
        if None in highest or highest != sorted(h for h in highest if h is not None):
            text = "does not rise from C1 to C5; give every level a highest product level"
            problems.append(Problem(("matching", "highest"), highest, "matching", text))
        ends = list(self.portfolio.volatility)
        if ends != sorted(set(ends)):
            problems.append(Problem(("portfolio", "volatility"), ends, "order", "does not rise; sort it"))
        floors = [tier.from_wealth for tier in self.service.tiers]
        if floors[0] != 0.0 or floors != sorted(set(floors)):
            text = "does not start at 0 and rise; sort the tiers"
            problems.append(Problem(("service", "tiers"), floors, "order", text))
        for key in ("matching", "lowest_class", "accreditation", "term", "type", "exclusion", "availability"):
            rule: Refusing = getattr(self, key)
            for field in ("evidence", "signatures"):
                problems += [
                    Problem((key, field), word, "words", "is not in words; add it there")
                    for word in getattr(rule, field)
                    if word not in self.words
                ]
        for name, given in (("levels", self.labels.levels), ("audience", self.labels.audience)):
            if len(given) < 5:
                text = "lacks a product level; give R1 to R5"
                problems.append(Problem(("labels", name), sorted(given), "levels", text))
        if problems:
            refuse("Rules", problems)
        return self

    @cached_property
    def digest(self) -> str:
        """SHA-256 of every entry."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def grade(self, volatility: float) -> int:
        """Product level 1 to 5 of a portfolio as a whole, by its volatility a year."""
        return 1 + sum(volatility > end for end in self.portfolio.volatility)

    def most_volatility(self, level: int) -> float | None:
        """Highest volatility a year of a portfolio graded `level` (1 to 5) or below; None for no bound."""
        return self.portfolio.volatility[level - 1] if level <= 4 else None

    def tier(self, wealth: float, *, institution: bool) -> Tier:
        """Service tier of a client with `wealth` in the plan."""
        if institution:
            return self.service.institution
        return [tier for tier in self.service.tiers if tier.from_wealth <= wealth][-1]


def load_rules(path: str | Path | None = None) -> Rules:
    """Rules of a TOML file, or those of mainland China; RequestError names every entry that is wrong."""
    return _embedded_rules() if path is None else _read(Path(path), Rules)


def load_questionnaire(path: str | Path | None = None) -> Questionnaire:
    """Scoring table of a TOML file, or the demonstration table; RequestError as `load_rules`."""
    return _embedded_questionnaire() if path is None else _read(Path(path), Questionnaire)


@cache
def _embedded_rules() -> Rules:
    return _read(FOLDER / "cn.toml", Rules)


@cache
def _embedded_questionnaire() -> Questionnaire:
    return _read(FOLDER / "questionnaire_cn.toml", Questionnaire)


def _read(path: Path, model: type[Model]) -> Model:
    content = read_toml(path)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise RequestError([f"{path.name}: {sentence}" for sentence in explain(error, model)]) from error
