"""How delivered text is read as a moment: the same reading as `macros/engine/to_utc.sql`.

ISO 8601 dates and times; an offset may follow the clock as Z, +02, +02:00, +0200 or " -0400". Without one the text is
meant in the shop's zone.
"""

_OFFSET = r"regexp_matches(substr({0}, 14), '[-+zZ]')"
_NORMAL = r"regexp_replace({0}, '\s*([-+]\d\d):?(\d\d)$', '\1:\2')"


def moment_is_sound(text: str) -> str:
    """SQL that is true where the SQL expression `text` can be read as a moment."""
    with_offset = f"try_cast({_NORMAL.format(text)} as timestamptz) is not null"
    without = f"try_cast({text} as timestamp) is not null"
    return f"case when {_OFFSET.format(text)} then {with_offset} else {without} end"


def moment_in_utc(text: str, zone: str) -> str:
    """SQL for the moment in UTC (naive), given the SQL expressions for the text and for the shop's zone."""
    with_offset = f"timezone('UTC', cast({_NORMAL.format(text)} as timestamptz))"
    without = f"timezone('UTC', timezone({zone}, cast({text} as timestamp)))"
    return f"case when {_OFFSET.format(text)} then {with_offset} else {without} end"
