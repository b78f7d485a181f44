"""`make erase`: shows who and what goes, asks, erases, and prints the proof."""

import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from orchestration.errors import UserError
from orchestration.lock import shop_lock
from orchestration.privacy.erase import Erased, build_models, describe, erase
from orchestration.privacy.export import export_person, write_export
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
                _say(*_who(find_person(connection, address, {("email", address)})))
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


def run_export(shop: Shop, paths: ShopPaths, email: str, file: Path | None, *, wait_seconds: float = 0) -> None:
    """Write everything that is held of a person into one JSON file.

    Raises:
        UserError: no person's address, nothing has been loaded yet, or the shop is being written.
    """
    address = normalised_email(email)
    if not paths.warehouse.exists():
        raise UserError(f"{paths.root}: nothing has been loaded yet; make run SHOP={shop.folder}")
    moment = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    # Outside the data folder: a search for the person is not to find what they were given.
    target = file or Path(f"person-{moment:%Y%m%dT%H%M%SZ}.json")
    if target.resolve().is_relative_to(paths.root):
        raise UserError(f"{target}: choose a place outside {paths.root}")
    with shop_lock(paths.lock, "an export of a person", wait_seconds):
        with open_warehouse(paths.warehouse) as connection:
            create_tables(connection)
            person = find_person(connection, address, {("email", address)})
        export = export_person(paths, person, moment)
    write_export(target, export)
    _say(*_who(person))
    for part in ("delivered", "derived", "published", "destinations"):
        for place, rows in export[part].items():
            _say(f"  {len(rows):>9,}  {place}")
    _say(f"  {len(export['refused']):>9,}  refused rows", f"Written: {target}")


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _who(person: Person) -> Iterator[str]:
    """Everything that names the person, for its owner to look at before it goes."""
    yield f"This person is {describe(person)}:"
    for label, values in (
        ("e-mail", person.of_kind("email")),
        ("phone", person.of_kind("phone")),
        ("name", person.full_names),
        ("customer id", person.of_kind("id:")),
        ("order", person.of_kind("order:")),
    ):
        if values:
            yield f"  {label:<12} {', '.join(values)}"


def _what(shop: Shop, erased: Erased) -> Iterator[str]:
    erasure = erased.erasure
    for label, counts in (("Removed", erasure.removed), ("Kept as nobody's", erasure.blanked)):
        for name, count in sorted(counts.items()):
            yield f"  {label:<17} {count:>9,}  {name}"
    yield f"Tombstones: {erased.tombstones:,}, so that nobody erased comes back with a file or a connected system"
    for name, left in erasure.destinations.items():
        yield f"Destination {name}: {left or 'erased'}"
    for left in erasure.by_hand:
        yield f"To be done by hand: {left}"
    if erasure.places:
        yield "Your own files still hold the person; a run leaves these rows out, but only you can take them out:"
        files = list(erasure.places.items())
        for file, rows in files[:_SHOWN_FILES]:
            yield f"  {shop.folder / file}: rows {_ranges(rows)}"
        if len(files) > _SHOWN_FILES:
            yield f"  and {len(files) - _SHOWN_FILES} more files"
    yield from _proof(erased)


def outcome(erased: Erased) -> Iterator[str]:
    """How an erasure ended that a run has finished, without naming anybody."""
    yield f"erased a person: {describe(erased.erasure.person)}"
    for name, left in erased.erasure.destinations.items():
        yield f"{name}: {left or 'erased'}{'; the next run tries again' if left else ''}"
    yield from (f"to be done by hand: {left}" for left in erased.erasure.by_hand)
    yield from _proof(erased)


def _proof(erased: Erased) -> Iterator[str]:
    proof = erased.proof
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
