{{ config(materialized='ephemeral') }}
-- Bought something of a season a year ago: the season comes again on the same day.
with seasonal as (

    select
        product_id,
        max(season) as season
    from {{ ref('int_products__current') }}
    where
        season is not null
        and product_id is not null
    group by product_id

),

bought as (

    -- Only anniversaries near by; a year is 365 days here, so that no day is missing in any.
    select
        orders.person_id,
        seasonal.season,
        max(orders.order_date) + 365 as anniversary
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('fct_order_lines') }} as lines
        on orders.order_key = lines.order_key
    inner join seasonal
        on lines.product_id = seasonal.product_id
    where
        orders.is_valid
        and orders.is_identified
        and orders.order_date
        between {{ local_date(as_of()) }} - 365 and {{ local_date(as_of()) }} - 365
        + {{ audiences_setting("season_from_days") }}
    group by
        orders.person_id,
        seasonal.season

)

select
    person_id,
    {{ day_start('anniversary - ' ~ audiences_setting("season_from_days")) }} as opens_at,
    {{ day_start('anniversary - ' ~ audiences_setting("season_to_days") ~ ' + 1') }} as closes_at,
    'bought for ' || season || ' on ' || cast(anniversary - 365 as varchar) as reason,
    cast(null as varchar) as order_key,
    cast(null as varchar) as next_product_id,
    anniversary as due_date
from bought
