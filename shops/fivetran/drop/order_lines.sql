-- shopify.order_line. All discounts, of codes and of lines, are in shopify.discount_allocation. Where prices include
-- tax, shopify.tax_line says at which rate.
with discounts as (

    select
        order_line_id,
        sum(cast(amount as decimal(18, 4))) as discount
    from read_parquet('{{ shop }}/tables/shopify/discount_allocation.parquet')
    group by order_line_id

),

rates as (

    select
        order_line_id,
        sum(cast(rate as decimal(18, 6))) as rate
    from read_parquet('{{ shop }}/tables/shopify/tax_line.parquet')
    group by order_line_id

),

lines as (

    select
        order_lines.*,
        orders.updated_at,
        coalesce(discounts.discount, 0) as discount,
        case when orders.taxes_included then 1 + coalesce(rates.rate, 0) else 1 end as tax_factor
    from read_parquet('{{ shop }}/tables/shopify/order_line.parquet') as order_lines
    inner join read_parquet('{{ shop }}/tables/shopify/order.parquet') as orders
        on order_lines.order_id = orders.id
    left join discounts
        on order_lines.id = discounts.order_line_id
    left join rates
        on order_lines.id = rates.order_line_id
    where not coalesce(orders._fivetran_deleted, false)

)

select
    order_id,
    id as line_id,
    quantity,
    cast(round(price / tax_factor, 4) as decimal(18, 4)) as unit_price,
    variant_id,
    sku,
    product_id,
    title as product_title,
    cast(round(discount / tax_factor, 4) as decimal(18, 4)) as line_discount,
    gift_card as is_gift_card,
    updated_at || 'Z' as updated_at
from lines
