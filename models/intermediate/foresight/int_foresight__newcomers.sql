-- What was known of each buyer a week after the first order, and whether the year after it made the buyer one of the
-- top fifth.
-- A view: which part a buyer is of, and what the top fifth is, changes from day to day, and the rest doesn't.
{{ config(materialized='view') }}
{% set week_days = 7 %}
{% set year_days = 365 %}

with buyers as (

    select
        first_weeks.*,
        top_fifths.bound,
        top_fifths.bound_earlier,
        top_fifths.bound_later,
        case
            when {{ days_between('first_weeks.first_day', last_full_day()) }} < {{ year_days }} then 'newcomer'
            when first_weeks.first_day <= top_fifths.early_until then 'earlier'
            else 'later'
        end as part
    from {{ ref('int_foresight__first_weeks') }} as first_weeks
    cross join {{ ref('int_foresight__top_fifths') }} as top_fifths
    where {{ days_between('first_weeks.first_day', last_full_day()) }} >= {{ week_days }}

)

select
    person_id,
    first_day,
    part,
    first_order_value,
    value_step,
    discount_depth,
    subscribed,
    referral,
    acquisition_source,
    channel,
    market,
    product_type,
    engagement,
    second_order,
    case when part <> 'newcomer' then year_net_sales >= bound end as is_top,
    case part when 'earlier' then year_net_sales >= bound_earlier when 'later' then year_net_sales >= bound_later end
        as is_top_in_part
from buyers
