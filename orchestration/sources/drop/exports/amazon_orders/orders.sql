-- No buyer but for a relay address at most: the sales count, and nobody is written to.
select
    min(_row_number) as _row_number,
    max(export_version) as export_version,
    amazon_order_id as order_id,
    max(purchase_date) as ordered_at,
    max(buyer_email) as email,
    max(currency) as currency,
    'amazon' as channel,
    case when bool_and(lower(order_status) = 'cancelled') then coalesce(max(last_updated_date), max(purchase_date)) end
        as cancelled_at,
    lower(max(order_status)) as financial_status,
    cast(sum(tax + shipping_tax_amount) as varchar) as tax,
    cast(sum(untaxed_shipping) as varchar) as shipping,
    max(ship_country) as ship_country,
    max(ship_state) as ship_region,
    max(last_updated_date) as updated_at
from prepared
group by amazon_order_id
