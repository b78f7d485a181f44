"""Files that are whole or not there at all, and on the disk once a function has returned."""

import os
from pathlib import Path


def flush(path: Path) -> None:
    """Have a file's content, or a folder's entries, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def swap_in(partial: Path, file: Path) -> None:
    """Put a file that was written beside another in its place."""
    flush(partial)
    partial.replace(file)
    flush(file.parent)


def write_through(file: Path, content: bytes) -> None:
    """Write a file that only its owner may read."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".partial-{file.name}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
        handle.write(content)
    swap_in(partial, file)
