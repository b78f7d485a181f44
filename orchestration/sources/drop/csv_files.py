"""CSV as it comes: encodings, delimiters, headers, and the SQL that scans such a file as text."""

import codecs
import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.errors import UserError
from orchestration.sql import quoted

_DELIMITERS = (",", ";", "\t", "|")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 22
_LONGEST_HEADER = 1 << 20


@dataclass(frozen=True)
class CsvFile:
    """A file that can be scanned: in UTF-8, with its header's names as written and its delimiter."""

    label: str
    path: Path
    header: tuple[str, ...]
    delimiter: str
    quoted: bool = True

    def scan(self, keep_rejects: bool = False) -> str:
        """SQL of a relation with every column of the header as text, NULL where empty.

        Rows that can't be split are left out; with `keep_rejects` they are listed in `reject_errors`, which mustn't
        be there before.
        """
        types = "{" + ", ".join(f"{quoted(name)}: 'varchar'" for name in self.header) + "}"
        quote = "'\"', escape = '\"'" if self.quoted else "'', escape = ''"
        rejects = "store_rejects = true" if keep_rejects else "ignore_errors = true"
        # A quoted cell may hold a whole review; DuckDB's default of 2 MB a line stays, its 1,000 cells to sniff don't
        # matter because every cell is read as text.
        return (
            f"read_csv({quoted(self.path)}, delim = {quoted(self.delimiter)}, columns = {types}, all_varchar = true, "
            f"header = true, quote = {quote}, {rejects}, auto_detect = false)"
        )


def open_csv(
    path: Path,
    label: str,
    scratch: Path,
    known: Callable[[Sequence[str]], int],
    encoding: str | None = None,
    is_quoted: bool = True,
) -> CsvFile:
    """A file ready to be scanned: itself, or its copy in UTF-8 below `scratch`.

    Args:
        known: how many of a header's names mean something; of the delimiters the one with most wins.
        encoding: tried where the file is neither UTF-8 nor marked as something else.

    Raises:
        UserError: empty, no header, a name twice, or bytes that are no text; names file and line.
    """
    readable = _as_utf8(path, label, scratch, encoding)
    header, delimiter = split_header(first_line(readable, label), label, known)
    return CsvFile(label, readable, tuple(header), delimiter, is_quoted)


def peek_header(path: Path, label: str, known: Callable[[Sequence[str]], int]) -> list[str]:
    """The header's names of a file of any encoding, without copying it."""
    with path.open("rb") as file:
        start = file.read(_LONGEST_HEADER)
    if not start:
        raise UserError(f"{label}: empty file; a CSV file needs a header line")
    text = start.decode(_marked_encoding(start) or "utf-8", errors="replace")
    line = text.splitlines()[0] if text else ""
    return split_header(line, label, known)[0]


def undecodable_line(connection: duckdb.DuckDBPyConnection) -> int | None:
    """The first line that wasn't UTF-8 in the last scan that kept its rejects."""
    row = connection.execute(
        "select line from reject_errors where cast(error_type as varchar) = 'INVALID ENCODING' order by line limit 1"
    ).fetchone()
    return int(row[0]) if row else None


def _marked_encoding(start: bytes) -> str | None:
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if start.startswith(mark)), None)
    if encoding is None and b"\x00" in start[:4]:
        encoding = "utf-16-le" if start[1:2] == b"\x00" else "utf-16-be"
    return encoding


def _as_utf8(path: Path, label: str, scratch: Path, fallback: str | None) -> Path:
    """The file itself if it is UTF-8, else a copy of it in UTF-8 below `scratch`."""
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise UserError(f"{label}: empty file; a CSV file needs a header line")
    encoding = _marked_encoding(start)
    if encoding is None and fallback is not None and not _is_utf8(path):
        encoding = fallback
    if encoding is None:
        return path
    target = scratch / f"{label.replace('/', '-')}-utf8.csv"
    line = 1
    try:
        with (
            path.open("r", encoding=encoding, newline="") as source,
            target.open("w", encoding="utf-8", newline="") as copy,
        ):
            while chunk := source.read(_CHUNK):
                line += chunk.count("\n")
                copy.write(chunk)
    except UnicodeError as error:
        raise UserError(f"{label}, after line {line}: not {encoding}: {error}") from error
    return target


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def first_line(path: Path, label: str) -> str:
    """The header's line of a file in UTF-8.

    Raises:
        UserError: it isn't UTF-8.
    """
    try:
        with path.open("rb") as file:
            return file.readline(_LONGEST_HEADER).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{label}, line 1: not UTF-8: save the file as UTF-8 or UTF-16 with BOM") from error


def split_header(line: str, label: str, known: Callable[[Sequence[str]], int]) -> tuple[list[str], str]:
    """The header's names as written, and the delimiter that yields the most known ones."""
    line = line.lstrip("\ufeff")
    if not line.strip():
        raise UserError(f"{label}, line 1: empty header; the first line must name the columns")
    best: tuple[int, int, list[str], str] | None = None
    for delimiter in _DELIMITERS:
        names = next(csv.reader([line], delimiter=delimiter), [])
        found = known(names)
        if best is None or (found, len(names)) > best[:2]:
            best = (found, len(names), names, delimiter)
    assert best is not None
    names = [name.lstrip("\ufeff").strip() or f"column_{position}" for position, name in enumerate(best[2], start=1)]
    lowered = [name.lower() for name in names]
    repeated = sorted({name for name in lowered if lowered.count(name) > 1})
    if repeated:
        raise UserError(f"{label}, line 1: two columns named {', '.join(repeated)}; keep one of them")
    return names, best[3]
