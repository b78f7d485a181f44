{% set dimensions = retention_dimensions() %}
{% set quintiles = ["recency_quintile", "frequency_quintile", "monetary_quintile"] %}

with customers as (

    select
        {% for quintile in quintiles %}
            traits.{{ quintile }},
        {% endfor %}
        traits.rfm_segment,
        {% for dimension in dimensions %}
            customers.{{ dimension }},
        {% endfor %}
        count(*) as customers,
        sum(customers.valid_orders) as valid_orders,
        sum(customers.net_sales) as net_sales
    from {{ ref('int_lifetime__traits') }} as traits
    inner join {{ ref('int_retention__customers') }} as customers
        on traits.person_id = customers.person_id
    group by
        {% for quintile in quintiles %}
            traits.{{ quintile }},
        {% endfor %}
        {% for dimension in dimensions %}
            customers.{{ dimension }},
        {% endfor %}
        traits.rfm_segment

),

by_dimension as (

    {{
        rows_by_dimension(
            'customers', quintiles + ['rfm_segment', 'customers', 'valid_orders', 'net_sales'], dimensions
        )
    }}

)

select
    recency_quintile,
    frequency_quintile,
    monetary_quintile,
    rfm_segment as segment,
    dimension,
    dimension_value,
    cast(sum(customers) as bigint) as customers,
    cast(sum(valid_orders) as bigint) as valid_orders,
    {{ money('sum(net_sales)') }} as net_sales
from by_dimension
group by
    recency_quintile,
    frequency_quintile,
    monetary_quintile,
    rfm_segment,
    dimension,
    dimension_value
