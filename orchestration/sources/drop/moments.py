"""How delivered text is read as a moment: the same reading as `macros/engine/to_utc.sql`.

ISO 8601 dates and times; an offset may follow the clock as Z, +02, +02:00, +0200 or " -0400": DuckDB itself reads
neither of the last two. Without one the text is meant in the shop's zone.
"""

_OFFSET = r"regexp_matches(substr({0}, 14), '[-+zZ]')"
_NORMAL = r"regexp_replace({0}, '\s*([-+]\d\d):?(\d\d)$', '\1:\2')"
_UTC = ("Z", "+00", "+00:00")


def moment_of(text: str, zone: str = "current_setting('TimeZone')") -> str:
    """SQL for a delivered moment as TIMESTAMPTZ, or NULL where the text isn't one.

    Args:
        text: SQL expression for the text.
        zone: SQL expression for the zone that text without an offset is meant in; the session's by default.
    """
    with_offset = f"try_cast({_NORMAL.format(text)} as timestamptz)"
    without = f"timezone({zone}, try_cast({text} as timestamp))"
    return f"case when {_OFFSET.format(text)} then {with_offset} else {without} end"


def moment_is_sound(text: str) -> str:
    """SQL that is true where the SQL expression `text` can be read as a moment."""
    with_offset = f"try_cast({_NORMAL.format(text)} as timestamptz) is not null"
    without = f"try_cast({text} as timestamp) is not null"
    # Most tools write UTC, and two regular expressions a row are half of all checking.
    is_utc = " ".join(f"when suffix({text}, '{end}') then {without}" for end in _UTC)
    return f"case {is_utc} when {_OFFSET.format(text)} then {with_offset} else {without} end"


def moment_in_utc(text: str, zone: str) -> str:
    """SQL for the moment in UTC (naive), given the SQL expressions for the text and for the shop's zone."""
    return f"timezone('UTC', {moment_of(text, zone)})"
