{# A last order that is one in number of its person, while the next is due by its product: fast-moving goods early. #}
{% macro due_after(sequence, words) -%}
with variants as (

    select
        variant_id,
        max(category_class) as category_class
    from {{ ref('int_products__current') }}
    group by variant_id

),

sorted as (

    select
        orders.person_id,
        orders.order_key,
        orders.order_date,
        -- Where the shop doesn't say what its goods are, those who came back do.
        case
            when variants.category_class is null then coalesce(rhythms.rhythm = 'fast', false)
            else variants.category_class in (
                {%- for class in audiences_setting("fast_moving_classes") %}
                '{{ class }}',
                {%- endfor %}
                'fast_moving'
            )
        end as is_fast_moving
    from {{ ref('int_audiences__orders') }} as orders
    left join variants
        on orders.variant_id = variants.variant_id
    left join {{ ref('int_timing__rhythms') }} as rhythms
        on orders.order_product_type = rhythms.product_type
    where
        orders.is_last
        and orders.order_sequence = {{ sequence }}
        and orders.order_type <> 'subscription_renewal'
        and not orders.has_open_return

),

paced as (

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
    from sorted

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
    {{ is_near('order_date + first_day', 'order_date + last_day') }}
{%- endmacro %}
