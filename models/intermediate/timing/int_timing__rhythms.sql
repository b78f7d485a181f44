-- Whether a product type moves fast or lasts: by what the shop says its goods are, else by the days between the orders
-- of those who began with it and came back.
{% set fast_days = 30 %}

with class_counts as (

    select
        category_class,
        coalesce(product_type, 'unknown') as product_type,
        count(*) as variants
    from {{ ref('int_products__current') }}
    where category_class is not null
    group by
        category_class,
        coalesce(product_type, 'unknown')

),

classes as (

    select
        product_type,
        category_class,
        row_number() over (
            partition by product_type
            order by variants desc, category_class asc
        ) as place
    from class_counts

)

select
    rhythms.first_product_type as product_type,
    classes.category_class,
    rhythms.customers,
    rhythms.rhythm_days,
    case
        when classes.category_class in ('consumable', 'functional', 'seasonal') then 'fast'
        when classes.category_class in ('durable', 'apparel', 'gift') then 'durable'
        when rhythms.rhythm_days < {{ fast_days }} then 'fast'
        else 'durable'
    end as rhythm
from {{ ref('int_lifetime__rhythms') }} as rhythms
left join classes
    on
        rhythms.first_product_type = classes.product_type
        and classes.place = 1
