"""The exports that are known by their header, and the SQL that maps each of them to canonical entities.

A kind is one folder beside this module:

- `kind.yml` names its columns as the vendor writes them,
- `prepared.sql`, where several entities need the same work, is one SELECT over `export`, read as `prepared`,
- `<entity>.sql` is one SELECT over `export` or `prepared` that gives the entity's canonical columns.

`export` holds the file's rows: every column of `kind.yml` as text (NULL where empty or not in the file) under its
name in lower case with `_` for what is no letter or digit (`Lineitem quantity` is `lineitem_quantity`), `_row_number`
(1-based), `_digest` (equal for equal cells) and `_other`, the JSON text of the columns nobody knows. What a SELECT
gives besides canonical columns is kept like any extra column; `_row_number` and `_other` find their own places.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from orchestration.sources.drop.entities import ENTITIES

FOLDER = Path(__file__).resolve().parent
_PREPARED = "prepared"


class Header(BaseModel):
    """`kind.yml`: which columns tell the kind, which it can't do without, and which it reads where they are.

    `renamed` maps other spellings to a column's name here. `unused` is known and not kept: it is of no use to any
    figure, and much of it is about persons. `encoding` is tried where a file isn't UTF-8; `quoted` is false where a
    quotation mark is a character like any other.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    recognised_by: tuple[str, ...]
    needed: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    renamed: dict[str, str] = {}
    unused: tuple[str, ...] = ()
    encoding: str | None = None
    quoted: bool = True


@dataclass(frozen=True)
class ExportKind:
    """One kind of export: its header, and its SQL by entity. `main` is the entity that unreadable rows count for."""

    name: str
    header: Header
    prepared: str | None
    selects: dict[str, str]
    digest: str

    @property
    def title(self) -> str:
        return self.header.title

    @property
    def main(self) -> str:
        return next(iter(self.selects))

    @property
    def columns(self) -> tuple[str, ...]:
        """Names that the SQL may use, each once."""
        header = self.header
        return tuple(dict.fromkeys(map(slug, (*header.recognised_by, *header.needed, *header.optional))))

    def canonical(self, name: str) -> str:
        """A delivered column's name as this kind's SQL knows it."""
        return {slug(other): slug(own) for other, own in self.header.renamed.items()}.get(slug(name), slug(name))

    def recognises(self, names: Sequence[str]) -> bool:
        """Whether a file with these columns is of this kind."""
        found = {self.canonical(name) for name in names}
        return all(slug(name) in found for name in self.header.recognised_by)

    def missing(self, names: Sequence[str]) -> list[str]:
        """Needed columns, as the vendor writes them, that a file with these columns lacks."""
        found = {self.canonical(name) for name in names}
        return [name for name in (*self.header.recognised_by, *self.header.needed) if slug(name) not in found]

    def is_unused(self, name: str) -> bool:
        """Whether the column is known and not kept."""
        return self.canonical(name) in {slug(other) for other in self.header.unused}


def slug(name: str) -> str:
    """A column's name in SQL: lower case, `_` for what is neither letter nor digit."""
    return re.sub(r"[^0-9a-z]+", "_", name.strip().lstrip("\ufeff").lower()).strip("_")


@cache
def export_kinds() -> tuple[ExportKind, ...]:
    """Every kind that is shipped, by name."""
    return tuple(_read_kind(folder) for folder in sorted(FOLDER.iterdir()) if (folder / "kind.yml").is_file())


def recognise(names: Sequence[str]) -> ExportKind | None:
    """The kind whose marks all stand in a header; of several the one with most marks."""
    fitting = [kind for kind in export_kinds() if kind.recognises(names)]
    return max(fitting, key=lambda kind: len(kind.header.recognised_by), default=None)


def _read_kind(folder: Path) -> ExportKind:
    header = Header(**yaml.safe_load((folder / "kind.yml").read_text(encoding="utf-8")))
    texts = {file.stem: file.read_text(encoding="utf-8").strip() for file in sorted(folder.glob("*.sql"))}
    digest = hashlib.sha256(repr((header, texts)).encode()).hexdigest()[:16]
    prepared = texts.pop(_PREPARED, None)
    return ExportKind(folder.name, header, prepared, {name: texts[name] for name in ENTITIES if name in texts}, digest)
