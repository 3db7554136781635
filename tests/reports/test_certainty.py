"""No word of certainty in any language, outside the fixed sentences."""

import pytest
from goalplan.reports.certainty import fixed_sentences, words_of_certainty
from goalplan.reports.errors import ReportError
from goalplan.reports.letterhead import Letterhead, check_note
from goalplan.reports.words import texts
from goalplan.reports.write import plan_pdf


@pytest.mark.parametrize(
    "text",
    [
        "本产品保本",
        "我们保证收益",
        "稳赚不赔",
        "必达目标",
        "这是零风险的",
        "一定能买房",
        "刚性兑付",
        "Returns are guaranteed.",
        "This is a risk-free plan",
        "you will DEFINITELY make it",
        "We promise 5 %",
        "you cannot lose",
    ],
)
def test_words_of_certainty_are_found(text):
    assert words_of_certainty(text)


@pytest.mark.parametrize(
    "text",
    [
        "目标的达成概率为 84%",
        "须由机构复核",
        "The probability is 84 %",
        "uncertain means",
        "compromise",
        "unsure",
    ],
)
def test_honest_words_pass(text):
    assert words_of_certainty(text) == ()


def test_the_fixed_sentences_pass_and_a_changed_one_does_not():
    for sentence in fixed_sentences():
        assert words_of_certainty(sentence) == ()
    denial = next(s for s in fixed_sentences() if "不保本" in s)
    assert words_of_certainty(denial.replace("不保本", "保本"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_our_own_texts_hold_none(lang):
    def each(value):
        if isinstance(value, dict):
            for part in value.values():
                yield from each(part)
        elif isinstance(value, list):
            for part in value:
                yield from each(part)
        else:
            yield value

    assert [text for text in each(texts(lang)) if words_of_certainty(text)] == []


def test_what_people_type_is_refused_by_name(make_plan):
    home = {"kind": "home", "name": "稳赚首付", "due": "2029-05-01", "amount": 600_000.0}
    with pytest.raises(ReportError, match="'稳赚首付' says '稳赚'"):
        plan_pdf(make_plan(goals=[home]))
    with pytest.raises(ReportError, match="says '保证'"):
        plan_pdf(make_plan(), letterhead=Letterhead(firm="收益保证公司"))
    with pytest.raises(ReportError, match=r"says 'guaranteed'.*rephrase"):
        check_note("Your money is guaranteed.")


def test_a_note_has_at_most_600_characters(plan):
    check_note("好" * 600)
    with pytest.raises(ReportError, match="601 characters; at most 600"):
        plan_pdf(plan, note="好" * 601)
