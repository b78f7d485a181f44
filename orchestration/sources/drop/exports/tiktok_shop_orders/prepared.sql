-- One row per SKU of an order. The line that explains the columns has no number for an order and is left out.
--
-- With AM or PM the month comes first, as in the United States; without, the day does, as everywhere else. What reads
-- as neither is handed on as it stands and refused with its own words.
with items as (

    select
        *,
        try_cast(quantity as decimal(18, 4)) as items,
        try_cast(regexp_replace(sku_unit_original_price, '[^0-9.-]', '', 'g') as decimal(18, 4)) as price,
        coalesce(abs(try_cast(regexp_replace(sku_seller_discount, '[^0-9.-]', '', 'g') as decimal(18, 4))), 0)
            as seller_discount,
        coalesce(try_cast(regexp_replace(shipping_fee_after_discount, '[^0-9.-]', '', 'g') as decimal(18, 4)), 0)
            as shipping,
        coalesce(try_cast(regexp_replace(taxes, '[^0-9.-]', '', 'g') as decimal(18, 4)), 0) as tax,
        coalesce(try_cast(regexp_replace(order_amount, '[^0-9.-]', '', 'g') as decimal(18, 4)), 0) as amount,
        coalesce(try_cast(regexp_replace(order_refund_amount, '[^0-9.-]', '', 'g') as decimal(18, 4)), 0) as refunded,
        row_number() over (partition by order_id order by _row_number) as item_number,
        row_number() over (partition by order_id, sku_id order by _row_number) as same_sku_number,
        md5(
            string_agg(_digest, '') over (
                partition by order_id order by _row_number
                rows between unbounded preceding and unbounded following
            )
        ) as export_version
    from export
    where not regexp_matches(order_id, '[a-zA-Z]{3}')

)

select
    *,
    sum(items * price - seller_discount) over (partition by order_id) as goods_value,
    coalesce(
        cast(
            coalesce(
                try_strptime(created_time, '%m/%d/%Y %I:%M:%S %p'),
                try_strptime(created_time, '%d/%m/%Y %H:%M:%S')
            ) as varchar
        ),
        created_time
    ) as ordered_at,
    coalesce(
        cast(
            coalesce(
                try_strptime(shipped_time, '%m/%d/%Y %I:%M:%S %p'),
                try_strptime(shipped_time, '%d/%m/%Y %H:%M:%S')
            ) as varchar
        ),
        shipped_time
    ) as shipped_at,
    coalesce(
        cast(
            coalesce(
                try_strptime(delivered_time, '%m/%d/%Y %I:%M:%S %p'),
                try_strptime(delivered_time, '%d/%m/%Y %H:%M:%S')
            ) as varchar
        ),
        delivered_time
    ) as delivered_at,
    coalesce(
        cast(
            coalesce(
                try_strptime(cancelled_time, '%m/%d/%Y %I:%M:%S %p'),
                try_strptime(cancelled_time, '%d/%m/%Y %H:%M:%S')
            ) as varchar
        ),
        cancelled_time
    ) as cancelled_at
from items
