"""Secrets: where they come from, and that they don't get out.

They are read from the environment or from a `.env` file that git ignores, kept in memory only, and cut out of every log
record of this process whoever writes it.
"""

import logging
import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from orchestration.errors import UserError

HIDDEN: Final = "[secret]"
# Shorter values aren't secrets, and cutting them out would spoil ordinary words.
_SHORTEST: Final = 6

_values: set[str] = set()
_lock = threading.Lock()
_installed = False


def read_secrets(source: str, variables: Iterable[tuple[str, str]], folders: Iterable[Path]) -> dict[str, str]:
    """Values by variable: the environment's, else those of the first `.env` in `folders` that has them.

    Args:
        variables: (name of the variable, what it is in words).

    Raises:
        UserError: one isn't set; the message names the variable and never a value.
    """
    files = [read_env_file(folder / ".env") for folder in folders]
    found: dict[str, str] = {}
    for variable, what in variables:
        value = next((place[variable] for place in (os.environ, *files) if place.get(variable, "").strip()), None)
        if value is None:
            raise UserError(
                f"{source}: {variable} isn't set: put the {what} into the environment or into a .env file", exit_code=1
            )
        found[variable] = value.strip()
    hide(found.values())
    return found


def read_env_file(file: Path) -> Mapping[str, str]:
    """`NAME=value` lines; `export` before a name, quotes around a value and lines that begin with # are understood."""
    if not file.is_file():
        return {}
    values: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if not equals or name.startswith("#"):
            continue
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        values[name.strip()] = value
    return values


def hide(values: Iterable[str]) -> None:
    """From now on cut these values out of every log record and of what `redact` is given."""
    global _installed
    with _lock:
        _values.update(value for value in values if len(value) >= _SHORTEST)
        if not _installed:
            _install()
            _installed = True


def redact(text: str) -> str:
    """The text with every known secret replaced."""
    for value in sorted(_values, key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    return text


def _install() -> None:
    """Wrap the process's log record factory: filters on a logger don't see what its children log."""
    make = logging.getLogRecordFactory()

    def make_clean(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        message = record.getMessage()
        clean = redact(message)
        if clean != message:
            record.msg, record.args = clean, ()
        if record.exc_info and record.exc_text is None:
            text = logging.Formatter().formatException(record.exc_info)
            if redact(text) != text:
                # A formatter prints the text that is there and looks no further.
                record.exc_text = redact(text)
        return record

    logging.setLogRecordFactory(make_clean)
