-- shopify.order, with the codes of shopify.order_discount_code. Discounts lie on the lines (order_lines.sql).
with codes as (

    select
        order_id,
        string_agg(code, ';' order by code) as discount_codes
    from read_parquet('{{ shop }}/tables/shopify/order_discount_code*.parquet', union_by_name = true)
    group by order_id

)

select
    orders.id as order_id,
    orders.created_at || 'Z' as ordered_at,
    orders.customer_id,
    orders.email,
    customers.phone,
    customers.first_name,
    customers.last_name,
    orders.currency,
    case
        when orders.source_name ilike '%amazon%' then 'amazon'
        when orders.source_name ilike '%tiktok%' then 'tiktok_shop'
        when orders.source_name ilike '%walmart%' then 'walmart'
        when orders.source_name = 'pos' then 'pos'
    end as channel,
    codes.discount_codes,
    orders.cancelled_at || 'Z' as cancelled_at,
    orders.test as is_test,
    orders.financial_status,
    orders.total_tax as tax,
    orders.total_tip_received as tip,
    orders.shipping_address_country_code as ship_country,
    orders.shipping_address_province_code as ship_region,
    orders.updated_at || 'Z' as updated_at
from read_parquet('{{ shop }}/tables/shopify/order.parquet') as orders
left join read_parquet('{{ shop }}/tables/shopify/customer.parquet') as customers
    on orders.customer_id = customers.id
left join codes
    on orders.id = codes.order_id
where not coalesce(orders._fivetran_deleted, false)
