-- The same customers sorted five ways, one grouping at a time: rows of different groupings overlap.
{% set dimensions = retention_dimensions() %}
{% set groupings = {
    "lifecycle_stage": "traits.lifecycle_stage",
    "tier": "traits.tier",
    "vip": "case when traits.is_vip then 'vip' else 'not_vip' end",
    "price_sensitivity": "case when traits.is_price_sensitive then 'price_sensitive' else 'not_price_sensitive' end",
    "first_order_day": "case when traits.is_promotion_buyer then 'big_promotion' else 'other_day' end",
} %}
{% set measures = ["net_sales", "mature_customers", "repeaters"] %}

with customers as (

    select
        {% for grouping, expression in groupings.items() %}
            {{ expression }} as {{ grouping }},
        {% endfor %}
        {% for dimension in dimensions %}
            customers.{{ dimension }},
        {% endfor %}
        customers.net_sales,
        case when customers.days_observed >= 90 then 1 else 0 end as mature_customers,
        case when customers.days_observed >= 90 and customers.days_to_second <= 90 then 1 else 0 end as repeaters
    from {{ ref('int_lifetime__traits') }} as traits
    inner join {{ ref('int_retention__customers') }} as customers
        on traits.person_id = customers.person_id

),

counted as (

    -- Once for all groupings: persons are many, their combinations few.
    select
        {% for grouping in groupings %}
            {{ grouping }},
        {% endfor %}
        {% for dimension in dimensions %}
            {{ dimension }},
        {% endfor %}
        {% for measure in measures %}
            sum({{ measure }}) as {{ measure }},
        {% endfor %}
        count(*) as customers
    from customers
    group by
        {{ groupings | join(",\n        ") }},
        {{ dimensions | join(",\n        ") }}

),

by_dimension as (

    {{ rows_by_dimension('counted', (groupings | list) + measures + ['customers'], dimensions) }}

),

by_grouping as (

    {% for grouping in groupings %}
        select
            '{{ grouping }}' as customer_grouping,
            {{ grouping }} as customer_group,
            dimension,
            dimension_value,
            {% for measure in measures %}
                {{ measure }},
            {% endfor %}
            customers
        from by_dimension
        {{ "union all" if not loop.last }}
    {% endfor %}

),

totals as (

    select
        customer_grouping,
        customer_group,
        dimension,
        dimension_value,
        {% for measure in measures %}
            sum({{ measure }}) as {{ measure }},
        {% endfor %}
        sum(customers) as customers
    from by_grouping
    group by
        customer_grouping,
        customer_group,
        dimension,
        dimension_value

)

select
    customer_grouping,
    customer_group,
    dimension,
    dimension_value,
    cast(customers as bigint) as customers,
    cast(customers as double) / sum(customers) over (partition by customer_grouping, dimension, dimension_value)
        as share_of_customers,
    {{ money('net_sales') }} as net_sales,
    {{ money('net_sales / customers') }} as net_sales_per_customer,
    cast(mature_customers as bigint) as mature_customers_90d,
    cast(repeaters as bigint) as repeaters_90d,
    cast(repeaters as double) / nullif(mature_customers, 0) as repeat_rate_90d
from totals
