"""Erasures that have begun and aren't done: what a process that is killed leaves to the next one.

A file each, in `privacy/pending/`, that only its owner may read. It names the person in full, because a destination
that couldn't be reached has to be asked again; it goes when everything has been done and the search finds nothing.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestration.files import write_through
from orchestration.privacy.person import Person
from orchestration.privacy.tombstones import Tombstones


@dataclass
class Erasure:
    """One erasure on its way.

    Attributes:
        person: who is erased.
        as_of: the moment the models were built as of before they were dropped, ISO text; None if they weren't built.
        loads: numbers of the dropped loads whose backups are to be written anew.
        places: rows of the shop's own files, by file, that hold the person.
        removed: rows and records that went, by table.
        blanked: rows and records that stay as nobody's, by table.
        destinations: by name of each destination that has been asked: why it failed, empty if it didn't.
        by_hand: what only the owner can do at destinations.
    """

    person: Person
    as_of: str | None = None
    loads: list[int] = field(default_factory=list)
    places: dict[str, list[int]] = field(default_factory=dict)
    removed: dict[str, int] = field(default_factory=dict)
    blanked: dict[str, int] = field(default_factory=dict)
    destinations: dict[str, str] = field(default_factory=dict)
    by_hand: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """For the file."""
        return {
            "person": self.person.to_json(), "as_of": self.as_of, "loads": self.loads, "places": self.places,
            "removed": self.removed, "blanked": self.blanked, "destinations": self.destinations,
            "by_hand": self.by_hand,
        }  # fmt: skip


class PendingErasures:
    """The files, in a folder that is made when the first one is needed."""

    def __init__(self, folder: Path, tombstones: Tombstones) -> None:
        self.folder = folder
        self._tombstones = tombstones

    def of(self, name: str) -> Erasure | None:
        """The erasure of that name that isn't done yet."""
        file = self._file(name)
        return _read(file) if file.exists() else None

    def all(self) -> list[Erasure]:
        """All that aren't done yet."""
        return [_read(file) for file in sorted(self.folder.glob("[0-9a-f]*.json"))]

    def keep(self, erasure: Erasure) -> None:
        """Remember how far an erasure is; on return it is on the disk."""
        write_through(self._file(erasure.person.name), json.dumps(erasure.to_json(), indent=2).encode())

    def done(self, erasure: Erasure) -> None:
        """Forget an erasure that is done."""
        self._file(erasure.person.name).unlink(missing_ok=True)

    def _file(self, name: str) -> Path:
        return self.folder / f"{self._tombstones.name_of(name)}.json"


def _read(file: Path) -> Erasure:
    content = json.loads(file.read_text(encoding="utf-8"))
    return Erasure(Person.from_json(content.pop("person")), **content)
