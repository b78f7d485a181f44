"""What is to be done at a destination: what is published, less whom nothing may be sent to, against what it holds.

All of it is SQL over temporary tables of the state's connection; a million memberships take seconds.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import duckdb

from orchestration.destinations.published import Audience
from orchestration.errors import UserError

ACTIONS: Final = ("add", "update", "remove", "keep")

_VERDICTS: Final = """
    create or replace temp table wanted as
    with first_persons as (
        -- One e-mail one person, one person one e-mail: of several the first holds.
        select email, min(person_id) as person_id from published_people group by email
    ),
    first_emails as (
        select person_id, min(email) as email from published_people group by person_id
    )
    select
        published_people.audience,
        published_people.person_id,
        published_people.email,
        published_people.properties,
        published_people.property_names,
        md5(published_people.properties) as property_hash,
        case
            when published_people.email is null or published_people.email not like '%_@_%' then 'no e-mail'
            when first_persons.person_id <> published_people.person_id then 'the e-mail is another person''s too'
            when first_emails.email <> published_people.email then 'the person has another e-mail in this version'
            when coalesce(consent.is_suppressed, false) then 'suppressed in the newest data'
            when not coalesce(consent.is_subscribed, false) then 'no consent in the newest data'
            when marketable.person_id is null then 'not marketable in the newest data'
        end as verdict
    from published_people
    left join first_persons on published_people.email = first_persons.email
    left join first_emails on published_people.person_id = first_emails.person_id
    left join consent on published_people.email = consent.email
    left join marketable on published_people.person_id = marketable.person_id
"""
_PLAN: Final = """
    create or replace temp table plan as
    with held as (
        select * from memberships where destination = $destination
    ),
    in_question as (
        -- An e-mail that is claimed twice is planned once, for the person it is taken for.
        select * from wanted
        where email is not null and (verdict is null or verdict <> 'the e-mail is another person''s too')
    ),
    joined as (
        select
            coalesce(in_question.audience, held.audience) as audience,
            coalesce(in_question.person_id, held.person_id) as person_id,
            coalesce(in_question.email, held.email) as email,
            in_question.email is not null and in_question.verdict is null as is_in,
            coalesce(held.status in ('held', 'unsure') or len(held.property_names) > 0, false) as is_there,
            in_question.email is not null as is_published,
            in_question.verdict,
            coalesce(in_question.properties, '') as properties,
            coalesce(in_question.property_names, []) as property_names,
            in_question.property_hash,
            coalesce(held.property_names, []) as held_names,
            held.status,
            held.property_hash as held_hash,
            held.refused_hash = in_question.property_hash and held.refused_at > $recheck_from as is_refused,
            held.refused_as,
            held.refused_reason
        from in_question
        full outer join held on in_question.audience = held.audience and in_question.email = held.email
    ),
    decided as (
        select
            *,
            case
                when is_in and status = 'held' and held_hash = property_hash then 'keep'
                when is_in and status = 'held' then 'update'
                when not is_in and is_there then 'remove'
                else 'add'
            end as action
        from joined
        where is_published or is_there
    )
    select
        audience,
        person_id,
        email,
        action,
        case when action in ('add', 'update') then properties else '' end as properties,
        property_names,
        property_hash,
        held_names,
        -- The empty case spares most rows the comparison of lists.
        case
            when action = 'remove' then held_names
            when action = 'keep' or len(held_names) = 0 then []
            else list_filter(held_names, lambda name: not list_contains(property_names, name))
        end as cleared,
        is_there,
        false as is_removed,
        false as is_written,
        case
            when action = 'keep' then 'unchanged'
            when audience in (select audience from stopped) then 'skipped'
            when action = 'add' and not is_in then 'skipped'
            when action in ('add', 'update') and is_refused then refused_as
        end as result,
        case
            when action = 'keep' then null
            when audience in (select audience from stopped) then 'the audience is stopped'
            when action = 'add' and not is_in then verdict
            when action in ('add', 'update') and is_refused then refused_reason
            when action = 'remove' then coalesce(verdict, 'not in the audience any more')
        end as reason,
        false as is_lasting
    from decided
    union all
    select
        audience, person_id, email, 'add', '', [], null, [], [], false, false, false, 'skipped', verdict, false
    from wanted
    where email is null or verdict = 'the e-mail is another person''s too'
"""


@dataclass(frozen=True)
class Counts:
    """Rows of one audience's plan by action, and those of them that are decided already."""

    add: int
    update: int
    remove: int
    keep: int
    skipped: int
    rejected: int


def read_audiences(connection: duckdb.DuckDBPyConnection, audiences: Collection[Audience], prefix: str) -> None:
    """Fill `wanted`: a row for each published membership with its values as JSON and, where there is one, the verdict
    why nothing may be sent. Wants the tables of `read_consent`.

    Raises:
        UserError: an audience lists somebody twice.
    """
    connection.execute(
        "create or replace temp table published_people (audience varchar, person_id varchar, email varchar, "
        "properties varchar, property_names varchar[])"
    )
    for audience in audiences:
        names = {column: f"{prefix}{audience.key}_{column}" for column in audience.values}
        values = [
            f"'\"{names[column]}\":' || {_as_json(column, kind)}" for column, kind in sorted(audience.values.items())
        ]
        listed = [
            f"case when {_as_json(column, kind)} is not null then '{names[column]}' end"
            for column, kind in sorted(audience.values.items())
        ]
        properties = f"concat_ws(',', {', '.join(values)})" if values else "''"
        property_names = (
            f"list_filter([{', '.join(listed)}], lambda name: name is not null)" if listed else "cast([] as varchar[])"
        )
        connection.execute(
            f"insert into published_people select ?, cast(person_id as varchar), nullif(lower(trim(email)), ''), "
            f"{properties}, {property_names} from read_parquet(?)",
            [audience.key, str(audience.file)],
        )
    connection.execute(_VERDICTS)
    connection.execute("drop table published_people")
    twice = connection.execute(
        "select audience, count(*) from wanted where verdict is null "
        "group by audience, email having count(*) > 1 limit 1"
    ).fetchall()
    if twice:
        raise UserError(f"nothing is sent: audience {twice[0][0]} lists an e-mail {twice[0][1]} times", exit_code=1)


def make_plan(
    connection: duckdb.DuckDBPyConnection,
    destination: str,
    stopped: Mapping[str, str],
    now: datetime,
    recheck_days: float,
) -> dict[str, Counts]:
    """Fill `plan`: one row for each membership that is wanted or held, with what is to be done about it.

    Args:
        stopped: audiences that nothing is done about.
        now: naive UTC.

    Returns:
        Counts by audience, in the order of their keys.
    """
    connection.execute("create or replace temp table stopped (audience varchar)")
    if stopped:
        connection.executemany("insert into stopped values (?)", [[audience] for audience in stopped])
    connection.execute(_PLAN, {"destination": destination, "recheck_from": now - timedelta(days=recheck_days)})
    rows = connection.execute(
        """
        select
            audience,
            count(*) filter (where action = 'add' and result is null),
            count(*) filter (where action = 'update' and result is null),
            count(*) filter (where action = 'remove' and result is null),
            count(*) filter (where result = 'unchanged'),
            count(*) filter (where result = 'skipped'),
            count(*) filter (where result = 'rejected')
        from plan group by audience order by audience
        """
    ).fetchall()
    return {str(audience): Counts(*(int(count) for count in counts)) for audience, *counts in rows}


def _as_json(column: str, kind: str) -> str:
    """SQL for a value as JSON text, NULL where there is none. Moments are ISO 8601 in UTC."""
    name = '"' + column.replace('"', '""') + '"'
    plain = kind.upper()
    if plain.startswith("TIMESTAMP"):
        return f"'\"' || strftime({name}, '%Y-%m-%dT%H:%M:%SZ') || '\"'"
    if plain.startswith(("DECIMAL", "BOOLEAN")) or plain.endswith("INT") or plain == "INTEGER":
        return f"cast({name} as varchar)"
    if plain in ("DOUBLE", "FLOAT"):
        return f"case when isfinite({name}) then cast(to_json({name}) as varchar) end"
    return f"cast(to_json(cast({name} as varchar)) as varchar)"
