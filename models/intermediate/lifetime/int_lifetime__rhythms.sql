-- How many days lie between the orders of those who come back, by the product type they began with: the median of their
-- own means, so that a few who order every week don't set the pace. Below 30 of them the whole shop's counts.
with own_rhythms as (

    select
        cast(round(cast(days_of_gaps as double) / gaps) as bigint) as own_days,
        coalesce(first_product_type, 'unknown') as first_product_type
    from {{ ref('int_lifetime__customers') }}
    where
        is_counted
        and gaps > 0

),

rhythm_counts as (

    select
        'product' as scope,
        first_product_type,
        own_days,
        count(*) as customers
    from own_rhythms
    group by
        first_product_type,
        own_days
    union all
    select
        'shop' as scope,
        'all' as first_product_type,
        own_days,
        count(*) as customers
    from own_rhythms
    group by own_days

),

medians as (

    {{ median_of_counts('rhythm_counts', ['scope', 'first_product_type'], 'own_days', 'customers') }}

),

product_types as (

    select distinct coalesce(first_product_type, 'unknown') as first_product_type
    from {{ ref('int_lifetime__customers') }}

)

select
    product_types.first_product_type,
    coalesce(products.items, 0) as customers,
    -- Where too few have come back yet, three rhythms make the churn window.
    coalesce(products.median, shop.median, {{ setting("churn_window_days") }} / 3.0) as rhythm_days
from product_types
left join medians as products
    on
        product_types.first_product_type = products.first_product_type
        and products.scope = 'product'
        and products.items >= 30
left join medians as shop
    on
        shop.scope = 'shop'
        and shop.items >= 30
