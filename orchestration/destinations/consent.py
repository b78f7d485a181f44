"""Consent as it is now: read from the newest rows that were loaded, at the moment of sending, and only read."""

import duckdb

# Views over the raw tables: newer than what was built and published, where something was loaded since. Of one profile
# the newest version holds, of an address's profiles the latest consent; one suppression is enough.
_CONSENT = """
    create or replace temp table consent as
    with versions as (
        select
            email,
            email_consent,
            email_consent_at,
            suppression_reason,
            row_number() over (
                partition by source, coalesce('id:' || customer_id, 'email:' || email, 'phone:' || phone)
                order by updated_at desc nulls last, load_id desc, file_index desc, row_number desc
            ) as version_rank
        from warehouse.intermediate.int_arrivals__profiles
    ),
    in_force as (
        select
            email,
            email_consent,
            suppression_reason,
            rank() over (partition by email order by email_consent_at desc nulls last) as consent_rank
        from versions
        where version_rank = 1 and email is not null
    )
    select
        email,
        bool_or(suppression_reason is not null) as is_suppressed,
        -- Two of one moment that disagree are no consent.
        bool_and(email_consent is not distinct from 'subscribed') filter (where consent_rank = 1) as is_subscribed
    from in_force
    group by email
"""
_MARKETABLE = """
    create or replace temp table marketable as
    select person_id from warehouse.marts.dim_customers where is_marketable
"""


def read_consent(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the temporary tables `consent` (by e-mail) and `marketable` (persons the newest build lets be written to).

    Args:
        connection: with the shop's warehouse attached as `warehouse`.
    """
    connection.execute(_CONSENT)
    connection.execute(_MARKETABLE)
