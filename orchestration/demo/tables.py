"""The demo shop's columns as the contract's rows: one SELECT a file, over numpy columns DuckDB reads.

Texts are put together here and nowhere else: ids, e-mail addresses, times with and without offset, amounts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from orchestration.demo import (
    aftercare,
    catalogue,
    clock,
    customers,
    identity,
    lines,
    messages,
    orders,
    programme,
    texts,
    voice,
)
from orchestration.demo.columns import Ints
from orchestration.demo.messages import message_rows

FIRST_ORDER_NUMBER = 10_001
FIRST_CUSTOMER_ID = 7_104_000_000
SHOP_PHONE = "+1 (212) 555-0142"


@dataclass(frozen=True)
class Output:
    """One file: `drop/<entity>/<name>` with the rows of `select`."""

    entity: str
    name: str
    select: str
    kind: str = "csv"  # csv, windows_csv (BOM, semicolons, CRLF), jsonl, parquet


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Define the macros and the lists that all SELECTs use."""
    for macro in (
        # Cents to an exact amount with two decimals.
        "money(cents) as (cents::decimal(16, 0) * 0.01)::decimal(18, 2)",
        "wall(seconds) as strftime(make_timestamp(seconds * 1000000), '%Y-%m-%dT%H:%M:%S')",
        "utc(seconds) as case when seconds > 0 then wall(seconds) || 'Z' end",
        "moment(seconds) as case when seconds > 0 then to_timestamp(seconds) end",
        "day(number) as (date '1970-01-01' + number::integer)",
        # 1 is the first: a code of -1 becomes NULL.
        "word(list, code) as getvariable(list)[code + 1]",
    ):
        connection.execute(f"create or replace temp macro {macro}")
    variants = catalogue.variants()
    products = [catalogue.PRODUCTS[index] for index in variants.product]
    sentences, titles = voice.sentences()[0], voice.titles()[0]
    lists: dict[str, list[Any]] = {
        "first_names": list(texts.FIRST_NAMES),
        "last_names": list(texts.LAST_NAMES),
        "domains": ["example.com", "example.org", "example.net"],
        "channels": list(customers.CHANNELS),
        "sources": [row[0] for row in texts.SOURCES],
        "countries": [row[0] for row in texts.PLACES],
        "regions": [row[1] for row in texts.PLACES],
        "zones": [row[3] for row in texts.PLACES],
        "codes": list(lines.CODES),
        "placeholders": list(identity.PLACEHOLDERS),
        "not_addresses": list(identity.NOT_ADDRESSES),
        "variant_ids": variants.variant_id,
        "skus": variants.sku,
        "labels": variants.label,
        "product_ids": [product.product_id for product in products],
        "titles": [product.title for product in products],
        "costs": [int(cost) for cost in variants.cost],
        "is_card": [bool(flag) for flag in variants.is_gift_card],
        "return_reasons": [row[0] for row in texts.RETURN_REASONS],
        "return_texts": [row[1] for row in texts.RETURN_REASONS],
        "outcomes": list(aftercare.OUTCOMES),
        "refund_reasons": list(aftercare.REFUND_REASONS),
        "languages": [row[0] for row in texts.LANGUAGES],
        "sentences": sentences,
        "review_titles": titles,
        "topics": list(texts.TICKET_TOPICS),
        "comments": voice.comments(),
        "tiers": list(voice.TIERS),
        "flow_ids": [flow.flow_id for flow in programme.FLOWS],
        "flow_names": [flow.name for flow in programme.FLOWS],
        "experiments": [flow.experiment_id for flow in programme.FLOWS],
        "event_types": list(messages.EVENT_TYPES),
        "message_ids": [row.message_id for row in message_rows()],
        "message_names": [row.name for row in message_rows()],
        "message_channels": [row.channel for row in message_rows()],
        "message_purposes": [row.purpose for row in message_rows()],
        "message_flows": [row.flow for row in message_rows()],
        "message_campaigns": [row.campaign for row in message_rows()],
        "message_links": [list(row.links) for row in message_rows()],
        "campaign_ids": [row.campaign_id for row in programme.campaigns()],
        "campaign_names": [row.name for row in programme.campaigns()],
    }
    for name, values in lists.items():
        connection.execute(f"set variable {name} = $1", [values])


def lend(connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, NDArray[Any]]) -> None:
    """Make numpy columns readable as a table of that name, with each row's `position`."""
    size = len(next(iter(columns.values())))
    connection.register(name, {**columns, "position": np.arange(size)})


def lend_people(connection: duckdb.DuckDBPyConnection, people: customers.Customers, consented_at: Ints) -> None:
    """Table `people`: every true person's names, ids and addresses."""
    lend(connection, "people_columns", people.as_mapping(consented_at=consented_at))
    connection.execute(
        f"""
        create or replace temp table people as
        with named as (
            select
                *,
                word('first_names', first_name) as first_text,
                word('last_names', last_name) as last_text,
            from people_columns
        )
        select
            *,
            case when channel = {customers.AMAZON} then null else first_text end as shown_first,
            case when channel = {customers.AMAZON} then null else last_text end as shown_last,
            lower(first_text) || '.' || lower(last_text) || number || '@'
                || word('domains', number % 3) as email,
            lower(left(first_text, 1)) || '_' || lower(last_text) || number || '@'
                || word('domains', (number + 1) % 3) as other_email,
            ' ' || first_text || '.' || last_text || number || '@'
                || upper(word('domains', number % 3)) as spelled,
            case channel
                when {customers.AMAZON} then left(md5('relay' || number), 15) || '@marketplace.amazon.com'
                when {customers.TIKTOK} then 'tt' || left(md5('relay' || number), 16) || '@scs3.tiktok.com'
            end as relay,
            case when has_account then ({FIRST_CUSTOMER_ID} + number * 2)::varchar end as customer_id,
            ({FIRST_CUSTOMER_ID} + number * 2 + 1)::varchar as second_id,
            (200 + number % 800)::varchar as area,
            lpad((number // 800 % 10000)::varchar, 4, '0') as last_four,
            upper(first_text) || '-' || (1000 + number) as referral_code
        from named
        order by position
        """
    )


def lend_orders(
    connection: duckdb.DuckDBPyConnection,
    placed: orders.Orders,
    money: lines.Money,
    shown: identity.Identity,
    versions: aftercare.Versions,
    refunded: NDArray[np.bool_],
    first_number: int,
) -> None:
    """Table `placed`: every order with its texts; `changed_at` is 0 for orders that were never changed."""
    n = len(placed)
    sequence = np.empty(n, dtype=np.int64)
    sequence[np.argsort(placed.instant, kind="stable")] = np.arange(n)
    changed_at, loses_line, loses_unit = (
        np.zeros(n, dtype=np.int64),
        np.zeros(n, dtype=np.bool_),
        np.zeros(n, dtype=np.bool_),
    )
    changed_at[versions.order] = versions.changed_at
    loses_line[versions.order] = versions.loses_line
    loses_unit[versions.order] = versions.loses_unit
    lend(
        connection,
        "order_columns",
        {
            **placed.as_mapping(number=first_number + sequence, changed_at=changed_at, refunded=refunded),
            **money.as_mapping(loses_line=loses_line, loses_unit=loses_unit),
            "id_shown": shown.customer_id,
            "email_shown": shown.email,
            "phone_shown": shown.phone,
            "wording": shown.wording,
        },
    )
    connection.execute(
        f"""
        create or replace temp table placed as
        with numbered as (
            select
                *,
                case channel
                    -- The first and the last part together hold the whole number, so that ids are unique.
                    when {customers.AMAZON} then '11' || (1 + number // 10000000 * 2 + number % 2) || '-'
                        || lpad((number * 7919 % 10000000)::varchar, 7, '0') || '-'
                        || lpad((number % 10000000)::varchar, 7, '0')
                    when {customers.TIKTOK} then '5769' || lpad((number * 104729)::varchar, 14, '0')
                    when {customers.ETSY} then (3100000000 + number * 37)::varchar
                    else 'TW' || ({FIRST_ORDER_NUMBER} + number)
                end as order_id
            from order_columns
        )
        select
            current_order.*,
            person_of.customer_id, person_of.second_id,
            person_of.email, person_of.other_email, person_of.spelled, person_of.relay,
            person_of.shown_first, person_of.shown_last, person_of.area, person_of.last_four,
            person_of.source, person_of.place, person_of.contact_by_id,
            owner.referral_code,
            replaced.order_id as replaced_order_id,
        from numbered as current_order
        left join people as person_of on person_of.position = current_order.person
        left join people as owner on owner.position = current_order.referral
        left join numbered as replaced on replaced.position = current_order.exchange_of
        order by current_order.position
        """
    )


def _orders_select(version: str) -> str:
    """Orders as first delivered, or as changed later."""
    is_first = version == "first"
    cancelled = "case when changed_at = 0 then utc(cancelled_at) end" if is_first else "utc(cancelled_at)"
    is_cancelled = f"({cancelled}) is not null"
    updated = "utc(greatest(instant, cancelled_at * (changed_at = 0)::bigint))" if is_first else "utc(changed_at)"
    return f"""
        select
            order_id,
            case style
                when {orders.LOCAL} then wall(written_local)
                when {orders.OFFSET} then wall(written_local)
                    || case when written_local - instant = -4 * 3600 then '-04:00' else '-05:00' end
                else wall(instant) || '+00:00'
            end as ordered_at,
            case id_shown
                when {identity.FIRST_ID} then customer_id
                when {identity.SECOND_ID} then second_id
            end as customer_id,
            case email_shown
                when {identity.EMAIL} then email
                when {identity.OTHER_EMAIL} then other_email
                when {identity.SPELLED} then spelled
                when {identity.RELAY} then relay
                when {identity.PLACEHOLDER} then word('placeholders', wording % 4)
                when {identity.NOT_AN_ADDRESS} then word('not_addresses', wording % 3)
            end as email,
            case phone_shown
                when {identity.OWN_PHONE} then case wording % 3
                    when 0 then '+1' || area || '555' || last_four
                    when 1 then '+1 (' || area || ') 555-' || last_four
                    else '+1-' || area || '-555-' || last_four
                end
                when {identity.SHOP_PHONE} then '{SHOP_PHONE}'
                when {identity.WITHOUT_PLUS} then '(' || area || ') 555-' || last_four
                when {identity.MARKETPLACE_PHONE} then
                    '+1 213-555-0163 ext. ' || lpad((number % 100000)::varchar, 5, '0')
            end as phone,
            shown_first as first_name,
            shown_last as last_name,
            case when is_cad then 'CAD' else 'USD' end as currency,
            word('channels', channel) as channel,
            case when channel = {customers.OWN_STORE} then word('sources', source) end as acquisition_source,
            nullif(
                concat_ws(
                    ';',
                    word('codes', code),
                    case when second_code >= 0 then word('codes', second_code) end,
                    case when referral_as_discount then lower(referral_code) end
                ),
                ''
            ) as discount_codes,
            case when not referral_as_discount then referral_code end as referral_code,
            {cancelled} as cancelled_at,
            kind = {orders.TEST} as is_test,
            case
                when {is_cancelled} then 'refunded'
                when kind = {orders.VOIDED} then case when wording % 3 = 0 then 'expired' else 'voided' end
                when refunded then 'partially_refunded'
                else 'paid'
            end as financial_status,
            money(order_discount) as order_discount,
            money(tax) as tax,
            money(shipping) as shipping,
            money(tip) as tip,
            money(gift_card_payment) as gift_card_payment,
            case when person >= 0 then word('countries', place) end as ship_country,
            case when person >= 0 then word('regions', place) end as ship_region,
            replaced_order_id as exchange_of_order_id,
            case
                when is_subscription_first then 'subscription_first'
                when kind = {orders.RENEWAL} then 'subscription_renewal'
                when kind = {orders.TRADE} then 'wholesale'
                else 'one_time'
            end as order_type,
            {updated} as updated_at,
        from placed
    """


def _lines_select(version: str) -> str:
    """Lines as first delivered (with the unit or line that a later change took away), or as changed later."""
    is_first = version == "first"
    quantity = "quantity + (loses_unit and line_number = 1)::bigint" if is_first else "quantity"
    updated = "utc(greatest(instant, cancelled_at * (changed_at = 0)::bigint))" if is_first else "utc(changed_at)"
    return f"""
        select
            order_id,
            order_id || '-' || line_number as line_id,
            {quantity} as quantity,
            money(unit_price) as unit_price,
            word('variant_ids', variant) as variant_id,
            word('skus', variant) as sku,
            word('product_ids', variant) as product_id,
            word('titles', variant) as product_title,
            money(line_discount) as line_discount,
            word('is_card', variant) as is_gift_card,
            -- Canadian orders leave the cost to the product, which states it in the shop's currency.
            case when has_cost and not is_cad and not word('is_card', variant)
                then money(word('costs', variant))
            end as unit_cost,
            {updated} as updated_at,
        from {"first_lines" if is_first else "line_rows"}
    """


def lend_lines(connection: duckdb.DuckDBPyConnection, sold: lines.Lines) -> None:
    """Tables `line_rows` (as they stand) and `first_lines` (as first delivered) with their order's texts."""
    columns = dict(sold.as_mapping())
    columns["order_row"], columns["line_number"] = columns.pop("order"), columns.pop("number")
    lend(connection, "line_columns", columns)
    order_columns = "order_id, number, instant, cancelled_at, changed_at, loses_unit, loses_line, is_cad"
    connection.execute(
        f"""
        create or replace temp table line_rows as
        select line_columns.* exclude (order_row), {order_columns}
        from line_columns
        inner join (select position as order_row, {order_columns} from placed) as of_order using (order_row)
        order by line_columns.position
        """
    )
    line_columns = "variant, quantity, unit_price, line_discount, has_cost, line_number"
    # The line that a change took away: a tea in its small size, with an id that never comes again.
    connection.execute(
        f"""
        create or replace temp view first_lines as
        select {line_columns}, {order_columns} from line_rows
        union all
        select 0, 1, {int(catalogue.variants().price[0])}, 0, true, 9, {order_columns}
        from placed
        where loses_line
        """
    )


REDELIVERED_ORDERS = 20
BAD_ORDERS = """
    select 'TW9991' as order_id, '31/02/2025 10:12' as ordered_at, 'paula.exampleton@example.com' as email
    union all select 'TW9992', 'yesterday', 'quentin.sample@example.org'
    union all select null, '2025-06-14T13:20:00-04:00', 'rita.tester@example.net'
"""
BAD_LINES = """
    select 'TW9991' as order_id, 'TW9991-1' as line_id, 1 as quantity, 14.00::decimal(18, 2) as unit_price
    union all select 'TW9992', 'TW9992-1', 2, 28.00
    union all select (select order_id from line_rows order by number limit 1), 'X-1', -1, 14.00
    union all select (select order_id from line_rows order by number desc limit 1), 'X-2', -2, 32.00
    union all select null, 'X-3', 1, 22.00
"""
BAD_LINES_OF_BAD_ORDERS = 2  # the first two: sound in themselves, but their orders are refused
ROWS_BREAKING_CONTRACT = {
    "orders": 3,
    "order_lines": 3,
    "reviews": 2,
    "survey_responses": 1,
    "message_events": 3,
    "profiles": 1,
    "exchange_rates": 1,
}


def order_outputs(part: str, kind: str, is_first_chunk: bool) -> list[Output]:
    """Files of orders and lines: by year as CSV, whole as Parquet, and one of what was changed later."""
    redelivered = (
        f"""
        changed_at = 0 and number in (
            select number from placed where changed_at = 0 and channel = {customers.OWN_STORE}
            order by number limit {REDELIVERED_ORDERS}
        )
    """
        if is_first_chunk
        else "false"
    )
    result = []
    if kind == "csv":
        spans = [
            (str(year), f"year(make_timestamp(instant * 1000000)) {sign} {year}")
            for year, sign in ((2024, "<="), (2025, ">="))
        ]
    else:
        spans = [(part, "true")]
    for entity, select, order_by, bad in (
        ("orders", _orders_select, "number", BAD_ORDERS),
        ("order_lines", _lines_select, "number, line_number", BAD_LINES),
    ):
        for position, (label, condition) in enumerate(spans):
            query = f"{select('first')} where {condition} order by {order_by}"
            if is_first_chunk and position == len(spans) - 1:
                query = f"select * from ({query}) union all by name ({bad})"
            result.append(Output(entity, f"{entity}_{label}", query, kind))
        suffix = "" if kind == "csv" else f"_{part}"
        again = f"select * from ({select('first')} where {redelivered} order by {order_by})"
        changed = f"select * from ({select('changed')} where changed_at > 0 order by changed_at, {order_by})"
        result.append(Output(entity, f"{entity}_changed{suffix}", f"{changed} union all {again}", kind))
    return result


def people_outputs(part: str, kind: str, is_first_chunk: bool) -> list[Output]:
    """Files of profiles and referral codes."""
    bad_profile = "union all by name (select null as email, '7104999999' as customer_id)" if is_first_chunk else ""
    own = f"channel = {customers.OWN_STORE}"
    profiles = f"""
        select * from (
            select
                email,
                case when takes_sms then '+1' || area || '555' || last_four end as phone,
                customer_id,
                case
                    when not subscribes then 'never'
                    when unsubscribed_at > 0 then 'unsubscribed'
                    else 'subscribed'
                end as email_consent,
                case when subscribes then utc(greatest(consented_at, unsubscribed_at)) end
                    as email_consent_at,
                case when takes_sms then 'subscribed' else 'never' end as sms_consent,
                case
                    when is_bad_address then 'hard_bounce'
                    when complains then 'complaint'
                    when number % 331 = 7 then 'manual'
                end as suppression_reason,
                word('zones', place) as timezone,
                case when birth_day <> 0 then day(birth_day) end as birthday,
                case when subscribes and number % 11 = 3 then 1 + number % 4 end as max_emails_per_month,
            from people
            where {own}
            order by number
        )
        {bad_profile}
    """
    referrals = """
        select
            referral_code,
            case when not contact_by_id then email end as referrer_email,
            case when contact_by_id then customer_id end as referrer_customer_id,
            utc(consented_at + 30) as created_at,
        from people
        where is_member
        order by number
    """
    return [
        Output("profiles", f"profiles{part}", profiles, kind),
        Output("referrals", f"referrals{part}", referrals, kind),
    ]


def lend_aftercare(
    connection: duckdb.DuckDBPyConnection, returned: aftercare.Returns, refunded: aftercare.Refunds
) -> None:
    """Tables of returns and refunds."""
    for name, rows in (("returned", returned), ("refunded", refunded)):
        columns = dict(rows.as_mapping())
        columns["order_row"], columns["line_row"] = columns.pop("order"), columns.pop("line")
        lend(connection, name, columns)


def aftercare_outputs(part: str, kind: str, first: Mapping[str, int]) -> list[Output]:
    """Files of returns, refunds and fulfillments; `first` holds each entity's number of rows so far."""
    returns = f"""
        select
            'RMA-' || ({20_001 + first["returns"]} + returned.position) as return_id,
            placed.order_id,
            utc(requested_at) as requested_at,
            placed.order_id || '-' || line_rows.line_number as line_id,
            returned.quantity,
            word('return_reasons', reason) as reason,
            case when returned.position % 3 < 2 then nullif(word('return_texts', reason), '') end
                as reason_text,
            word('outcomes', outcome) as outcome,
            utc(closed_at) as closed_at,
        from returned
        inner join placed on placed.position = order_row
        inner join line_rows on line_rows.position = line_row
        order by returned.position
    """
    refunds = f"""
        select
            'RF-' || ({50_001 + first["refunds"]} + refunded.position) as refund_id,
            coalesce(placed.order_id, 'TW' || (9100 + refunded.position % 97)) as order_id,
            utc(refunded.instant) as refunded_at,
            money(amount) as amount,
            placed.order_id || '-' || line_rows.line_number as line_id,
            nullif(refunded.quantity, 0) as quantity,
            word('refund_reasons', reason) as reason,
        from refunded
        left join placed on placed.position = order_row
        left join line_rows on line_rows.position = line_row
        order by refunded.position
    """
    now = clock.exported_instant()
    fulfillments = f"""
        select
            'F' || order_id as fulfillment_id,
            order_id,
            case when shipped_at < {now} then utc(shipped_at) end as shipped_at,
            utc(estimated_at) as estimated_delivery_at,
            case when delivered_at < {now} then utc(delivered_at) end as delivered_at,
            case
                when delivered_at > 0 and delivered_at < {now} then 'delivered'
                when delivered_at = 0 and shipped_at < {now} - 30 * 86400 then 'lost'
                when shipped_at < {now} then 'in_transit'
                else 'open'
            end as status,
        from placed
        where shipped_at > 0
        order by number
    """
    return [
        Output("returns", f"returns{part}", returns, kind),
        Output("refunds", f"refunds{part}", refunds, kind),
        Output("fulfillments", f"fulfillments{part}", fulfillments, kind),
    ]


def voice_outputs(part: str, kind: str, first: Mapping[str, int], is_first_chunk: bool) -> list[Output]:
    """Files of reviews, surveys, tickets, loyalty and page events. The tables carry `order_row`, `person`."""
    identity_columns = """
            case when identity = 0 then people.email end as email,
            case when identity = 1 then people.customer_id end as customer_id,
    """
    bad_reviews = (
        """
        union all by name (
            select
                'RV-7' as review_id, '2025-04-02T11:00:00Z' as created_at, 7 as rating,
                'Best tea ever!!' as body
            union all select 'RV-0', '2025-08-19T16:42:10Z', 0, null
        )
    """
        if is_first_chunk
        else ""
    )
    reviews = f"""
        select * from (
            select
                'RV-' || ({30_001 + first["reviews"]} + reviewed.position) as review_id,
                utc(reviewed.instant) as created_at,
                rating,
                {identity_columns}
                case when names_order then placed.order_id end as order_id,
                word('product_ids', reviewed.variant) as product_id,
                word('review_titles', title) as title,
                nullif(
                    concat_ws(
                        case when word('languages', language) = 'zh' then '' else ' ' end,
                        word('sentences', first_sentence),
                        case when second_sentence >= 0 then word('sentences', second_sentence) end
                    ),
                    ''
                ) as body,
                has_media,
                names_order as verified,
            from reviewed
            inner join people on people.position = reviewed.person
            inner join placed on placed.position = order_row
            order by reviewed.position
        )
        {bad_reviews}
    """
    bad_survey = (
        """
        union all by name (
            select
                'SV-11' as response_id, '2025-05-20T08:15:00Z' as submitted_at, 'nps' as survey_type, 11 as score
        )
    """
        if is_first_chunk
        else ""
    )
    surveys = f"""
        select * from (
        select
            'SV-' || ({40_001 + first["survey_responses"]} + answered.position) as response_id,
            utc(answered.instant) as submitted_at,
            ['nps', 'csat', 'other'][survey_type + 1] as survey_type,
            case when score >= 0 then score end as score,
            {identity_columns}
            placed.order_id,
            case
                when survey_type = 2
                    then ['A friend', 'Instagram', 'Google', 'A podcast', 'A gift'][1 + answered.position % 5]
                else word('comments', comment)
            end as comment,
        from answered
        inner join people on people.position = answered.person
        inner join placed on placed.position = order_row
        order by answered.position
        )
        {bad_survey}
    """
    tickets = f"""
        select
            'T-' || ({60_001 + first["support_tickets"]} + ticketed.position) as ticket_id,
            utc(ticketed.instant) as created_at,
            {identity_columns}
            placed.order_id,
            word('topics', topic) as topic,
            utc(resolved_at) as resolved_at,
        from ticketed
        inner join people on people.position = ticketed.person
        inner join placed on placed.position = order_row
        order by ticketed.position
    """
    loyalty = f"""
        select
            'LY-' || lpad(({first["loyalty_events"]} + earned.position)::varchar, 9, '0') as event_id,
            utc(earned.instant) as occurred_at,
            ['enrolled', 'earned', 'redeemed', 'tier_changed'][event_type + 1] as event_type,
            case when not contact_by_id then email end as email,
            case when contact_by_id then customer_id end as customer_id,
            case when points >= 0 then points end as points,
            word('tiers', tier) as tier,
        from earned
        inner join people on people.position = earned.person
        order by earned.position
    """
    pages = f"""
        select
            'pv' || lpad(({first["page_events"]} + seen.position)::varchar, 10, '0') as event_id,
            moment(seen.instant) as occurred_at,
            ['thank_you', 'tracking', 'product'][page_type + 1] as page_type,
            case when not people.contact_by_id then people.email end as email,
            case when people.contact_by_id then people.customer_id end as customer_id,
            placed.order_id,
            'https://tidewren.example/' || case page_type
                when 0 then 'checkout/thank-you'
                when 1 then 'track'
                else 'products/' || word('product_ids', seen.variant)
            end as url,
        from seen
        inner join people on people.position = seen.person
        left join placed on placed.position = order_row
        order by seen.position
    """
    return [
        Output("reviews", f"reviews{part}", reviews, kind),
        Output("survey_responses", f"survey_responses{part}", surveys, "jsonl" if kind == "csv" else kind),
        Output("support_tickets", f"support_tickets{part}", tickets, "windows_csv" if kind == "csv" else kind),
        Output("loyalty_events", f"loyalty_events{part}", loyalty, kind),
        Output("page_events", f"page_events{part}", pages, "parquet"),
    ]


def message_outputs(part: str, kind: str, first_event: int, is_first_chunk: bool) -> list[Output]:
    """Files of message events and of the flows' arms."""
    bad_events = (
        """
        union all by name (
            select 'ev-bad-' || number as event_id, moment(1718000000 + number) as occurred_at,
                ['oppened', 'click?', 'spam_report'][number] as event_type, 'email' as channel,
                'sam.sample@example.com' as email, 'value' as purpose
            from (select unnest([1, 2, 3]) as number)
        )
    """
        if is_first_chunk
        else ""
    )
    events = f"""
        select * from (
            select
                'ev' || lpad(({first_event} + happened.position)::varchar, 10, '0') as event_id,
                moment(happened.instant) as occurred_at,
                word('event_types', event_type) as event_type,
                word('message_channels', message) as channel,
                case when not contact_by_id then email end as email,
                case when contact_by_id then customer_id end as customer_id,
                word('message_purposes', message) as purpose,
                word('flow_ids', word('message_flows', message)) as flow_id,
                word('flow_names', word('message_flows', message)) as flow_name,
                word('message_ids', message) as message_id,
                word('message_names', message) as message_name,
                word('campaign_ids', word('message_campaigns', message)) as campaign_id,
                word('campaign_names', word('message_campaigns', message)) as campaign_name,
                'https://tidewren.example' || word('message_links', message)[link + 1] as link,
                case flag when 1 then true when 0 then false end as is_machine,
            from happened
            inner join people on people.position = happened.person
            order by happened.position
        )
        {bad_events}
    """
    arms = """
        select
            word('experiments', flow) as experiment_id,
            word('flow_ids', flow) as flow_id,
            case when not contact_by_id then email end as email,
            case when contact_by_id then customer_id end as customer_id,
            case when held_out then 'holdout' else 'treatment' end as arm,
            utc(consented_at) as assigned_at,
            utc(triggered_at) as triggered_at,
        from arms
        inner join people on people.position = arms.person
        order by arms.position
    """
    return [
        Output("message_events", f"message_events{part}", events, "parquet"),
        Output("flow_holdouts", f"flow_holdouts{part}", arms, kind),
    ]


def shop_outputs() -> list[Output]:
    """Files of the shop as a whole: products, exchange rates, spend and mentions."""
    products = """
        select
            variant_id, product_id, product_title, product_type, category_class,
            nullif(supply_days, 0) as supply_days,
            money(unit_cost) as unit_cost, in_stock, money(price) as price,
            'https://tidewren.example/products/' || product_id as url,
            'https://tidewren.example/images/' || product_id || '.jpg' as image_url,
            season, accessory_for, sku, variant_title,
        from (select unnest(getvariable('product_rows'), recursive := true))
    """
    rates = """
        select * from (
            select day(day_number) as date, 'CAD' as from_currency, 'USD' as to_currency,
                printf('%.6f', rate) as rate
            from rates order by position
        )
        union all (select date '2025-02-17', 'CAD', 'USD', 'n/a')
    """
    spend = """
        select
            day(day_number) as date, channel, stage, money(amount) as amount, 'USD' as currency,
            acquisition_source, flow_id,
        from (select unnest(getvariable('spend_labels'), recursive := true)) as labels
        inner join spend using (label)
        where amount > 0
        order by spend.position
    """
    mentions = """
        select
            'BM-' || (1 + mentioned.position) as mention_id,
            utc(instant) as seen_at,
            ['chatgpt', 'perplexity', 'ai_overviews', 'claude', 'social', 'other'][platform + 1] as platform,
            sentiment,
            word('mention_topics', topic) as topic,
            word('mention_texts', topic) as text,
        from mentioned
        order by mentioned.position
    """
    return [
        Output("products", "products", products),
        Output("exchange_rates", "exchange_rates_cad", rates),
        Output("marketing_spend", "marketing_spend", spend, "windows_csv"),
        Output("brand_mentions", "brand_mentions", mentions, "jsonl"),
    ]


def product_rows() -> list[dict[str, Any]]:
    """The catalogue as the products entity, one row a variant."""
    variants = catalogue.variants()
    return [
        {
            "variant_id": variants.variant_id[row],
            "product_id": product.product_id,
            "product_title": product.title,
            "product_type": product.product_type,
            "category_class": product.category_class,
            "supply_days": int(variants.supply_days[row]),
            "unit_cost": int(variants.cost[row]),
            "in_stock": product.in_stock,
            "price": int(variants.price[row]),
            "season": product.season,
            "accessory_for": product.accessory_for,
            "sku": variants.sku[row],
            "variant_title": variants.label[row],
        }
        for row, product in enumerate(catalogue.PRODUCTS[index] for index in variants.product)
    ]
