"""One person as the warehouse knows them: what names them in what was delivered."""

import csv
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Self
from urllib.parse import quote

import duckdb

from orchestration.errors import UserError
from orchestration.privacy import connected, dropped
from orchestration.shop import REPOSITORY
from orchestration.sql import has_table

Identifier = tuple[str, str]
"""Kind (`email`, `phone`, `id:<source>`, `order:<source>`) and value, spelled as the kind is compared."""

_SHORTEST_PHONE: Final = 7
_SHORTEST_ID: Final = 8
# From one source's orders and accounts to another's, and from there to what they hold besides.
_HOPS: Final = 2
_PERSONS: Final = "intermediate.int_identity__persons"
_REFERENCES: Final = "intermediate.int_identity__references"


@dataclass(frozen=True)
class Person:
    """Everything that names one person here.

    Attributes:
        name: what the erasure is called: the address asked for, in lower case, or another system's words.
        identifiers: of all kinds, orders included.
        person_ids: as marts and audiences call the person, now or before persons were joined.
        full_names: full names on the orders that nobody else's orders carry, in lower case.
        phone_texts: phone numbers as they stand in what was delivered.
        longer_texts: of others, that hold one of the person's, such as joann@example.com of ann@example.com.
    """

    name: str
    identifiers: frozenset[Identifier]
    person_ids: tuple[str, ...] = ()
    full_names: tuple[str, ...] = ()
    phone_texts: tuple[str, ...] = ()
    longer_texts: tuple[str, ...] = ()

    def of_kind(self, kind: str) -> tuple[str, ...]:
        """Values of one kind, in order; a kind that ends in ":" is that of any source, given as `source:value`."""
        if kind.endswith(":"):
            found = (f"{name[len(kind) :]}:{value}" for name, value in self.identifiers if name.startswith(kind))
        else:
            found = (value for name, value in self.identifiers if name == kind)
        return tuple(sorted(found))

    def needles(self) -> dict[str, str]:
        """What to search for in any text, in lower case, and what each is.

        Ids that are shorter than eight characters are left out: they are in every file by chance.
        """
        found: dict[str, str] = {}
        for email in self.of_kind("email"):
            found[email] = "e-mail"
            found[quote(email, safe="").lower()] = "e-mail"
            found[hashlib.sha256(email.encode()).hexdigest()] = "hashed e-mail"
        for phone in (*self.of_kind("phone"), *self.phone_texts):
            if sum(character.isdigit() for character in phone) >= _SHORTEST_PHONE:
                found[phone.lower()] = "phone"
        for name in self.full_names:
            found[name] = "name"
        for person_id in self.person_ids:
            found[person_id.lower()] = "person id"
        for kind, value in self.identifiers:
            if kind.startswith("id:") and len(value) >= _SHORTEST_ID:
                found[value.lower()] = "customer id"
        return found

    def cells(self) -> dict[str, str]:
        """What to search for as a whole cell of a table, and what each is: evidence as the models write it."""
        evidence = {f"email:{value}" for value in self.of_kind("email")} | {f"phone:{v}" for v in self.of_kind("phone")}
        evidence |= {f"{kind}:{value}" for kind, value in self.identifiers if kind.startswith("id:")}
        return dict.fromkeys(sorted(evidence), "evidence")

    def to_json(self) -> dict[str, Any]:
        """For the file of an erasure that isn't done yet."""
        return {
            "name": self.name,
            "identifiers": sorted(map(list, self.identifiers)),
            "person_ids": list(self.person_ids),
            "full_names": list(self.full_names),
            "phone_texts": list(self.phone_texts),
            "longer_texts": list(self.longer_texts),
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """The reverse of `to_json`."""
        return cls(
            content["name"],
            frozenset((kind, value) for kind, value in content["identifiers"]),
            tuple(content["person_ids"]),
            tuple(content["full_names"]),
            tuple(content["phone_texts"]),
            tuple(content["longer_texts"]),
        )

    def joined(self, other: "Person") -> "Person":
        """This person with what another look at the same one has found besides."""
        return Person(
            self.name,
            self.identifiers | other.identifiers,
            _union(self.person_ids, other.person_ids),
            _union(self.full_names, other.full_names),
            _union(self.phone_texts, other.phone_texts),
            _union(self.longer_texts, other.longer_texts),
        )


def _union(one: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*one, *other}))


def normalised_email(text: str) -> str:
    """An address as persons are told apart by it.

    Raises:
        UserError: no address, or one that stands for nobody in particular.
    """
    email = text.strip().lower()
    local_part, at, domain = email.partition("@")
    if not (local_part and at and "." in domain) or "@" in domain or " " in email:
        raise UserError(f"{text!r} is no e-mail address; name one person with EMAIL=ann@example.com")
    if _is_placeholder("email", email):
        raise UserError(f"{email} stands for nobody in particular (seeds/placeholder_emails.csv): nothing was done")
    return email


def _is_placeholder(kind: str, value: str) -> bool:
    names = {("local_part", value.partition("@")[0]), ("address", value)}
    return kind == "email" and not names.isdisjoint(_placeholders())


@cache
def _placeholders() -> set[tuple[str, str]]:
    with (REPOSITORY / "seeds" / "placeholder_emails.csv").open(encoding="utf-8", newline="") as file:
        return {(row["match_kind"], row["value"]) for row in csv.DictReader(file)}


def find_person(connection: duckdb.DuckDBPyConnection, name: str, known: set[Identifier]) -> Person:
    """The whole person that some identifiers belong to, as the last build of the models knows them.

    Where no models have been built it is the identifiers, and the ids that stand beside them.

    Args:
        connection: to the shop's warehouse.
        name: what the erasure is called, such as the address asked for.
        known: such as the address, of `normalised_email`.
    """
    identifiers = set(known)
    person_ids: tuple[str, ...] = ()
    if has_table(connection, "intermediate", "int_identity__persons"):
        evidence = [f"{kind}:{value}" for kind, value in sorted(known)]
        sql = f"select distinct person_id from {_PERSONS} where list_contains(?, evidence)"
        person_ids = tuple(sorted(_texts(connection, sql, [evidence])))
        for person_id in person_ids:
            sql = f"select evidence from {_PERSONS} where person_id = ?"
            identifiers |= {_identifier(text) for text in _texts(connection, sql, [person_id])}
            identifiers |= set(_references(connection, person_id))
    if not person_ids:
        for _ in range(_HOPS):
            set_erased(connection, identifiers)
            beside = dropped.beside(connection) | connected.beside(connection)
            identifiers |= {found for found in beside if not _is_placeholder(*found)}
    return _with_orders(connection, name, identifiers, _union(person_ids, former_ids(identifiers)))


def former_ids(identifiers: Iterable[Identifier]) -> tuple[str, ...]:
    """The ids models may have given the person: any evidence may have named it before it was joined to the rest."""
    evidence = sorted(f"{kind}:{value}" for kind, value in identifiers)
    return tuple(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() for text in evidence)


def _with_orders(
    connection: duckdb.DuckDBPyConnection, name: str, identifiers: set[Identifier], person_ids: tuple[str, ...]
) -> Person:
    """The person with these identifiers, with the orders, names and spellings that raw tables hold of them.

    The temporary table `erased` holds all identifiers afterwards.
    """
    set_erased(connection, identifiers)
    identifiers |= connected.ids_of(connection)
    set_erased(connection, identifiers)
    identifiers |= {("order:drop", value) for value in dropped.orders_of(connection)}
    identifiers |= connected.orders_of(connection)
    set_erased(connection, identifiers)
    names, phones = dropped.names_and_phones(connection)
    return Person(name, frozenset(identifiers), person_ids, tuple(sorted(names)), tuple(sorted(phones)))


def set_erased(connection: duckdb.DuckDBPyConnection, identifiers: Iterable[Identifier]) -> None:
    """Put identifiers into the temporary table `erased (kind, value)`, in place of those before."""
    connection.execute("create or replace temp table erased (kind varchar, value varchar)")
    rows = [list(identifier) for identifier in sorted(identifiers)]
    if rows:
        connection.executemany("insert into erased values (?, ?)", rows)


def _identifier(evidence: str) -> Identifier:
    kind, _, value = evidence.partition(":")
    if kind == "id":
        source, _, value = value.partition(":")
        kind = f"id:{source}"
    return kind, value


def _references(connection: duckdb.DuckDBPyConnection, person_id: str) -> Iterator[Identifier]:
    if has_table(connection, "intermediate", "int_identity__references"):
        rows = connection.execute(
            f"select distinct source, customer_id from {_REFERENCES} where person_id = ?", [person_id]
        ).fetchall()
        yield from ((f"id:{source}", str(value)) for source, value in rows)


def _texts(connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[object]) -> set[str]:
    return {str(row[0]) for row in connection.execute(sql, parameters).fetchall()}
