"""The PDF itself: archival, accessible, complete, small, and the same every time."""

import io
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pypdf
import pytest
from goalplan.reports.certainty import words_of_certainty
from goalplan.reports.content import plan_document
from goalplan.reports.errors import ReportError
from goalplan.reports.letterhead import Letterhead
from goalplan.reports.names import asset_names
from goalplan.reports.words import texts
from goalplan.reports.write import plan_pdf, write_pdf

from .test_letterhead import SVG, png

LANGS = ("zh", "en")


def squeezed(text):
    return re.sub(r"\s+", "", text)


@cache
def spaced(pdf):
    """Pages of a PDF as text."""
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def read(pdf):
    """Pages of a PDF as text without white space."""
    return [squeezed(page) for page in spaced(pdf)]


@pytest.fixture(scope="module")
def plans(make_plan, with_desk, ten_goals):
    """Return the ordinary plan and the awkward ones."""
    forty = tuple(f"asset_{i:02d}_with_a_long_identifier" for i in range(40))
    holdings = [
        {"asset": a, "value": 1_000.0 * i + 1.0, "product": f"{i:06d}", "account": "某某银行股份有限公司"}
        for i, a in enumerate(forty)
    ]
    limit = {"limit": 0.12, "confidence": 0.95, "given_breach_mean": 0.135, "given_breach_high": 0.17}
    return {
        "ordinary": with_desk(make_plan(limit=limit)),
        "glide_path": make_plan(policy="glide_path"),
        "many": make_plan(
            goals=ten_goals,
            monthly=0.0,
            assets=forty,
            holdings=holdings,
            name="欧阳令狐诸葛司徒·阿卜杜拉·买买提江夫妇及其两名未成年子女的家庭信托（第三期）",
        ),
        "rare": make_plan(name="王䶮𠮷龘"),
        "infeasible": make_plan(status="infeasible"),
        "needs_review": with_desk(make_plan(status="needs_review")),
    }


@pytest.fixture(scope="module")
def files(plans):
    return {(name, lang): plan_pdf(plan, lang=lang) for name, plan in plans.items() for lang in LANGS}


def test_every_file_is_small_and_a_full_plan_has_8_to_12_pages(files):
    for (name, _), pdf in files.items():
        assert len(pdf) <= 600 * 1024
        pages = len(pypdf.PdfReader(io.BytesIO(pdf)).pages)
        assert pages <= 12
        assert pages >= 8 or name not in ("ordinary", "many")


def test_files_say_that_they_are_archival_and_accessible(files):
    for (_, lang), pdf in files.items():
        reader = pypdf.PdfReader(io.BytesIO(pdf))
        root = reader.trailer["/Root"]
        assert root["/Lang"].startswith(lang)
        assert root["/MarkInfo"]["/Marked"]
        assert texts(lang)["document"]["title"] in reader.metadata.title
        xmp = root["/Metadata"].get_data().decode()
        assert "<pdfaid:part>2</pdfaid:part>" in xmp
        assert "<pdfaid:conformance>A</pdfaid:conformance>" in xmp
        assert "<pdfuaid:part>1</pdfuaid:part>" in xmp


def fonts(reader):
    for page in reader.pages:
        yield from (font.get_object() for font in page["/Resources"]["/Font"].values())


def test_every_font_is_embedded_and_can_be_read_as_text(files):
    for pdf in files.values():
        for font in fonts(pypdf.PdfReader(io.BytesIO(pdf))):
            assert "/ToUnicode" in font
            described = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
            assert {"/FontFile2", "/FontFile3"} & set(described)


def alternatives(node):
    """Alternate texts of the figures in a structure tree."""
    found = []
    todo = [node]
    while todo:
        each = todo.pop().get_object()
        if not isinstance(each, pypdf.generic.DictionaryObject):
            continue
        if each.get("/S") == "/Figure":
            found.append(each.get("/Alt"))
        kids = each.get("/K", [])
        kids = kids if isinstance(kids, list) else [kids]
        todo += [kid for kid in kids if not isinstance(kid, int)]
    return found


@pytest.mark.parametrize("lang", LANGS)
def test_every_chart_tells_in_words_what_it_shows(plans, files, lang):
    document = plan_document(plans["ordinary"], lang, Letterhead(), asset_names())
    told = [b.alt for s in document.sections for b in s.blocks if b.kind in ("lines", "bars", "stacks")]
    reader = pypdf.PdfReader(io.BytesIO(files["ordinary", lang]))
    found = alternatives(reader.trailer["/Root"]["/StructTreeRoot"])
    assert len(told) >= 7
    assert sorted(map(str, found)) == sorted(told)


def printed(document):
    """Strings of a document that a page shows in this very order, charts aside."""
    for section in document.sections:
        yield section.title
        for block in section.blocks:
            if block.kind == "table":
                yield block.title
                yield from (cell for row in block.rows for cell in row)
                yield block.note
            elif block.kind == "notice":
                yield block.title
                yield from block.items
            elif block.kind == "facts":
                yield from (cell for row in block.rows for cell in row)
            elif block.kind in ("paragraph", "heading"):
                yield block.text
            elif block.kind == "bullets":
                yield from block.items


@pytest.mark.parametrize("name", ["ordinary", "many", "rare", "infeasible", "needs_review"])
@pytest.mark.parametrize("lang", LANGS)
def test_every_string_can_be_read_out_in_reading_order(plans, files, lang, name):
    document = plan_document(plans[name], lang, Letterhead(), asset_names())
    whole = "".join(body(page, document) for page in read(files[name, lang]))
    place = whole.index(squeezed(document.sections[0].title))
    for text in printed(document):
        found = whole.find(squeezed(text), place)
        assert found >= 0, f"{text!r} is not where it belongs"
        place = found


def body(page, document):
    """Text of a page without the line at its head and the line at its foot."""
    page = page.removeprefix(squeezed(document.firm + document.running))
    foot = re.escape(squeezed(document.page)).replace(r"\{n\}", r"\d+").replace(r"\{total\}", r"\d+")
    return re.sub(re.escape(squeezed(document.disclaimer)) + foot + "$", "", page)


@pytest.mark.parametrize("lang", LANGS)
def test_pages_are_numbered(files, lang):
    pages = read(files["ordinary", lang])
    for n, page in enumerate(pages, start=1):
        foot = {"zh": f"第{n}页，共{len(pages)}页", "en": f"Page{n}of{len(pages)}"}[lang]
        assert page.endswith(foot)


def test_no_word_of_certainty_stands_in_any_file_outside_the_fixed_sentences(plans, files):
    allowed = [
        *(s for lang in LANGS for table in ("disclosures", "risk") for s in texts(lang)[table]["items"]),
        *(s for lang in LANGS for s in texts(lang)["fixed"]["sentences"]),
        "概率不是承诺。",
        "A probability is no promise.",
    ]
    for (name, lang), pdf in files.items():
        document = plan_document(plans[name], lang, Letterhead(), asset_names())
        pages = [body(page, document) for page in read(pdf)]
        whole = "".join(pages)
        for sentence in sorted(map(squeezed, allowed), key=len, reverse=True):
            whole = whole.replace(sentence, "")
        assert words_of_certainty(whole) == (), name
        if lang == "en":  # with its spaces, for the words between which there must be some
            flat = re.sub(r"\s+", " ", " ".join(spaced(pdf)))
            for sentence in sorted(allowed, key=len, reverse=True):
                flat = flat.replace(re.sub(r"\s+", " ", sentence), " ")
            assert words_of_certainty(flat) == (), name


def test_the_same_plan_gives_the_same_bytes_on_any_thread(plans, files):
    again = [(name, lang) for name in ("ordinary", "many") for lang in LANGS] * 2
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda key: plan_pdf(plans[key[0]], lang=key[1]), again))
    assert all(pdf == files[key] for key, pdf in zip(again, made, strict=True))


def test_another_process_gives_the_same_bytes(plans, files, tmp_path):
    (tmp_path / "plan.json").write_text(plans["glide_path"].to_json(), encoding="utf-8")
    code = (
        "import goalplan, pathlib; "
        "plan = goalplan.Plan.from_json(pathlib.Path('plan.json').read_bytes()); "
        "goalplan.write_pdf(plan, 'a.pdf')"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert (tmp_path / "a.pdf").read_bytes() == files["glide_path", "zh"]


def test_a_character_without_a_glyph_is_named(make_plan):
    with pytest.raises(ReportError, match=r"the character .* \(U\+32000\) in '.*王.*' has no glyph"):
        plan_pdf(make_plan(name="王\U00032000"))


def test_rare_names_are_printed(files):
    assert "王䶮𠮷龘" in read(files["rare", "zh"])[0]


MARKUP = '#panic("x") *a* _b_ $c^2$ <d> @e `f` [g] // h \\i {{j}} "k"'


def test_markup_in_what_people_type_is_printed_as_it_stands(make_plan):
    goal = {"kind": "home", "name": MARKUP, "due": "2029-05-01", "amount": 600_000.0}
    held = [{"asset": "gold", "value": 1e4, "account": MARKUP, "product": "#g"}]
    head = Letterhead(firm=MARKUP, adviser=MARKUP, licence=MARKUP, disclaimer=MARKUP)
    plan = make_plan(goals=[goal], name=MARKUP, holdings=held)
    for lang in LANGS:
        pages = read(plan_pdf(plan, lang=lang, letterhead=head, note=MARKUP))
        whole = "".join(pages)
        assert whole.count(squeezed(MARKUP)) >= 6 + 3 * len(pages)


@pytest.mark.parametrize(("kind", "picture"), [("svg", SVG), ("png", png())])
def test_the_letterhead_is_on_the_first_page(plan, tmp_path, kind, picture):
    logo = tmp_path / f"logo.{kind}"
    logo.write_bytes(picture)
    head = Letterhead(firm="示例公司", adviser="张三", licence="A2026", disclaimer="谨慎投资。", logo=logo)
    target = tmp_path / "plan.pdf"
    write_pdf(plan, target, lang="zh", letterhead=head, note="请留意首付的资金到账时间。")
    pages = read(target.read_bytes())
    assert all(word in pages[0] for word in ("示例公司", "张三", "A2026", "谨慎投资。"))
    assert any("请留意首付的资金到账时间。" in page for page in pages)
    alone = alternatives(pypdf.PdfReader(target).trailer["/Root"]["/StructTreeRoot"])
    assert "示例公司" in alone


def test_a_logo_that_is_no_picture_is_refused(plan, tmp_path):
    logo = tmp_path / "logo.svg"
    logo.write_bytes(b"<svg")
    with pytest.raises(ReportError, match="the logo cannot be used"):
        plan_pdf(plan, letterhead=Letterhead(logo=logo))
