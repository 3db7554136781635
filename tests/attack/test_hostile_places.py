"""Places that cannot be written, links, devices and bounds on files: a sentence, and nothing half done."""

import json
import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from goalplan.cli import main
from goalplan.engine.whole_file import write_whole

REQUEST = """[client]
id = "a"
risk_level = "C4"
cash = 250000
[[goals]]
kind = "purchase"
name = "Car"
due = 2027-05-01
amount = 90000
"""
CORE = ("--paths", "100", "--workers", "1")


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    rows = [
        {"client": {"id": f"c{n}", "risk_level": "C4", "cash": 1e5},
         "goals": [{"kind": "purchase", "name": "Car", "due": "2027-05-01", "amount": 9e4}]}
        for n in range(40)
    ]  # fmt: skip
    path = tmp_path / "clients.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_is_told(capsys: pytest.CaptureFixture[str], clients: Path) -> None:
    assert main(["schema", "-o", "/dev/full/x"]) == 2
    with pytest.raises(OSError, match="No space left"):
        write_whole(Path("/dev/full"), "x" * 100_000)
    assert main(["book", str(clients), "-o", "/dev/full", *CORE]) == 2
    capsys.readouterr()


def test_a_device_is_written_and_not_replaced() -> None:
    write_whole(Path(os.devnull), "nothing")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_a_link_keeps_pointing_and_its_file_is_whole(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"
    assert {path.name for path in tmp_path.iterdir()} == {"real", "link"}


@pytest.mark.parametrize("place", ["/proc/nowhere/x.json", "/proc/x.json"])
def test_a_place_that_takes_no_files(place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.toml").write_text(REQUEST, encoding="utf-8")
    assert main(["plan", str(tmp_path / "a.toml"), "--paths", "100", "-o", place]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "fault of goalplan" not in said


def test_a_folder_in_the_place_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["book", str(tmp_path), "-o", str(tmp_path / "out")]) == 2
    assert main(["market", "check", os.devnull]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_client_id_is_never_a_path(tmp_path: Path) -> None:
    """Ids, names and goals come from clients; only OUT says where files go."""
    row = {"client": {"id": "../../../escape", "name": "/etc/passwd", "risk_level": "C4", "cash": 1e5},
           "goals": [{"kind": "purchase", "name": "../../x", "due": "2027-05-01", "amount": 9e4}]}  # fmt: skip
    (tmp_path / "in").mkdir()
    clients = tmp_path / "in" / "c.jsonl"
    clients.write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert main(["book", str(clients), "-o", str(tmp_path / "in" / "out"), "--plans", *CORE]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"in"}
    assert {path.name for path in (tmp_path / "in").iterdir()} == {"c.jsonl", "out"}


@pytest.mark.verify
def test_a_book_that_hits_the_largest_file_ends_with_a_sentence_and_can_go_on(
    clients: Path, tmp_path: Path
) -> None:
    def run(largest: int | None) -> "subprocess.CompletedProcess[str]":
        def bound() -> None:
            if largest is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

        return subprocess.run(
            [sys.executable, "-m", "goalplan", "book", str(clients), "-o", str(tmp_path / "out"), *CORE],
            preexec_fn=bound, capture_output=True, text=True, check=False,
        )  # fmt: skip

    full = run(30_000)
    assert full.returncode == 2, full.stderr
    assert "File too large" in full.stderr
    assert "Traceback" not in full.stderr
    assert not list((tmp_path / "out").rglob("*.part"))
    assert run(None).returncode == 0
    wanted = tmp_path / "again"
    assert main(["book", str(clients), "-o", str(wanted), *CORE]) == 0
    for path in wanted.iterdir():
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "out" / path.name).read_bytes()


@pytest.mark.verify
def test_there_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(REQUEST, encoding="utf-8")
    bare = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-m", "goalplan", "plan", str(tmp_path / "a.toml"), "--paths", "100", "--format", "json"],
        env={**bare, "HOME": "/nonexistent"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["schema_version"] == 1
