"""The contract of an entity as SQL conditions: what a row must satisfy, and the words for each broken rule."""

from orchestration.sources.drop.entities import SQL_TYPES, Column, Entity
from orchestration.sources.drop.moments import moment_is_sound
from orchestration.sql import quoted


def _is_filled(name: str) -> str:
    """SQL that is true where a column holds more than blanks."""
    # What begins with a visible ASCII character is settled by its first byte; trimming each cell costs ten times more.
    return f"case when {name} between '!' and '~' then true else trim({name}) <> '' end"


def _column_rules(column: Column) -> list[tuple[str, str]]:
    """(reason, SQL that is true or NULL for a sound value) for one column."""
    name = column.name
    rules: list[tuple[str, str]] = []
    if column.required:
        rules.append((f"{name}: is missing", _is_filled(name)))
    value = name
    match column.kind:
        case "text":
            pass
        case "timestamp":
            rules.append((f"{name}: is not an ISO 8601 time", moment_is_sound(name)))
        case kind:
            value = f"try_cast({name} as {SQL_TYPES[kind]})"
            words = {"date": "an ISO 8601 date", "boolean": "true or false", "integer": "a whole number"}
            rules.append((f"{name}: is not {words.get(kind, 'a number')}", f"{value} is not null"))
    if column.allowed is not None:
        listed = ", ".join(f"'{item}'" for item in column.allowed)
        is_listed = f"case when {name} in ({listed}) then true else lower(trim({name})) in ({listed}) end"
        rules.append((f"{name}: must be one of {', '.join(column.allowed)}", is_listed))
    if column.minimum is not None and column.above_minimum:
        rules.append((f"{name}: must be above {column.minimum:g}", f"{value} > {column.minimum:g}"))
    elif column.minimum is not None:
        rules.append((f"{name}: must be {column.minimum:g} or more", f"{value} >= {column.minimum:g}"))
    if column.maximum is not None:
        rules.append((f"{name}: must be {column.maximum:g} or less", f"{value} <= {column.maximum:g}"))
    # A rule about a value says nothing of an absent one; only "is missing" does.
    return [(reason, sql if reason.endswith("missing") else f"({name} is null or ({sql}))") for reason, sql in rules]


def entity_rules(entity: Entity) -> list[tuple[str, str]]:
    """(reason, SQL condition) for everything a row of the entity promises; a NULL condition counts as kept."""
    rules = [rule for column in entity.columns for rule in _column_rules(column)]
    if entity.one_of:
        filled = " or ".join(_is_filled(name) for name in entity.one_of)
        rules.append((f"{' or '.join(entity.one_of)}: is missing", filled))
    numeric = {column.name: SQL_TYPES[column.kind] for column in entity.columns if column.kind in ("decimal", "rate")}
    for reason, condition in entity.rules:
        sql = condition
        for name, sql_type in numeric.items():
            sql = sql.replace(name, f"try_cast({name} as {sql_type})")
        rules.append((reason, sql.replace("survey_type", "lower(trim(survey_type))")))
    return rules


def is_sound(entity: Entity) -> str:
    """SQL that is true where a row breaks no rule, else false."""
    return " and ".join(f"coalesce({sql}, true)" if ": is missing" not in reason else f"coalesce({sql}, false)"
                        for reason, sql in entity_rules(entity))  # fmt: skip


def broken_rules(entity: Entity) -> str:
    """SQL for the list of the reasons why a row is refused, in the order of the columns."""
    broken = ", ".join(
        f"case when not coalesce({sql}, {'false' if ': is missing' in reason else 'true'}) then {quoted(reason)} end"
        for reason, sql in entity_rules(entity)
    )
    return f"list_filter([{broken}], lambda reason: reason is not null)"
