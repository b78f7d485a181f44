{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='person_id',
    meta={'changed': 'int_audiences__changed'}
) }}
-- The orders a message may be about: a person's last one, and those placed lately enough to be still on their way or
-- just arrived. Everything a message says of an order is known here, so that rules only compare days; what its product
-- is like now, the rules look up themselves.
{% set changed_orders = only_changed(ref('fct_orders'), ref('int_audiences__changed'), 'person_id') %}
{% if is_update() %}
    {% set columns %}
        select
            order_key,
            person_id,
            order_sequence,
            order_type,
            ordered_at,
            order_date,
            product_type,
            is_referred,
            is_valid,
            is_identified
        from {{ changed_orders }} as changed_rows
    {% endset %}
    {% set changed_orders = work_table("changed_audience_orders", columns) %}
{% endif %}

with orders as (

    select
        orders.order_key,
        orders.person_id,
        orders.order_sequence,
        orders.order_type,
        orders.ordered_at,
        orders.order_date,
        orders.product_type,
        orders.is_referred,
        orders.order_sequence = customers.valid_orders as is_last
    from {{ changed_orders }} as orders
    inner join {{ ref('int_lifetime__customers') }} as customers
        on orders.person_id = customers.person_id
    where
        orders.is_valid
        and orders.is_identified
        and (
            orders.order_sequence = customers.valid_orders
            or orders.ordered_at >= {{ as_of() }} - interval '{{ recent_order_days() }}' day
        )

),

ranked_lines as (

    select
        lines.order_key,
        lines.variant_id,
        lines.product_id,
        lines.product_title,
        lines.product_type,
        row_number() over (
            partition by lines.order_key
            order by lines.gross_sales - lines.line_discount desc nulls last, lines.line_id
        ) as value_rank
    from {{ ref('fct_order_lines') }} as lines
    inner join orders
        on lines.order_key = orders.order_key
    where not lines.is_gift_card

),

again_of_type as (

    select distinct orders.order_key
    from orders
    inner join {{ changed_orders }} as earlier_orders
        on
            orders.person_id = earlier_orders.person_id
            and orders.product_type = earlier_orders.product_type
            and orders.order_sequence > earlier_orders.order_sequence
    where
        earlier_orders.is_valid
        and orders.order_sequence > 1

),

parcels as (

    -- Of several parcels the first to arrive counts, and the first day that was promised.
    select
        fulfillments.order_key,
        min(fulfillments.delivered_at) as delivered_at,
        min(fulfillments.delivered_date) as delivered_date,
        min(fulfillments.estimated_delivery_date) as promised_date
    from {{ ref('fct_fulfillments') }} as fulfillments
    inner join orders
        on fulfillments.order_key = orders.order_key
    group by fulfillments.order_key

),

reviews as (

    select
        reviews.order_key,
        reviews.reporting_person_id as person_id,
        reviews.product_id,
        reviews.created_at
    from {{ ref('fct_reviews') }} as reviews

),

reviewed as (

    -- A review of the order, or of its product after it.
    select orders.order_key
    from orders
    inner join reviews
        on orders.order_key = reviews.order_key
    union
    select orders.order_key
    from orders
    inner join ranked_lines
        on
            orders.order_key = ranked_lines.order_key
            and ranked_lines.value_rank = 1
    inner join reviews
        on
            orders.person_id = reviews.person_id
            and ranked_lines.product_id = reviews.product_id
            and orders.ordered_at < reviews.created_at

),

returned as (

    select
        order_key,
        bool_or(closed_at is null) as is_open
    from {{ ref('fct_returns') }}
    group by order_key

),

tickets as (

    -- A ticket about the order, or one of its person since.
    select
        orders.order_key,
        bool_or(tickets.resolved_at is null) as is_open
    from orders
    inner join {{ ref('fct_tickets') }} as tickets
        on orders.person_id = tickets.reporting_person_id
    where
        tickets.order_key = orders.order_key
        or tickets.created_at >= orders.ordered_at
    group by orders.order_key

)

select
    orders.order_key,
    orders.person_id,
    orders.order_sequence,
    orders.order_type,
    orders.ordered_at,
    orders.order_date,
    orders.is_last,
    orders.is_referred,
    lines.variant_id,
    lines.product_id,
    lines.product_title,
    lines.product_type,
    -- The order's, which the shop's rhythms go by; the line's is what a message says.
    orders.product_type as order_product_type,
    parcels.delivered_at,
    parcels.delivered_date,
    parcels.promised_date,
    orders.product_type is not null and again_of_type.order_key is null as is_first_of_type,
    reviewed.order_key is not null as is_reviewed,
    coalesce(returned.is_open, false) as has_open_return,
    returned.order_key is not null as is_returned,
    coalesce(tickets.is_open, false) as has_open_ticket,
    tickets.order_key is not null as has_ticket
from orders
left join ranked_lines as lines
    on
        orders.order_key = lines.order_key
        and lines.value_rank = 1
left join again_of_type
    on orders.order_key = again_of_type.order_key
left join parcels
    on orders.order_key = parcels.order_key
left join reviewed
    on orders.order_key = reviewed.order_key
left join returned
    on orders.order_key = returned.order_key
left join tickets
    on orders.order_key = tickets.order_key
