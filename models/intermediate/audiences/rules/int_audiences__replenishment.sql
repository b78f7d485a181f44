{{ config(materialized='ephemeral') }}
-- Before what was bought last runs out, by the variant's own pace and the quantity kept. Subscribers get it anyway.
with supplies as (

    select
        purchases.person_id,
        purchases.variant_id,
        purchases.order_date,
        purchases.order_date + cast(round(purchases.quantity * paces.days_per_unit) as integer) as runs_out_on
    from {{ ref('int_timing__variant_purchases') }} as purchases
    inner join {{ ref('int_timing__replenishment') }} as paces
        on purchases.variant_id = paces.variant_id
    where
        purchases.next_date is null
        and not purchases.is_subscribed
        and paces.days_per_unit is not null

),

variants as (

    -- A lasting product isn't used up, whatever its buyers' rhythm.
    select
        variant_id,
        max(product_id) as product_id,
        max(product_title) as product_title
    from {{ ref('int_products__current') }}
    group by variant_id
    having
        bool_or(coalesce(in_stock, true))
        and not bool_or(coalesce(category_class in ('durable', 'apparel', 'gift'), false))

)

select
    supplies.person_id,
    {{ day_start('supplies.runs_out_on - ' ~ audiences_setting("replenishment_from_days")) }} as opens_at,
    {{ day_start('supplies.runs_out_on - ' ~ audiences_setting("replenishment_to_days") ~ ' + 1') }} as closes_at,
    variants.product_title || ' of ' || cast(supplies.order_date as varchar) || ' runs out on '
    || cast(supplies.runs_out_on as varchar) as reason,
    cast(null as varchar) as order_key,
    variants.product_id as next_product_id,
    supplies.runs_out_on as due_date
from supplies
inner join variants
    on supplies.variant_id = variants.variant_id
-- What runs out before the window could open was never meant to last that long.
where
    supplies.runs_out_on - {{ audiences_setting("replenishment_from_days") }} > supplies.order_date
    and {{ is_near(
        'supplies.runs_out_on - ' ~ audiences_setting("replenishment_from_days"),
        'supplies.runs_out_on - ' ~ audiences_setting("replenishment_to_days")
    ) }}
