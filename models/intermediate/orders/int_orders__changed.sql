-- Orders whose lines and amounts are worked out anew: something of them has come or happened since the build before, or
-- the rate or a product they are valued by isn't what it was.
{% set moment_before = built_as_of() %}
{# What lines take from products; a price or a stock that changes every day changes no line. #}
{% set product_columns = [
    "source", "variant_id", "product_id", "product_title", "product_type", "category_class", "unit_cost",
] %}
-- depends_on: {{ ref('int_orders__versions') }}, {{ ref('int_orders__rates') }}, {{ ref('int_products__current') }}
-- depends_on: {{ ref('int_orders__current_refunds') }}, {{ ref('int_orders__arrived') }}

{% if moment_before is none %}

    select cast(null as varchar) as order_key
    where false

{% else %}

    with changed_refunds as (

        {{ rows_that_differ(ref('int_orders__current_refunds'), sibling('int_orders__current_refunds_before')) }}

    ),

    changed_rates as (

        {{ rows_that_differ(ref('int_orders__rates'), sibling('int_orders__rates_before')) }}

    ),

    changed_products as (

        {{ rows_that_differ(
            ref('int_products__current'), sibling('int_products__current_before'), product_columns
        ) }}

    )

    select order_key
    from {{ ref('int_orders__arrived') }}
    union
    select order_key
    from changed_refunds
    union
    select order_key
    from {{ ref('int_orders__versions') }}
    where
        (ordered_at > {{ moment_before }} and ordered_at <= {{ as_of() }})
        or (cancelled_at > {{ moment_before }} and cancelled_at <= {{ as_of() }})
    union
    select orders.order_key
    from {{ ref('int_orders__versions') }} as orders
    inner join changed_rates
        on
            orders.order_date = changed_rates.rate_date
            and orders.currency = changed_rates.currency
    union
    select lines.order_key
    from {{ sibling('int_orders__lines') }} as lines
    inner join changed_products
        on
            lines.source = changed_products.source
            and lines.variant_id = changed_products.variant_id

{% endif %}
