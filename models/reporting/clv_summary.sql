-- What a customer of a group is worth, four ways. None of them is about a single person, a cohort's value counts only
-- customers whose whole span has been seen, and the predicted one only those of whom something can be foretold.
{% set dimensions = retention_dimensions() %}
{% set horizons = [90, 180, 365] %}

with predictions as (

    select
        person_id,
        {{ money('net_sales') }} as predicted_clv
    from {{ ref('int_foresight__predictions') }}
    where period = 'now'

),

customers as (

    select
        {% for dimension in dimensions %}
            customers.{{ dimension }},
        {% endfor %}
        customers.days_observed,
        customers.valid_orders,
        customers.net_sales,
        customers.orders_last_year,
        case when customers.orders_last_year > 0 then 1 else 0 end as bought_last_year,
        case when customers.bought_year_before then 1 else 0 end as bought_year_before,
        {% for horizon in horizons %}
            case when customers.days_observed >= {{ horizon }} then 1 else 0 end as mature_{{ horizon }}d,
            case when customers.days_observed >= {{ horizon }} then customers.net_sales_first_{{ horizon }}d else 0 end
                as net_sales_first_{{ horizon }}d,
        {% endfor %}
        case when customers.bought_year_before and customers.orders_last_year = 0 then 1 else 0 end as churned,
        case when predictions.predicted_clv is not null then 1 else 0 end as foretold,
        coalesce(predictions.predicted_clv, 0) as predicted_clv
    from {{ ref('int_retention__customers') }} as customers
    left join predictions
        on customers.person_id = predictions.person_id

),

{% set measures = [
    "valid_orders", "net_sales", "orders_last_year", "bought_last_year", "bought_year_before", "churned",
    "foretold", "predicted_clv",
] %}
{% for horizon in horizons %}
    {% do measures.extend(["mature_" ~ horizon ~ "d", "net_sales_first_" ~ horizon ~ "d"]) %}
{% endfor %}

by_dimension as (

    {{ rows_by_dimension('customers', measures, dimensions) }}

),

totals as (

    select
        {% for measure in measures %}
            sum({{ measure }}) as {{ measure }},
        {% endfor %}
        dimension,
        dimension_value,
        count(*) as customers
    from by_dimension
    group by
        dimension,
        dimension_value

),

figures as (

    select
        totals.*,
        cast(totals.net_sales as double) / totals.valid_orders as order_value,
        cast(totals.orders_last_year as double) / nullif(totals.bought_last_year, 0) as orders_per_year,
        -- One over the yearly churn. Under two years of data the year before the last isn't whole.
        case
            when {{ days_between('history.history_starts_on', last_full_day()) }} >= 729
                then cast(totals.bought_year_before as double) / nullif(totals.churned, 0)
        end as lifespan_years
    from totals
    cross join {{ ref('int_retention__history') }} as history

)

select
    dimension,
    dimension_value,
    cast(customers as bigint) as customers,
    cast(valid_orders as bigint) as valid_orders,
    {{ money('order_value') }} as average_order_value,
    cast(bought_last_year as bigint) as customers_last_year,
    orders_per_year,
    cast(bought_year_before as bigint) as customers_year_before,
    cast(churned as bigint) as customers_churned,
    lifespan_years,
    {{ money('order_value * orders_per_year * lifespan_years') }} as simple_clv,
    {{ money('net_sales / customers') }} as historical_clv,
    {% for horizon in horizons %}
        cast(mature_{{ horizon }}d as bigint) as customers_matured_{{ horizon }}d,
        {{ money("net_sales_first_" ~ horizon ~ "d / nullif(mature_" ~ horizon ~ "d, 0)") }}
            as cohort_clv_{{ horizon }}d,
    {% endfor %}
    cast(foretold as bigint) as customers_foretold,
    {{ money('predicted_clv / nullif(foretold, 0)') }} as predicted_clv_365d
from figures
