"""The letter after a review: what it says, and that it says it on two pages."""

import io
import re

import pypdf
import pytest
from goalplan.reports.certainty import words_of_certainty
from goalplan.reports.errors import ReportError
from goalplan.reports.letter import letter_document
from goalplan.reports.letterhead import Letterhead
from goalplan.reports.names import asset_names
from goalplan.reports.room import ROOMS
from goalplan.reports.words import texts
from goalplan.reports.write import letter_pdf, write_letter

from .desk_parts import both
from .review_parts import make_review
from .test_render import body, printed, read, squeezed

LANGS = ("zh", "en")
HEAD = Letterhead(firm="示例公司", adviser="张三", licence="A2026")


def letter(review, lang="zh", note="", room=ROOMS[0]):
    return letter_document(review, lang, HEAD, asset_names(), note, room)


def blocks(document, section, kind):
    [found] = [s for s in document.sections if s.id == section]
    return [b for b in found.blocks if b.kind == kind]


def ids(document):
    return [section.id for section in document.sections]


def test_the_figures_are_those_of_the_review(plan):
    document = letter(make_review(plan))
    assert ids(document) == [
        "opening", "money", "goals", "happened", "limits", "to_do", "education", "close",
    ]  # fmt: skip
    [cards] = blocks(document, "money", "figures")
    assert [f.value.replace("\xa0", " ") for f in cards.items] == ["268,500 元", "−5,500 元", "−2.1%"]
    [goals] = blocks(document, "goals", "table")
    assert goals.head == ("目标", "用款月", "期望", "当时", "时间", "行情", "假设", "现在")
    assert goals.rows[0][3:8] == ("84.2%", "+0.6", "−3.1", "+0.4", "82.1%\xa0±\xa00.4%")
    assert "41,000" in blocks(document, "goals", "bullets")[0].items[0]
    [limits] = blocks(document, "limits", "bars")
    assert limits.panels[0].values[0].texts == ("3.3%", "12.0%", "8.7%")
    assert blocks(document, "happened", "notice")[0].items == ("事件1的说明。",)
    told, moved = (p.text for p in blocks(document, "happened", "paragraph"))
    assert told == "事件0的说明。"
    assert "沪深300 −8.3%、黄金 +2.1%" in moved


def test_orders_carry_the_risk_label_of_what_is_bought(plan):
    [table] = blocks(letter(make_review(plan)), "to_do", "table")
    sold, *bought = table.rows
    assert sold == ("卖出", "货币基金", "某某银行", "—", "—", "—", "20,000.00", "7.00")
    assert [row[1:6] for row in bought] == [
        (f"00000{n} 某某黄金{n}", "—", "R3", "−8.1% 至 16.3%", "15.2%") for n in (2, 1)
    ]
    assert "历史测算，不构成收益承诺" in table.note


@pytest.mark.parametrize("advice", ["do_nothing", "person"])
def test_nothing_to_do_and_a_person_first_print_no_orders(plan, advice):
    document = letter(make_review(plan, advice=advice), "en")
    assert blocks(document, "to_do", "table") == []
    assert blocks(document, "to_do", "paragraph")[0].text == texts("en")["letter"][f"do_{advice}"]
    assert blocks(document, "opening", "paragraph")[2].text.startswith(
        texts("en")["letter"][f"advice_{advice}"]
    )


def crowded(make_plan, ten_goals):
    plan = make_plan(
        goals=ten_goals, name="欧阳令狐诸葛司徒·阿卜杜拉·买买提江夫妇及其两名未成年子女的家庭信托"
    )
    events = [("goal_behind", n < 2) for n in range(12)]
    review = make_review(plan, changes=(0.01, -0.02, 0.03, 0.01, -0.1), orders=24, events=events, limits=9)
    wordy = tuple(
        event.model_copy(
            update={"text": both("这是对事件的说明，" * 12, "This is what happened and why. " * 12)}
        )
        for event in review.events
    )
    return review.model_copy(update={"events": wordy})


@pytest.fixture(scope="module")
def reviews(plan, make_plan, ten_goals):
    return {
        "ordinary": make_review(plan),
        "crowded": crowded(make_plan, ten_goals),
        "quiet": make_review(make_plan(monthly=0.0), advice="do_nothing", changes=(0.0,) * 4, limits=0),
        "new": make_review(plan, changes=None, followed="new_plan", advice="person"),
    }


@pytest.fixture(scope="module")
def files(reviews):
    note = "请留意。" * 20
    return {
        (name, lang): letter_pdf(review, lang=lang, letterhead=HEAD, note=note)
        for name, review in reviews.items()
        for lang in LANGS
    }


def test_a_letter_has_at_most_two_pages(files):
    for (name, _), pdf in files.items():
        assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) <= 2, name
        assert len(pdf) <= 600 * 1024


@pytest.mark.parametrize("name", ["ordinary", "crowded", "quiet", "new"])
@pytest.mark.parametrize("lang", LANGS)
def test_every_string_of_a_letter_is_read_out_in_order(reviews, files, lang, name):
    room = {"zh": ROOMS[2], "en": ROOMS[3]}[lang] if name == "crowded" else ROOMS[0]
    document = letter(reviews[name], lang, "请留意。" * 20, room)
    whole = "".join(body(page, document) for page in read(files[name, lang]))
    place = 0
    for text in printed(document):
        found = whole.find(squeezed(text), place)
        assert found >= 0, f"{text!r} is not where it belongs"
        place = found


def test_no_letter_has_a_word_of_certainty(files):
    allowed = [
        *(s for lang in LANGS for table in ("disclosures", "risk") for s in texts(lang)[table]["items"]),
        *(s for lang in LANGS for s in texts(lang)["fixed"]["sentences"]),
        "概率不是承诺。",
        "A probability is no promise.",
        *(texts(lang)["document"]["disclaimer"] for lang in LANGS),
    ]
    for (name, _), pdf in files.items():
        whole = "".join(read(pdf))
        for sentence in sorted(map(squeezed, allowed), key=len, reverse=True):
            whole = whole.replace(sentence, "")
        assert words_of_certainty(whole) == (), name


def test_the_same_review_gives_the_same_archival_bytes(reviews, files, tmp_path):
    write_letter(reviews["crowded"], tmp_path / "a.pdf", lang="en", letterhead=HEAD, note="请留意。" * 20)
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert pdf == files["crowded", "en"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.pdf"]
    xmp = pypdf.PdfReader(io.BytesIO(pdf)).trailer["/Root"]["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp


def test_what_people_type_into_a_letter_is_checked(plan):
    with pytest.raises(ReportError, match="says '稳赚'"):
        letter_pdf(make_review(plan), note="这是稳赚的。")


def test_a_change_that_rounds_to_nothing_is_a_dash_and_leaves_no_column(plan):
    document = letter(make_review(plan, changes=(0.0004, 0.0, -0.0002, 0.0)), "en")
    [goals] = blocks(document, "goals", "table")
    assert goals.head == ("Goal", "Due", "Wanted", "Then", "Now")
    assert not re.search("apart", goals.note)
