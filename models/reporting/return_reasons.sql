with returns as (

    select
        source,
        reason,
        order_key,
        product_id,
        coalesce(product_type, 'unknown') as product_type,
        coalesce(quantity, 0) as quantity
    from {{ ref('fct_returns') }}

),

counted as (

    select
        source,
        product_type,
        reason,
        count(*) as returns,
        sum(quantity) as units,
        count(distinct order_key) as orders
    from returns
    group by
        source,
        product_type,
        reason

),

product_counts as (

    select
        source,
        product_type,
        reason,
        product_id,
        count(*) as returns
    from returns
    where product_id is not null
    group by
        source,
        product_type,
        reason,
        product_id

),

top_products as (

    select
        source,
        product_type,
        reason,
        count(*) as products,
        max(returns) as top_product_returns
    from product_counts
    group by
        source,
        product_type,
        reason

)

select
    counted.source,
    counted.product_type,
    counted.reason,
    cast(counted.returns as bigint) as returns,
    {{ money('counted.units') }} as units,
    cast(counted.orders as bigint) as orders,
    cast(
        row_number() over (
            partition by counted.source, counted.product_type
            order by counted.returns desc, counted.reason asc
        ) as integer
    ) as reason_rank,
    cast(counted.returns as double) / sum(counted.returns) over (
        partition by counted.source, counted.product_type
    ) as share_of_product_type,
    cast(coalesce(top_products.products, 0) as bigint) as products,
    cast(top_products.top_product_returns as double) / counted.returns as top_product_share
from counted
left join top_products
    on
        counted.source = top_products.source
        and counted.product_type = top_products.product_type
        and counted.reason = top_products.reason
