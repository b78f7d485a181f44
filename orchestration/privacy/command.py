"""`make erase`: shows who and what goes, asks, erases, and prints the proof."""

import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

from orchestration.errors import UserError
from orchestration.lock import shop_lock
from orchestration.privacy.erase import Erased, build_models, describe, erase
from orchestration.privacy.person import Person, find_person, normalised_email
from orchestration.shop import Shop, ShopPaths
from orchestration.sources.drop.loader import create_tables
from orchestration.warehouse import open_warehouse

logger = logging.getLogger(__name__)

_SHOWN_FILES = 20


def run_erase(
    shop: Shop, paths: ShopPaths, email: str, *, wait_seconds: float = 0, is_dry: bool = False, is_agreed: bool = False
) -> None:
    """Erase a person of a shop, and print what was done.

    Raises:
        UserError: no person's address, the shop is being written, or something of the person is left.
    """
    address = normalised_email(email)
    with shop_lock(paths.lock, "an erasure", wait_seconds):
        if paths.warehouse.exists():
            with open_warehouse(paths.warehouse) as connection:
                create_tables(connection)
                _say(*_who(find_person(connection, address)))
        if is_dry:
            return
        if not is_agreed and sys.stdin.isatty() and input("Erase? This can't be undone [y/N] ").lower() != "y":
            raise UserError("nothing was erased", exit_code=1)
        erased = erase(
            shop, paths, address, datetime.now(UTC).replace(tzinfo=None), build=build_models, progress=logger.info
        )
    _say("", *_what(shop, erased))
    if not erased.is_done:
        raise UserError(
            "not everything is erased; what is left is named above, and is tried again by the same command", exit_code=1
        )


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _who(person: Person) -> Iterator[str]:
    """Everything that names the person, for its owner to look at before it goes."""
    yield f"This person is {describe(person)}:"
    for label, values in (
        ("e-mail", person.of_kind("email")),
        ("phone", person.of_kind("phone")),
        ("name", person.names),
        ("customer id", person.of_kind("id:")),
        ("order", person.of_kind("order:")),
    ):
        if values:
            yield f"  {label:<12} {', '.join(values)}"


def _what(shop: Shop, erased: Erased) -> Iterator[str]:
    erasure, proof = erased.erasure, erased.proof
    for label, counts in (("Removed", erasure.removed), ("Kept as nobody's", erasure.blanked)):
        for name, count in sorted(counts.items()):
            yield f"  {label:<17} {count:>9,}  {name}"
    yield f"Tombstones: {erased.tombstones:,}, so that nobody erased comes back with a file or a connected system"
    for name, left in erasure.destinations.items():
        yield f"Destination {name}: {left or 'erased'}"
    if erasure.places:
        yield "Your own files still hold the person; a run leaves these rows out, but only you can take them out:"
        files = list(erasure.places.items())
        for file, rows in files[:_SHOWN_FILES]:
            yield f"  {shop.folder / file}: rows {_ranges(rows)}"
        if len(files) > _SHOWN_FILES:
            yield f"  and {len(files) - _SHOWN_FILES} more files"
    yield (
        f"Searched {proof.files:,} files ({proof.bytes:,} bytes) and {proof.tables:,} tables "
        f"for {proof.needles} texts of the person: {'nothing found' if not proof.hits else 'FOUND'}"
    )
    for hit in proof.hits:
        yield f"  {hit.place}: {hit.what}, {hit.count:,}"


def _ranges(rows: list[int]) -> str:
    """Numbers in order as spans: 3, 7-9."""
    if not rows:
        return ""
    starts = [rows[0], *(after for before, after in pairwise(rows) if after > before + 1)]
    ends = [*(before for before, after in pairwise(rows) if after > before + 1), rows[-1]]
    spans = [f"{start}" if start == end else f"{start}-{end}" for start, end in zip(starts, ends, strict=True)]
    return ", ".join(spans[:_SHOWN_FILES]) + (" …" if len(spans) > _SHOWN_FILES else "")
