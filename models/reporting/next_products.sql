-- The five best next products of each product. One that nobody can buy now is never recommended; one that comes no more
-- often than anyway isn't either. All pairs, which can be as many as products squared, stay in the intermediate model.
with products as (

    select
        product_id,
        max(product_title) as product_title,
        bool_or(coalesce(in_stock, true)) as is_in_stock
    from {{ ref('int_products__current') }}
    where product_id is not null
    group by product_id

),

named as (

    select
        pairs.*,
        bought.product_title,
        recommended.product_title as next_product_title,
        coalesce(recommended.is_in_stock, true) as is_in_stock
    from {{ ref('int_timing__next_products') }} as pairs
    left join products as bought
        on pairs.product_id = bought.product_id
    left join products as recommended
        on pairs.next_product_id = recommended.product_id

),

ranked as (

    select
        *,
        row_number() over (
            partition by product_id
            order by next_share_low desc, next_orders desc, next_product_id asc
        ) as recommended_rank
    from named
    where is_in_stock and next_share_low > base_share

)

select
    product_id,
    product_title,
    next_product_id,
    next_product_title,
    orders_followed,
    next_orders,
    next_share,
    next_share_low,
    base_share,
    lift,
    is_in_stock,
    recommended_rank
from ranked
where recommended_rank <= 5
