"""The questionnaire: answers scored by the firm's table become a client level, contradictions are flagged."""

from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, model_validator

from ...goals.edge import Day, EdgeModel, Name, Problem, refuse
from ..client import Client, RiskLevel
from ..errors import RequestError
from ..findings import Finding, Text, finding

LEVELS: tuple[RiskLevel, ...] = ("C1", "C2", "C3", "C4", "C5")


class Answer(EdgeModel):
    """One answer: its score, the level it caps the client at, whether it means the lowest class."""

    id: Name
    text: Text
    score: int = Field(strict=True, ge=0, le=1000)
    at_most: RiskLevel | None = None
    lowest_class: bool = False


class Question(EdgeModel):
    """One question, of which one answer is given."""

    id: Name
    text: Text
    answers: tuple[Answer, ...] = Field(min_length=2)


class Choice(EdgeModel):
    """Any of some answers to one question."""

    question: Name
    answers: tuple[Name, ...] = Field(min_length=1)


class Contradiction(EdgeModel):
    """Two choices that cannot both be meant; together they cap the level and ask for a person's review."""

    id: Name
    text: Text
    first: Choice
    second: Choice
    at_most: RiskLevel


class Band(EdgeModel):
    """Scores up to `up_to` are of `level`."""

    level: RiskLevel
    up_to: int = Field(strict=True, ge=0)


class Questionnaire(EdgeModel):
    """A scoring table; levels are those of the bands, in rising order of score."""

    schema_version: Literal[1] = 1
    id: Name
    demonstration: bool = False
    source: str
    date: Day
    bands: tuple[Band, ...] = Field(min_length=1)
    questions: tuple[Question, ...] = Field(min_length=1)
    contradictions: tuple[Contradiction, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        problems = []
        known = {question.id: {answer.id for answer in question.answers} for question in self.questions}
        for number, each in enumerate(self.contradictions):
            problems += [
                Problem(
                    ("contradictions", number, side, "question"), choice.question, "unknown", "is not asked"
                )
                for side, choice in (("first", each.first), ("second", each.second))
                if not set(choice.answers) <= known.get(choice.question, set())
            ]
        ends = [band.up_to for band in self.bands]
        levels = [LEVELS.index(band.level) for band in self.bands]
        most = sum(max(answer.score for answer in question.answers) for question in self.questions)
        if ends != sorted(set(ends)) or levels != sorted(set(levels)):
            problems.append(Problem(("bands",), ends, "order", "does not rise; sort by level and score"))
        elif ends[-1] < most:
            text = f"ends below {most}, the highest score; raise the last up_to"
            problems.append(Problem(("bands",), ends[-1], "bands", text))
        if problems:
            refuse("Questionnaire", problems)
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a client may bear.

    Attributes
    ----------
    level
        ``"C1"`` to ``"C5"``.
    lowest_class
        Whether the client is of the lowest sub-class of C1.
    score
        Of the questionnaire, None without one.
    contradictory
        Whether answers contradict each other, so that a person must look at them.
    findings
        What was found on the way.
    """

    level: RiskLevel
    lowest_class: bool
    score: int | None
    contradictory: bool
    findings: tuple[Finding, ...]


def assess(client: Client, table: Questionnaire) -> Assessment:
    """Level of a client: the firm's, the questionnaire's, or the lower of the two where both are given.

    Raises
    ------
    RequestError
        A question without an answer, or an answer that the table does not have.
    """
    if not client.questionnaire:
        assert client.risk_level is not None
        return Assessment(
            level=client.risk_level,
            lowest_class=client.lowest_class,
            score=None,
            contradictory=False,
            findings=(),
        )
    scored = _scored(_given(client.questionnaire, table), table)
    firm: RiskLevel | None = "C1" if client.lowest_class else client.risk_level
    if firm is None or firm == scored.level:
        level, found = scored.level, scored.findings
    else:
        level = min(firm, scored.level)
        found = (*scored.findings, finding("levels_differ", firm=firm, scored=scored.level, used=level))
    return Assessment(
        level=level,
        lowest_class=level == "C1" and (scored.lowest_class or client.lowest_class),
        score=scored.score,
        contradictory=scored.contradictory,
        findings=found,
    )


def _given(answers: dict[str, str], table: Questionnaire) -> dict[str, Answer]:
    """Answers of the table by question."""
    problems = []
    known = {question.id: question for question in table.questions}
    chosen: dict[str, Answer] = {}
    for key in answers:
        if key not in known:
            problems.append(
                f"client.questionnaire.{key} is no question of {table.id}; questions: {', '.join(known)}."
            )
    for question in table.questions:
        place, allowed = f"client.questionnaire.{question.id}", ", ".join(a.id for a in question.answers)
        if question.id not in answers:
            problems.append(f"{place} is missing; give one of {allowed}.")
            continue
        match = [a for a in question.answers if a.id == answers[question.id]]
        if match:
            chosen[question.id] = match[0]
        else:
            problems.append(f"{place} = {answers[question.id]!r} is no answer; give one of {allowed}.")
    if problems:
        raise RequestError(problems)
    return chosen


def _scored(chosen: dict[str, Answer], table: Questionnaire) -> Assessment:
    score = sum(answer.score for answer in chosen.values())
    level = next(band.level for band in table.bands if score <= band.up_to)
    level = min([level, *(answer.at_most for answer in chosen.values() if answer.at_most)])
    lowest = any(answer.lowest_class for answer in chosen.values())
    flagged = [each for each in table.contradictions if _both(each, chosen)]
    level = min([level, *(each.at_most for each in flagged)])
    return Assessment(
        level="C1" if lowest else level,
        lowest_class=lowest,
        score=score,
        contradictory=bool(flagged),
        findings=tuple(
            finding("answers_contradict", zh=each.text.zh, en=each.text.en, level=each.at_most)
            for each in flagged
        ),
    )


def _both(each: Contradiction, chosen: dict[str, Answer]) -> bool:
    return all(chosen[side.question].id in side.answers for side in (each.first, each.second))
