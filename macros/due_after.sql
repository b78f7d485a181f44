{# A last order that is one in number of its person, while the next is due by its product: fast-moving goods early. #}
{% macro due_after(sequence, words) -%}
with paced as (

    select
        *,
        case
            when is_fast_moving then {{ audiences_setting("fast_moving_from_days") }}
            else {{ audiences_setting("durable_from_days") }}
        end as first_day,
        case
            when is_fast_moving then {{ audiences_setting("fast_moving_to_days") }}
            else {{ audiences_setting("next_order_last_day") }}
        end as last_day
    from {{ ref('int_audiences__orders') }}

)

select
    person_id,
    {{ day_start('order_date + first_day') }} as opens_at,
    {{ day_start('order_date + last_day + 1') }} as closes_at,
    case when is_fast_moving then 'fast-moving' else 'lasting' end
    || ' product bought on ' || cast(order_date as varchar)
    || ', {{ words }}' as reason,
    order_key,
    cast(null as varchar) as next_product_id,
    cast(null as date) as due_date
from paced
where
    is_last
    and order_sequence = {{ sequence }}
    and order_type <> 'subscription_renewal'
    and not has_open_return
{%- endmacro %}
