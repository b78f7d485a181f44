-- What a year brings if more first buyers come back: the shop's own figures, and what follows from them for every
-- percentage point more. Lows are multiplied by lows and highs by highs, so that the range is rather too wide.
{% set z = 1.959963984540054 %}
{% set most_points = 30 %}

with customers as (

    select * from {{ ref('int_retention__customers') }}

),

spans as (

    {% for days in [30, 60, 90, 180, 365] %}
        select
            {{ days }} as horizon_days,
            count(*) as watched
        from customers
        where days_observed >= {{ days }}
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}

),

horizon as (

    -- A year from the first order, or as much of it as enough customers have been watched for.
    select max(horizon_days) as horizon_days
    from spans
    where watched >= {{ setting("what_if_fewest_customers") }}

),

newcomers as (

    select
        sum(case when days_observed < 365 then 1 else 0 end) as new_customers,
        least(365, max(days_observed) + 1) as days_covered
    from customers
    where days_observed >= 0

),

repeaters as (

    select
        customers.person_id,
        customers.first_day,
        customers.second_day,
        horizon.horizon_days
    from customers
    cross join horizon
    where
        customers.days_observed >= horizon.horizon_days
        and customers.days_to_second <= horizon.horizon_days

),

repeat_orders as (

    -- What those who came back bought from their second order day on.
    select
        repeaters.person_id,
        count(*) as orders,
        sum(case when orders.order_date > repeaters.second_day then 1 else 0 end) as later_orders,
        sum(orders.net_sales) as net_sales,
        sum(orders.gross_margin) as margin,
        sum(case when orders.gross_margin is null then 1 else 0 end) as orders_without_margin
    from repeaters
    inner join {{ ref('fct_orders') }} as orders
        on repeaters.person_id = orders.person_id
    where
        orders.is_valid
        and orders.order_date >= repeaters.second_day
        and orders.order_date <= repeaters.first_day + repeaters.horizon_days
    group by repeaters.person_id

),

sums as (

    -- Persons are what is drawn by chance: money by order is a ratio of their sums (Cochran, Sampling Techniques, 6.3).
    select
        cast(count(*) as double) as persons,
        cast(sum(orders) as double) as orders,
        cast(sum(later_orders) as double) as later_orders,
        cast(sum(later_orders * later_orders) as double) as later_squares,
        cast(sum(net_sales) as double) as net_sales,
        cast(sum(net_sales * net_sales) as double) as net_squares,
        cast(sum(orders * orders) as double) as order_squares,
        cast(sum(net_sales * orders) as double) as net_orders,
        cast(sum(margin) as double) as margin,
        cast(sum(margin * margin) as double) as margin_squares,
        cast(sum(margin * net_sales) as double) as margin_net,
        sum(orders_without_margin) as orders_without_margin
    from repeat_orders

),

means as (

    select
        *,
        later_orders / nullif(persons, 0) as later_orders_per_repeater,
        net_sales / nullif(orders, 0) as net_sales_per_order,
        case when orders_without_margin = 0 then margin / nullif(net_sales, 0) end as margin_share
    from sums

),

errors as (

    select
        *,
        sqrt(
            greatest(later_squares - persons * power(later_orders_per_repeater, 2), 0)
            / nullif(persons - 1, 0) / nullif(persons, 0)
        ) as later_error,
        sqrt(
            greatest(
                net_squares - 2 * net_sales_per_order * net_orders + power(net_sales_per_order, 2) * order_squares, 0
            )
            * persons / nullif(persons - 1, 0)
        ) / nullif(orders, 0) as net_sales_error,
        sqrt(
            greatest(margin_squares - 2 * margin_share * margin_net + power(margin_share, 2) * net_squares, 0)
            * persons / nullif(persons - 1, 0)
        ) / nullif(abs(net_sales), 0) as margin_error
    from means

),

inputs as (

    select
        horizon.horizon_days,
        errors.persons as repeaters,
        newcomers.new_customers,
        newcomers.days_covered,
        newcomers.new_customers * 365.0 / newcomers.days_covered as new_customers_a_year,
        curve.probability as repeat_rate,
        curve.low as repeat_rate_low,
        curve.high as repeat_rate_high,
        errors.later_orders_per_repeater,
        greatest(errors.later_orders_per_repeater - {{ z }} * errors.later_error, 0) as later_orders_per_repeater_low,
        errors.later_orders_per_repeater + {{ z }} * errors.later_error as later_orders_per_repeater_high,
        errors.net_sales_per_order,
        errors.net_sales_per_order - {{ z }} * errors.net_sales_error as net_sales_per_order_low,
        errors.net_sales_per_order + {{ z }} * errors.net_sales_error as net_sales_per_order_high,
        errors.margin_share,
        errors.margin_share - {{ z }} * errors.margin_error as margin_share_low,
        errors.margin_share + {{ z }} * errors.margin_error as margin_share_high
    from horizon
    inner join {{ ref('second_order_curve') }} as curve
        on horizon.horizon_days = curve.day
    cross join newcomers
    cross join errors
    where
        curve.dimension = 'all'
        and errors.persons >= {{ setting("what_if_fewest_repeaters") }}

),

steps as (

    select
        inputs.*,
        points.number as points_more,
        inputs.repeat_rate + points.number / 100.0 as repeat_rate_to,
        inputs.new_customers_a_year * points.number / 100.0 as more_repeaters
    from inputs
    cross join {{ whole_numbers(most_points) }} as points
    where inputs.repeat_rate + points.number / 100.0 <= 1

),

results as (

    select
        *,
        -- Whoever is won over may buy once and no more.
        more_repeaters as more_orders_low,
        more_repeaters * (1 + later_orders_per_repeater) as more_orders,
        more_repeaters * (1 + later_orders_per_repeater_high) as more_orders_high
    from steps

),

sales as (

    select
        *,
        {% for end in ["", "_low", "_high"] %}
            more_orders{{ end }} * net_sales_per_order{{ end }} as more_net_sales{{ end }}
            {% if not loop.last %},{% endif %}
        {% endfor %}
    from results

)

select
    points_more,
    horizon_days,
    cast(new_customers as bigint) as new_customers,
    cast(days_covered as integer) as days_covered,
    cast(new_customers_a_year as double) as new_customers_a_year,
    cast(repeaters as bigint) as repeaters,
    repeat_rate,
    repeat_rate_low,
    repeat_rate_high,
    later_orders_per_repeater,
    later_orders_per_repeater_low,
    later_orders_per_repeater_high,
    net_sales_per_order,
    net_sales_per_order_low,
    net_sales_per_order_high,
    margin_share,
    margin_share_low,
    margin_share_high,
    cast(repeat_rate_to as double) as repeat_rate_to,
    cast(more_repeaters as double) as more_repeaters,
    {% for figure in ["more_orders", "more_net_sales"] %}
        {% for end in ["", "_low", "_high"] %}
            cast({{ figure }}{{ end }} as double) as {{ figure }}{{ end }},
        {% endfor %}
    {% endfor %}
    {% for end in ["", "_low", "_high"] %}
        more_net_sales{{ end }} * margin_share{{ end }} as more_margin{{ end }}{% if not loop.last %},{% endif %}
    {% endfor %}
from sales
