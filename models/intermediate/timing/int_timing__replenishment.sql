-- How many days one unit of a variant lasts: the median of the days between two purchases divided by the quantity of
-- the first, the last open interval censored (Kaplan and Meier). Below 30 intervals it leans towards its product type's
-- median, and without one towards what the shop says of its supply.
{% set enough = 30 %}

with intervals as (

    select
        variant_id,
        product_type,
        quantity,
        next_date is not null as is_over,
        {{ days_between('order_date', 'coalesce(next_date, ' ~ last_full_day() ~ ')') }} as days_waited
    from {{ ref('int_timing__variant_purchases') }}
    where not is_subscribed

),

waits as (

    select
        variant_id,
        product_type,
        is_over,
        cast(round(days_waited / cast(quantity as double)) as integer) as unit_days
    from intervals

),

counted as (

    select
        'variant' as scope,
        variant_id as scope_value,
        unit_days,
        sum(case when is_over then 1 else 0 end) as ended,
        sum(case when is_over then 0 else 1 end) as still_open
    from waits
    group by
        variant_id,
        unit_days
    union all
    select
        'product type' as scope,
        product_type as scope_value,
        unit_days,
        sum(case when is_over then 1 else 0 end) as ended,
        sum(case when is_over then 0 else 1 end) as still_open
    from waits
    group by
        product_type,
        unit_days

),

medians as (

    {{ kaplan_meier_median('counted', ['scope', 'scope_value'], 'unit_days', 'ended', 'still_open') }}

),

variants as (

    select
        variant_id,
        max(product_type) as product_type,
        count(*) as purchases
    from waits
    group by variant_id

),

supplies as (

    select
        variant_id,
        max(supply_days) as supply_days
    from {{ ref('int_products__current') }}
    group by variant_id

),

joined as (

    select
        variants.variant_id,
        variants.product_type,
        variants.purchases,
        own.ended as intervals,
        own.median as own_days,
        supplies.supply_days,
        coalesce(of_type.median, supplies.supply_days) as prior_days,
        least(own.ended, {{ enough }}) / cast({{ enough }} as double) as own_share
    from variants
    left join medians as own
        on
            own.scope = 'variant'
            and variants.variant_id = own.scope_value
    left join medians as of_type
        on
            of_type.scope = 'product type'
            and variants.product_type = of_type.scope_value
            and of_type.ended >= {{ enough }}
    left join supplies
        on variants.variant_id = supplies.variant_id

)

select
    variant_id,
    product_type,
    purchases,
    intervals,
    own_days,
    prior_days,
    supply_days,
    case
        when own_days is null then prior_days
        when intervals >= {{ enough }} then own_days
        when prior_days is not null then own_share * own_days + (1 - own_share) * prior_days
    end as days_per_unit
from joined
