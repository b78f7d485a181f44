-- From every order delivered to the net sales reported, cohort basis. Steps 1 to 10 of a source and month sum to its
-- step 11; the steps after it are what was delivered but belongs to no order.
{% set reasons = ["test", "cancelled", "voided", "exchange", "gift_card_only", "no_value"] %}

with orders as (

    select
        *,
        {{ month_of('order_date') }} as month
    from {{ ref('fct_orders') }}

),

steps as (

    select
        1 as step_number,
        'orders delivered' as step,
        source,
        month,
        count(*) as orders,
        sum(coalesce(gross_sales, 0) + coalesce(gift_card_sales, 0)) as amount
    from orders
    group by
        source,
        month
    {% for reason in reasons %}
        union all
        select
            {{ loop.index + 1 }} as step_number,
            'not counted: {{ reason | replace("_", " ") }}' as step,
            source,
            month,
            -count(*) as orders,
            -sum(coalesce(gross_sales, 0) + coalesce(gift_card_sales, 0)) as amount
        from orders
        where invalid_reason = '{{ reason }}'
        group by
            source,
            month
    {% endfor %}
    union all
    select
        8 as step_number,
        'gift cards sold with goods' as step,
        source,
        month,
        0 as orders,
        -sum(gift_card_sales) as amount
    from orders
    where is_valid
    group by
        source,
        month
    union all
    select
        9 as step_number,
        'discounts' as step,
        source,
        month,
        0 as orders,
        -sum(discounts) as amount
    from orders
    where is_valid
    group by
        source,
        month
    union all
    select
        10 as step_number,
        'returns' as step,
        source,
        month,
        0 as orders,
        -sum(returns) as amount
    from orders
    where is_valid
    group by
        source,
        month
    union all
    select
        11 as step_number,
        'net sales reported' as step,
        source,
        month,
        count(*) as orders,
        sum(net_sales) as amount
    from orders
    where is_valid
    group by
        source,
        month
    union all
    select
        12 as step_number,
        'beside it: refunds of orders never seen' as step,
        source,
        {{ month_of('refund_date') }} as month,
        0 as orders,
        -sum(amount) as amount
    from {{ ref('fct_refunds') }}
    where is_orphan
    group by
        source,
        {{ month_of('refund_date') }}

)

select
    cast(step_number as integer) as step_number,
    step,
    source,
    month,
    cast(orders as bigint) as orders,
    {{ money('amount') }} as amount
from steps
