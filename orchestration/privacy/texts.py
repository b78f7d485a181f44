"""Finding a person's texts where they stand by themselves: ann@example.com isn't in joann@example.com."""

import re
from collections.abc import Iterable
from typing import Final

from orchestration.sql import quoted

# What stands where a text quoted the person.
BLANK: Final = "[erased]"
# Before and after: nothing that would make it a longer address or number. An escape of URLs or JSON ends before it.
_BEFORE: Final = r"(^|[^a-z0-9._%+-]|%[0-9a-f]{2}|\\[bfnrt]|\\u[0-9a-f]{4})"
_AFTER: Final = r"($|[^a-z0-9.-]|\.(?:$|[^a-z0-9]))"


def pattern_of(needles: Iterable[str]) -> str:
    """A regular expression, of Python and of RE2 alike and case ignored, for any of the texts standing by itself."""
    listed = "|".join(map(re.escape, sorted(needles, key=lambda needle: (-len(needle), needle))))
    return f"{_BEFORE}(?:{listed}){_AFTER}"


def holds(text: str, needles: Iterable[str]) -> str:
    """SQL that is true where a text holds any of the needles; the quick test goes first."""
    listed = sorted(needles)
    quick = contains_any(f"lower({text})", listed)
    return f"coalesce(({quick}) and regexp_matches({text}, {quoted(pattern_of(listed))}, 'i'), false)"


def row_of(columns: Iterable[str]) -> str:
    """SQL of all texts of a row as one, in which each still stands by itself: one look tells whether to look closer."""
    texts = ", ".join(f'cast("{column}" as varchar)' for column in columns)
    return f"concat_ws(chr(10), {texts})"


def contains_any(text: str, needles: Iterable[str]) -> str:
    """SQL that is true where a text, in lower case, holds any of the needles, by itself or within a longer word."""
    return " or ".join(f"contains({text}, {quoted(needle)})" for needle in sorted(needles)) or "false"


def holds_value(text: str, value: str) -> str:
    """The same of one needle that is SQL too, such as a column's."""
    pattern = f"{quoted(_BEFORE)} || regexp_escape({value}) || {quoted(_AFTER)}"
    return f"contains(lower({text}), {value}) and regexp_matches(lower({text}), {pattern})"


def blanked(text: str, needles: Iterable[str]) -> str:
    """SQL of a text with the needles blanked. Twice, since two that share a blank between them are found one by one."""
    pattern = quoted(pattern_of(needles))
    for _ in range(2):
        text = f"regexp_replace({text}, {pattern}, '\\1{BLANK}\\2', 'gi')"
    return text


def blank(pattern: re.Pattern[str], text: str) -> str:
    """A text with what the pattern finds blanked."""
    for _ in range(2):
        text = pattern.sub(lambda found: f"{found[1]}{BLANK}{found[2]}", text)
    return text


def longer_texts(needles: Iterable[str]) -> str:
    """A regular expression for words that hold a needle, by itself or within."""
    listed = "|".join(map(re.escape, sorted(needles, key=lambda needle: (-len(needle), needle))))
    return f"[a-z0-9._%+@-]*(?:{listed})[a-z0-9._%+@-]*"
