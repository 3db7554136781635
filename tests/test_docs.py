"""Pages that say what to type do what they say; every page is in the index, and every link leads somewhere."""

import re
import runpy
import shlex
from pathlib import Path

import pytest
from goalplan.cli import main

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
FEW = ("--paths", "200")
TAKES_PATHS = ("plan", "diagnose", "scenarios")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)


def section(title):
    """Return the fenced blocks, language and content, of a section of the quickstart."""
    text = (DOCS / "quickstart.md").read_text(encoding="utf-8")
    [body] = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL)
    return [(*block.groups(), body[: block.start()]) for block in FENCE.finditer(body)]


def run(title, capsys):
    """Do what a section says, in this folder; a file is saved under the last name before it."""
    values = {}
    for language, block, before in section(title):
        if language == "python":
            exec(compile(block, "quickstart.md", "exec"), values)
        elif language in ("toml", "csv"):
            Path(re.findall(r"`([\w.]+\.\w+)`", before)[-1]).write_text(block, encoding="utf-8")
        else:
            for line in block.splitlines():
                command(line, capsys)
    return values


def command(line, capsys):
    """Run one command on few paths, its output into the file that the line names."""
    _, *words = shlex.split(line)
    words, _, target = words if ">" not in words else words[: words.index(">")], ">", words[-1]
    capsys.readouterr()
    assert main([*words, *(FEW if words[0] in TAKES_PATHS and "--mix" not in words else ())]) == 0, line
    if ">" in line:
        Path(target).write_text(capsys.readouterr().out, encoding="utf-8")


def test_the_quickstart_of_a_service(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    values = run("A Python service", capsys)
    printed = capsys.readouterr().out
    assert values["plan"].status == "at_risk"
    assert values["goal"].probability.value == pytest.approx(0.815, abs=0.02)
    assert "('client', 'cash')" in printed


@pytest.mark.verify
def test_the_quickstart_of_a_quant(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    values = run("A quant at the command line", capsys)
    assert values["policy"].feasible
    assert {"plan.json", "limited.json", "run"} <= {path.name for path in tmp_path.iterdir()}


@pytest.mark.verify
def test_the_quickstart_of_an_adviser(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run("An adviser with a plan to hand over", capsys)
    assert (tmp_path / "plan.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "letter.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("title", ["A quant at the command line", "An adviser with a plan to hand over"])
def test_the_commands_of_the_quickstart_have_the_options_shown(title, capsys):
    """Without running them: that is left to `make verify`."""
    for language, block, _ in section(title):
        if not language:
            for line in block.splitlines():
                _, name, *words = shlex.split(line)
                inner = [words[0]] if name == "market" else []
                assert main([name, *inner, "--help"]) == 0
                told = capsys.readouterr().out
                assert all(word in told for word in words if word.startswith("-")), line


def test_every_page_is_in_the_index():
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    linked = {(DOCS / target).resolve() for target in re.findall(r"\]\(([\w/.]+\.md)\)", index)}
    assert {path.resolve() for path in PAGES} - linked == {DOCS / "README.md"}
    assert "](docs/README.md)" in (DOCS.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_every_link_of_a_page_leads_somewhere(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)", text):
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(there), f"{page.name} links to {target}#{anchor}"


def anchors(page):
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", page.read_text(encoding="utf-8")), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_cores_of_the_operations_page_follow_from_its_costs():
    page = runpy.run_path(str(DOCS / "operations.py"))
    text = page["PAGE"].read_text(encoding="utf-8")
    assert page["rendered"](text) == text, "run: python docs/operations.py"


def test_the_caches_of_the_operations_page_are_told(capsys):
    blocks = FENCE.findall((DOCS / "operations.md").read_text(encoding="utf-8"))
    [code] = [block for language, block in blocks if language == "python"]
    exec(compile(code, "operations.md", "exec"), {})
    assert re.search(
        r"^engine\.setting\.shared_paths \d+ of \d+$", capsys.readouterr().out, flags=re.MULTILINE
    )


def test_what_the_security_page_names_as_proof_is_there():
    text = (DOCS / "security.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)`", text)
    assert len(named) > 8
    assert all((DOCS.parent / path).exists() for path in named)
