"""What keeps an erased person out: keyed hashes of what named them, and nothing else of them.

They lie apart from the warehouse and its backups, so that neither a lost warehouse nor an old backup brings the person
back. The key is the shop's own, made by chance; without it the hashes say nothing, and with it they only answer
whether a known address was erased.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

from orchestration.files import write_through

_BLOCK: Final = 64
_KEY_BYTES: Final = 32
# HMAC (RFC 2104) with SHA-256, whose two pads over the key come as parameters.
_HMAC: Final = "sha256($outer::blob || unhex(sha256($inner::blob || encode(kind || ':' || value))))"
EMAIL_IN_TEXT: Final = r"[a-z0-9._%+''-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+"


class Tombstones:
    """The shop's tombstones, in `folder`: `key` and `tombstones.jsonl`, one line an identifier."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "tombstones.jsonl"
        self._hashes = self._read()

    def __bool__(self) -> bool:
        """Whether anybody was erased."""
        return bool(self._hashes)

    def __len__(self) -> int:
        """How many identifiers are kept out."""
        return len(self._hashes)

    def has(self, kind: str, value: str) -> bool:
        """Whether an identifier was erased."""
        return bool(self) and self._hash(kind, value) in self._hashes

    def name_of(self, email: str) -> str:
        """A file's name that stands for an address and doesn't tell it."""
        return self._hash("pending", email)[:16]

    def add(self, identifiers: Iterable[tuple[str, str]], moment: datetime) -> int:
        """Keep identifiers out from now on; how many were new. On return they are on the disk."""
        new = {self._hash(kind, value) for kind, value in identifiers} - self._hashes.keys()
        if new:
            day = moment.date().isoformat()
            self._hashes |= dict.fromkeys(sorted(new), day)
            lines = (json.dumps({"hash": key, "erased_on": day}) + "\n" for key, day in self._hashes.items())
            write_through(self._file, "".join(lines).encode())
        return len(new)

    def find(self, connection: duckdb.DuckDBPyConnection, identifiers: str) -> int:
        """Add to the temporary table `erased (kind, value)` which of some identifiers were erased; how many.

        Args:
            connection: to any database.
            identifiers: SQL of a relation with the columns kind and value; several of one are hashed once.
        """
        connection.execute("create temp table if not exists erased (kind varchar, value varchar)")
        if not self:
            return 0
        before = _count(connection)
        connection.execute("create or replace temp table tombstones (hash varchar)")
        connection.execute("insert into tombstones select unnest($hashes)", {"hashes": list(self._hashes)})
        inner, outer = self._pads()
        connection.execute(
            f"insert into erased select kind, value from (select distinct kind, value from {identifiers}) "
            f"where value is not null and {_HMAC} in (select hash from tombstones)",
            {"inner": inner, "outer": outer},
        )
        connection.execute("drop table tombstones")
        return _count(connection) - before

    def _read(self) -> dict[str, str]:
        if not self._file.exists():
            return {}
        entries = map(json.loads, self._file.read_text(encoding="utf-8").splitlines())
        return {entry["hash"]: entry["erased_on"] for entry in entries}

    def _key(self) -> bytes:
        file = self._folder / "key"
        if not file.exists():
            write_through(file, secrets.token_hex(_KEY_BYTES).encode())
        return bytes.fromhex(file.read_text(encoding="ascii"))

    def _pads(self) -> tuple[bytes, bytes]:
        key = self._key().ljust(_BLOCK, b"\0")
        return bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)

    def _hash(self, kind: str, value: str) -> str:
        inner, outer = self._pads()
        return hashlib.sha256(outer + hashlib.sha256(inner + f"{kind}:{value}".encode()).digest()).hexdigest()


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    # Fetched to the end: an open result would keep the caller from unregistering its tables.
    ((count,),) = connection.execute("select count(*) from erased").fetchall()
    return int(count)
