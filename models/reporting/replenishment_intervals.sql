with titles as (

    select
        variant_id,
        max(product_title) as product_title,
        max(category_class) as category_class
    from {{ ref('int_products__current') }}
    group by variant_id

)

select
    replenishment.variant_id,
    titles.product_title,
    replenishment.product_type,
    titles.category_class,
    replenishment.purchases,
    replenishment.intervals,
    cast(replenishment.own_days as integer) as median_days,
    cast(replenishment.days_per_unit as double) as days_per_unit,
    cast(replenishment.supply_days as integer) as supply_days
from {{ ref('int_timing__replenishment') }} as replenishment
left join titles
    on replenishment.variant_id = titles.variant_id
