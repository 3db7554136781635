"""What the README shows is what happens."""

import re
from pathlib import Path

import pytest
from goalplan.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?=%?$)")


def blocks(language):
    """Return the contents of the fenced blocks of a language."""
    parts = re.split(r"^```(\w*)\n", README, flags=re.MULTILINE)
    fenced = zip(parts[1::4], parts[2::4], strict=True)  # text, language, block, "", text, ...
    return [block for given, block in fenced if given == language]


def test_the_plan_shown_is_the_plan_made(capsys):
    """Word for word; figures within what another version of a solver may move."""
    [shown] = blocks("text")
    assert main(["plan", str(ROOT / "api" / "examples" / "home.en.toml")]) == 0
    made = capsys.readouterr().out
    assert [line.split()[:1] for line in shown.splitlines()] == [
        line.split()[:1] for line in made.strip().splitlines()
    ], "run: python docs/readme.py"
    for expected, obtained in zip(_words(shown), _words(made), strict=True):
        if isinstance(expected, float) and isinstance(obtained, float):
            assert obtained == pytest.approx(expected, rel=0.02, abs=1.0), "run: python docs/readme.py"
        else:
            assert obtained == expected, "run: python docs/readme.py"


def _words(text):
    """Words and numbers of a text, without rules, digests and the release."""
    for word in re.sub(r"\b[0-9a-f]{12}\b|-{3,}|goalplan \S+", " ", text).split():
        number = NUMBER.fullmatch(word.strip("“”,;()").removesuffix("%"))
        yield float(number.group().replace(",", "")) if number else word


def test_the_python_shown_makes_the_plan_shown(capsys):
    """The same request as in the file of the first screen: the same status and the same probability."""
    [code], [shown] = blocks("python"), blocks("text")
    exec(compile(code, "README.md", "exec"), {})
    status, rest = capsys.readouterr().out.split(" ", maxsplit=1)
    assert shown.startswith(f"Plan: {status.replace('_', ' ')}. ")
    [made] = re.findall(r"^value=([\d.]+) ", rest)
    [printed] = re.findall(r"reached with probability ([\d.]+)%", shown)
    assert 100.0 * float(made) == pytest.approx(float(printed), abs=1.0)


def test_the_commands_shown_exist(capsys):
    shown = re.findall(r"^goalplan (\w+)", "".join(blocks("")), flags=re.MULTILINE)
    assert {"plan", "example", "market"} <= set(shown)
    for command in set(shown):
        assert main([command, "--help"]) == 0
    assert "Usage: goalplan" in capsys.readouterr().out


def test_the_targets_shown_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", README, flags=re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)
