-- One row per line of a purchase order, of which a customer's order may have several. Item Cost is one unit's.
select
    *,
    coalesce(cast(cast(try_strptime(order_date, '%m/%d/%Y') as date) as varchar), order_date) as ordered_at,
    try_cast(regexp_replace(item_cost, '[^0-9.-]', '', 'g') as decimal(18, 4)) as price,
    coalesce(try_cast(regexp_replace(shipping_cost, '[^0-9.-]', '', 'g') as decimal(18, 4)), 0) as shipping,
    coalesce(try_cast(regexp_replace(tax, '[^0-9.-]', '', 'g') as decimal(18, 4)), 0) as tax_amount,
    coalesce(lower(status) in ('cancelled', 'canceled'), false) as is_cancelled,
    coalesce(bool_and(lower(status) in ('cancelled', 'canceled')) over (partition by "order"), false)
        as is_order_cancelled,
    row_number() over (partition by po, coalesce(line, sku) order by _row_number) as same_line_number,
    md5(
        string_agg(_digest, '') over (
            partition by "order" order by _row_number
            rows between unbounded preceding and unbounded following
        )
    ) as export_version
from export
