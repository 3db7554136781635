"""The firm's record of plans, warnings and acknowledgements: append-only, chained, and forgetful on request.

Two tables of one SQLite file. `entries` holds the chain: each entry's hash covers its number, kind, time, version,
the hash before it and a *commitment* ``SHA-256(salt, person, body)`` to its content. `contents` holds salt, person
and body. Erasing a person deletes rows of `contents`; the chain still verifies, and without the salt a commitment
says nothing about what it covered. The hash of the latest entry, the *head*, noted elsewhere (printed, mailed,
lodged), makes a cut tail or a chain written anew visible.

Each change is one SQLite transaction, flushed to disk before it counts, so that a crash leaves the record as it was
before or after. Suitability records are kept for 20 years (see ``retention`` in the rules).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

from ._version import __version__
from .engine.errors import RequestError

Kind = Literal["request", "plan", "warning", "acknowledgement", "orders", "review", "erasure"]
START = "0" * 64
_APPLICATION = 0x676F616C  # "goal", so that no other SQLite file is taken for a record
_SCHEMA = """
CREATE TABLE entries (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, at TEXT NOT NULL, version TEXT NOT NULL,
    commitment TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL UNIQUE
);
CREATE TABLE contents (
    number INTEGER PRIMARY KEY REFERENCES entries (number),
    person TEXT NOT NULL, salt TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX of_person ON contents (person);
CREATE TRIGGER entries_stay BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries are kept'); END;
CREATE TRIGGER entries_hold BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries are kept'); END;
CREATE TRIGGER contents_hold BEFORE UPDATE ON contents BEGIN SELECT RAISE(ABORT, 'contents are kept'); END;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the chain, and its content unless that was erased.

    Attributes
    ----------
    number
        1, 2, 3, ...
    kind
        What it records.
    at
        When it was recorded, ISO 8601, UTC.
    version
        Version of goalplan that wrote it.
    commitment, previous, hash
        Hexadecimal SHA-256: of the content with its salt, of the entry before, of this entry.
    person, salt, body
        The firm's id of the client, 32 random bytes in hexadecimal, and the text; None once erased.
    """

    number: int
    kind: str
    at: str
    version: str
    commitment: str
    previous: str
    hash: str
    person: str | None = None
    salt: str | None = None
    body: str | None = None

    def line(self) -> str:
        """The entry as one line of an export: JSON with sorted keys and no spaces."""
        return _canonical(asdict(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a verification found; the record is as it was written if `problems` is empty.

    Attributes
    ----------
    entries
        How many there are.
    head
        Hash of the last one.
    erased
        How many have had their content erased.
    since_head
        Entries after the head that was asked for; None if none was asked for or it is not there.
    problems
        One sentence for each thing wrong.
    """

    entries: int
    head: str
    erased: int
    since_head: int | None
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """The record in the file at `path`; made at the first entry."""

    path: Path

    def append(
        self, person: str, items: Sequence[tuple[Kind, str]], at: dt.datetime | None = None
    ) -> tuple[Entry, ...]:
        """Add entries about a person, all or none.

        Parameters
        ----------
        person
            The firm's id of the client; empty for what concerns nobody.
        items
            Kind and text of each entry.
        at
            When; now, if left out.

        Returns
        -------
        tuple of Entry
            The last one's `hash` is the new head: note it where the record is not.
        """
        time = (at or dt.datetime.now(dt.UTC)).astimezone(dt.UTC).isoformat(timespec="seconds")
        with self._connected(new=True) as record, _transaction(record):
            return _append(record, person, items, time)

    def entries(self, person: str | None = None) -> tuple[Entry, ...]:
        """All entries in order, or those about one person whose content is still there."""
        with self._connected() as record:
            found = tuple(_entries(record))
        return found if person is None else tuple(entry for entry in found if entry.person == person)

    def erase(self, person: str, reason: str, at: dt.datetime | None = None) -> Entry:
        """Delete the contents of every entry about a person, and record that and why.

        Raises
        ------
        RequestError
            There is nothing about the person.
        """
        time = (at or dt.datetime.now(dt.UTC)).astimezone(dt.UTC).isoformat(timespec="seconds")
        with self._connected() as record, _transaction(record):
            numbers = [row[0] for row in record.execute(
                "SELECT number FROM contents WHERE person = ? ORDER BY number", (person,))]  # fmt: skip
            if not person or not numbers:
                raise RequestError(f"person = {person!r} is not in {self.path.name}; nothing was erased.")
            record.execute("DELETE FROM contents WHERE person = ?", (person,))
            body = _canonical({"erased": numbers, "reason": reason})
            return _append(record, "", [("erasure", body)], time)[0]

    def verify(self, head: str | None = None) -> Verdict:
        """Check every entry, every content and the chain; with `head`, that the entry of that hash is in it."""
        try:
            with self._connected() as record:
                sound = [row[0] for row in record.execute("PRAGMA integrity_check")]
                found = tuple(_entries(record))
                loose = record.execute(
                    "SELECT number FROM contents WHERE number NOT IN (SELECT number FROM entries)"
                ).fetchall()
        except sqlite3.DatabaseError as error:
            return Verdict(entries=0, head=START, erased=0, since_head=None, problems=(
                f"{self.path.name} cannot be read as a record ({error}).",))  # fmt: skip
        extra = [f"the file is damaged: {line}." for line in sound if line != "ok"]
        extra += [f"content {number} belongs to no entry." for (number,) in loose]
        return _judged(found, head, extra)

    def export(self) -> str:
        """Every entry as a line of JSON, for an archive; `verify_export` checks such a text."""
        return "".join(f"{entry.line()}\n" for entry in self.entries())

    @contextmanager
    def _connected(self, *, new: bool = False) -> Iterator[sqlite3.Connection]:
        if not new and not self.path.is_file():
            raise RequestError(f"{self.path} is not there; give the file of a record.")
        with closing(sqlite3.connect(self.path, timeout=30.0, isolation_level=None)) as record:
            record.execute("PRAGMA synchronous = FULL")
            record.execute("PRAGMA foreign_keys = ON")
            record.execute("PRAGMA secure_delete = ON")  # erased contents are overwritten
            (application,) = record.execute("PRAGMA application_id").fetchone()
            if application != _APPLICATION:
                if not new:
                    raise RequestError(f"{self.path} is not a record; give the file of one.")
                self._make(record)
            yield record

    def _make(self, record: sqlite3.Connection) -> None:
        with _transaction(record):
            (tables,) = record.execute("SELECT count(*) FROM sqlite_master").fetchone()
            (application,) = record.execute("PRAGMA application_id").fetchone()
            if application == _APPLICATION:
                return  # another process was faster
            if tables:
                raise RequestError(
                    f"{self.path} is another program's SQLite file; give the file of a record."
                )
            for statement in _statements():
                record.execute(statement)
            record.execute(f"PRAGMA application_id = {_APPLICATION}")


def verify_export(text: str | bytes, head: str | None = None) -> Verdict:
    """Check an exported record: every byte of every line, and the chain, as `Ledger.verify` does."""
    raw = text.encode() if isinstance(text, str) else text
    found: list[Entry] = []
    problems: list[str] = []
    for number, line in enumerate(raw.split(b"\n")[:-1], start=1):
        entry = _parsed(line)
        if entry is None:
            problems.append(f"line {number} is not an entry as it was exported.")
        else:
            found.append(entry)
    if not raw.endswith(b"\n"):
        problems.append("the last line has no end; the text was cut.")
    return _judged(tuple(found), head, problems)


def _statements() -> Iterator[str]:
    """Statements of the schema one by one: `executescript` would end the transaction."""
    text = ""
    for line in _SCHEMA.strip().splitlines():
        text += f"{line}\n"
        if sqlite3.complete_statement(text):
            yield text
            text = ""


@contextmanager
def _transaction(record: sqlite3.Connection) -> Iterator[None]:
    record.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        record.execute("ROLLBACK")
        raise
    record.execute("COMMIT")


def _append(
    record: sqlite3.Connection, person: str, items: Sequence[tuple[Kind, str]], at: str
) -> tuple[Entry, ...]:
    last = record.execute("SELECT number, hash FROM entries ORDER BY number DESC LIMIT 1").fetchone()
    number, previous = last or (0, START)
    made = []
    for kind, body in items:
        number, salt = number + 1, secrets.token_hex(32)
        commitment = _commitment(salt, person, body)
        digest = _hash(number, kind, at, __version__, commitment, previous)
        entry = Entry(
            number=number,
            kind=kind,
            at=at,
            version=__version__,
            commitment=commitment,
            previous=previous,
            hash=digest,
            person=person,
            salt=salt,
            body=body,
        )
        record.execute(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)",
            (number, kind, at, __version__, commitment, previous, digest),
        )
        record.execute("INSERT INTO contents VALUES (?, ?, ?, ?)", (number, person, salt, body))
        made.append(entry)
        previous = digest
    return tuple(made)


def _entries(record: sqlite3.Connection) -> Iterator[Entry]:
    names = [field.name for field in fields(Entry)]
    rows = record.execute(
        "SELECT e.number, e.kind, e.at, e.version, e.commitment, e.previous, e.hash, c.person, c.salt, c.body "
        "FROM entries e LEFT JOIN contents c ON c.number = e.number ORDER BY e.number"
    )
    for row in rows:
        yield Entry(**dict(zip(names, row, strict=True)))


def _parsed(line: bytes) -> Entry | None:
    """Return the entry of a line, if the line is exactly what that entry is exported as."""
    try:
        content = json.loads(line.decode())
        entry = Entry(**content)
    except (ValueError, TypeError, RecursionError):
        return None
    return entry if entry.line().encode() == line else None


def _judged(found: Sequence[Entry], head: str | None, extra: Sequence[str]) -> Verdict:
    problems = list(extra)
    erased = _erased(found)
    previous = START
    for place, entry in enumerate(found, start=1):
        name = f"entry {entry.number}"
        if entry.number != place:
            problems.append(f"{name} stands where entry {place} should; entries are missing or out of order.")
        if entry.previous != previous:
            problems.append(
                f"{name} does not follow the entry before it; the chain was cut or changed there."
            )
        if _hash_of(entry) != entry.hash:
            problems.append(f"{name} is not as it was written.")
        if entry.person is None or entry.salt is None or entry.body is None:
            if entry.number not in erased:
                problems.append(f"the content of {name} is gone, and no erasure is on record.")
        elif _commitment(entry.salt, entry.person, entry.body) != entry.commitment:
            problems.append(f"the content of {name} is not as it was written.")
        previous = entry.hash
    hashes = [START, *(entry.hash for entry in found)]
    since = len(found) - hashes.index(head) if head in hashes else None
    if head is not None and since is None:
        problems.append(f"no entry has the hash {head}; the end was cut off or the chain was written anew.")
    return Verdict(
        entries=len(found),
        head=previous,
        erased=sum(entry.body is None for entry in found),
        since_head=since,
        problems=tuple(problems),
    )


def _erased(found: Sequence[Entry]) -> set[int]:
    """Return the numbers whose erasure is on record."""
    numbers: set[int] = set()
    for entry in found:
        if entry.kind == "erasure" and entry.body is not None:
            try:
                numbers |= {number for number in json.loads(entry.body)["erased"] if number < entry.number}
            except (ValueError, TypeError, KeyError):
                continue  # its commitment will not fit either
    return numbers


def _commitment(salt: str, person: str, body: str) -> str:
    return hashlib.sha256(_canonical([salt, person, body]).encode()).hexdigest()


def _hash_of(entry: Entry) -> str:
    return _hash(entry.number, entry.kind, entry.at, entry.version, entry.commitment, entry.previous)


def _hash(number: int, kind: str, at: str, version: str, commitment: str, previous: str) -> str:
    return hashlib.sha256(_canonical([number, kind, at, version, commitment, previous]).encode()).hexdigest()


def _canonical(content: object) -> str:
    return json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
