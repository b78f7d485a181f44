"""What the report says of a sync: counts and reasons, and nobody in them."""

import duckdb

from orchestration.publish.sync_info import write_sync_info


def outcomes(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return connection.execute(
        "select destination, audience, action, result, reason, people from reporting.sync_outcomes order by all"
    ).fetchall()


def test_without_a_sync_the_table_is_there_and_empty() -> None:
    with duckdb.connect() as connection:
        write_sync_info(connection)
        assert outcomes(connection) == []


def test_the_newest_run_with_results_is_told_and_nobody_is_named() -> None:
    refused = [
        "ana.lima+tea@example.com is not a valid address",
        "phone +44 7700 900123 is taken",
        "profile 01HV9X2K7Z8Q4M3N5P6R7S8T9V exists; e-mail <bo@example.org>",
    ]
    with duckdb.connect() as connection:
        connection.execute("create schema ops")
        connection.execute(
            """
            create table ops.sync_runs as from (values
                ('old', 'klaviyo', timestamp '2026-01-01 08:00', false, true),
                ('new', 'klaviyo', timestamp '2026-01-02 08:00', false, true),
                ('empty', 'klaviyo', timestamp '2026-01-03 08:00', true, false)
            ) as runs (run_id, destination, started_at, is_dry, is_complete);
            create table ops.sync_results (
                run_id varchar, destination varchar, audience varchar, person_id varchar, action varchar,
                result varchar, reason varchar
            );
            insert into ops.sync_results values
                ('old', 'klaviyo', 'vip', 'p1', 'add', 'sent', null),
                ('new', 'klaviyo', 'vip', 'p1', 'keep', 'unchanged', null),
                ('new', 'klaviyo', 'vip', 'p2', 'add', 'sent', null),
                ('new', 'klaviyo', 'vip', 'p3', 'add', 'sent', null),
                ('new', 'klaviyo', 'vip', 'p7', 'remove', 'sent', 'not in the audience any more')
            """
        )
        connection.executemany(
            "insert into ops.sync_results values ('new', 'klaviyo', 'vip', ?, 'add', 'rejected', ?)",
            [[f"p{number}", reason] for number, reason in enumerate(refused, 4)],
        )
        write_sync_info(connection)
        told = outcomes(connection)
    assert sorted(told, key=str) == sorted(
        [
            ("klaviyo", "vip", "add", "rejected", "… is not a valid address", 1),
            ("klaviyo", "vip", "add", "rejected", "phone … is taken", 1),
            ("klaviyo", "vip", "add", "rejected", "profile … exists; e-mail <…>", 1),
            ("klaviyo", "vip", "add", "sent", None, 2),
            ("klaviyo", "vip", "keep", "unchanged", None, 1),
            ("klaviyo", "vip", "remove", "sent", "not in the audience any more", 1),
        ],
        key=str,
    )
