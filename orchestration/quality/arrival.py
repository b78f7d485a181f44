"""Gate 1's checks: does what lies in `raw_drop` keep what the contract of its entity promises?

Everything about values comes from the contract itself (`orchestration.sources.drop.entities`) by the rules
the loader refuses rows with. The gate asks them again of the stored rows, because those are what the models
read: rows an older contract let in, or that anything but the loader has written, are found here. Time ranges
and volumes it adds itself.
"""

from orchestration.quality.catalog import Catalog
from orchestration.quality.checks import Check, GateSettings, TableChecks, no_rows
from orchestration.sources.drop.entities import ENTITIES, Entity
from orchestration.sources.drop.loader import SCHEMA, entity_rules
from orchestration.sources.drop.moments import moment_of
from orchestration.sql import quoted

BOOKKEEPING = ("_load_id", "_file", "_file_index", "_row_number")
_MISSING = "is missing"


def arrival_checks(catalog: Catalog, rows: dict[str, int], settings: GateSettings) -> list[TableChecks]:
    """Gate 1: one group of checks for the catalog and one for every entity that has rows.

    `rows` holds the row counts of the raw tables. An entity nobody has delivered is an empty table and has
    nothing to keep, except a mandatory one.
    """
    groups = [_catalog_checks(catalog)]
    for entity in ENTITIES.values():
        table = f"{SCHEMA}.{entity.name}"
        if not catalog.has(table, *entity.column_names, *BOOKKEEPING):
            continue
        if rows.get(table, 0) > 0:
            groups.append(_entity_checks(entity, table, catalog, settings))
        elif entity.mandatory and settings.needs_orders:
            groups.append(TableChecks(table, f"select * from {table}", (_not_empty(entity),)))
    return groups


def _catalog_checks(catalog: Catalog) -> TableChecks:
    """Every raw table is there with all its columns, which the other checks need, and with all its rows."""
    checks = []
    for entity in ENTITIES.values():
        table = f"{SCHEMA}.{entity.name}"
        needed = (*entity.column_names, *BOOKKEEPING)
        missing = [name for name in needed if not catalog.has(table, name)]
        listed = ", ".join(quoted(name) for name in needed)
        checks.append(
            Check(
                f"{table} has its columns",
                f"{len(needed)} - count_if(table_schema = '{SCHEMA}' and table_name = '{entity.name}' "
                f"and column_name in ({listed}))",
                "missing",
                counts="columns",
                look_at=f"{', '.join(missing)}: load the shop again with this version's loader" if missing else None,
                table=table,
            )
        )
        if not missing and catalog.has("ops.run_log", "entity", "rows_loaded", "source"):
            loaded = f"select sum(rows_loaded) from ops.run_log where source = 'drop' and entity = '{entity.name}'"
            checks.append(
                Check(
                    f"no row of {table} is gone",
                    f"greatest(0, ({loaded}) - (select count(*) from {table}))",
                    "once loaded and now gone",
                    look_at="ops.run_log; raw rows are never removed: restore the warehouse from a backup",
                    table=table,
                )
            )
    scan = f"select * from information_schema.columns where table_schema = '{SCHEMA}'"
    return TableChecks("raw tables", scan, tuple(checks))


def _entity_checks(entity: Entity, table: str, catalog: Catalog, settings: GateSettings) -> TableChecks:
    checks = [
        *_value_checks(entity, table),
        *_time_checks(entity, table, settings),
        *_volume_checks(entity, table, catalog, settings),
    ]
    if entity.mandatory:
        checks.append(_not_empty(entity))
    return TableChecks(table, f"select * from {table}", tuple(checks))


def _value_checks(entity: Entity, table: str) -> list[Check]:
    """The contract's own rules: required columns filled, types, allowed values, ranges."""
    checks = []
    for reason, condition in entity_rules(entity):
        subject, _, words = reason.partition(": ")
        absent = words == _MISSING
        failing = f"not coalesce({condition}, {'false' if absent else 'true'})"
        is_column = subject in entity.column_names
        checks.append(
            no_rows(
                reason,
                failing,
                _problem(subject, words, is_column),
                column=subject if is_column else None,
                sample=_places(table, failing),
            )
        )
    return checks


def _problem(subject: str, words: str, is_column: bool) -> str:
    """The loader's reason as it reads after "3 rows"."""
    if words == _MISSING:
        return "without a value" if is_column else f"without {subject}"
    if words.startswith("is not "):
        return f"with a value that {words}"
    if words.startswith("must be "):
        return f"with a value that isn't {words.removeprefix('must be ')}"
    return f"against the rule that {words}"


def _time_checks(entity: Entity, table: str, settings: GateSettings) -> list[Check]:
    """Moments every row of the entity must have: not before the shop's time, not after the run's moment."""
    checks = []
    for column in entity.columns:
        if not column.required or column.kind not in ("timestamp", "date"):
            continue
        moment = moment_of(column.name)
        # Raw rows stay, so a row that a later load has put right no longer speaks for the shop.
        early = f"{moment} < timestamptz {quoted(settings.earliest)} and {_is_in_force(entity, table)}"
        checks.append(
            Check(
                f"{column.name}: not before {settings.earliest}",
                f"(select count(*) from {table} as delivered where {early})",
                f"before {settings.earliest}",
                column=column.name,
                severity="error" if entity.mandatory else "warn",
                sample=_places(f"{table} as delivered", early),
            )
        )
        if settings.as_of is not None:
            late = f"{moment} > timestamptz '{settings.as_of.isoformat(sep=' ')}+00'"
            checks.append(
                no_rows(
                    f"{column.name}: not after the run's moment",
                    late,
                    f"after {settings.as_of:%Y-%m-%d %H:%M} UTC, which no figure counts yet",
                    column=column.name,
                    severity="warn",
                    sample=_places(table, late),
                )
            )
    return checks


def _is_in_force(entity: Entity, table: str) -> str:
    """SQL that is true for a row of whose key no later load has brought another version."""
    same = " and ".join(f"later.{name} is not distinct from delivered.{name}" for name in entity.key)
    return f"not exists (select 1 from {table} as later where {same} and later._load_id > delivered._load_id)"


def _volume_checks(entity: Entity, table: str, catalog: Catalog, settings: GateSettings) -> list[Check]:
    checks = []
    ratio = (
        f"(select case when count(*) > {settings.earlier_loads} "
        "then max(size) filter (is_newest) / median(size) filter (not is_newest) end "
        "from (select count(*) as size, _load_id = max(_load_id) over () as is_newest "
        f"from {table} group by _load_id) having max(size) >= {settings.smallest_load})"
    )
    problem = "size of the newest load as a multiple of the median load before it"
    look_at = f"select _load_id, _file, count(*) from {table} group by all order by all"
    factor = settings.load_factor
    checks.append(
        Check(
            "newest load is not too large",
            ratio,
            problem,
            expected=f"at most {factor:g}",
            maximum=factor,
            counts=None,
            look_at=look_at,
        )
    )
    checks.append(
        Check(
            "newest load is not too small",
            ratio,
            problem,
            expected=f"at least {1 / factor:g}",
            minimum=1 / factor,
            maximum=None,
            counts=None,
            severity="warn",
            look_at=look_at,
        )
    )
    if catalog.has("ops.rejected_rows", "entity", "load_id") and catalog.has("ops.loads", "load_id"):
        last = "(select max(load_id) from ops.loads)"
        refused = f"(select count(*) from ops.rejected_rows where entity = '{entity.name}' and load_id = {last})"
        stored = f"(select count(*) from {table} where _load_id = {last})"
        checks.append(
            Check(
                "few rows of the newest load were refused",
                f"{refused} / nullif({refused} + {stored}, 0)",
                "share of the newest load that was refused",
                expected=f"at most {settings.rejected_share:g}",
                maximum=settings.rejected_share,
                counts=None,
                severity="warn",
                look_at="select reasons, count(*) from ops.rejected_rows "
                f"where entity = '{entity.name}' and load_id = {last} group by all",
            )
        )
    return checks


def _not_empty(entity: Entity) -> Check:
    return Check(
        "has rows",
        "count(*)",
        f"{entity.name} in the warehouse",
        expected="at least 1",
        minimum=1,
        maximum=None,
        counts=None,
        look_at=f"drop/{entity.name}: no valid row of it has been delivered",
    )


def _places(table: str, failing: str) -> str:
    """Where the failing rows were delivered: file and row number, which name nobody."""
    return (
        f"select _file || ' row ' || _row_number from {table} where {failing} "
        "order by _load_id, _file_index, _row_number"
    )
