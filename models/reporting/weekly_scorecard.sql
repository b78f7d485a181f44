-- The last four whole weeks (Monday to Sunday) against the four before them, so that a change is never one of weekdays.
-- What needs time to be known is asked of those for whom it came to be known in those weeks: a 90-day figure is about
-- first buyers whose 90th day lies in them.
-- A shop of which no referral code was ever delivered hasn't a rate of nought: it isn't known.
{% set has_codes = "exists (select 1 from " ~ ref("fct_referrals") ~ ")" %}
{% set figures = [
    ("net_sales", "money", "net_sales", "null", "sales", none),
    (
        "returning_share", "share_of_sales", "returning_net_sales", "identified_net_sales", "sales",
        "returning_net_sales >= 0 and identified_net_sales > 0",
    ),
    ("repeat_rate_90d", "share", "repeaters", "customers", "watched", none),
    ("lifetime_repeat_share", "share_so_far", "twice", "customers", "ever", none),
    ("clv_90d", "money_each", "net_sales", "customers", "watched", none),
    ("referral_rate_orders", "share", "referred", "orders", "bought", has_codes),
    ("flow_click_rate", "share", "clicked", "delivered", "flows", "delivered > 0"),
    ("flow_net_sales", "money", "net_sales", "null", "flows", "delivered > 0"),
] %}

with spans as (

    select
        'current' as span,
        cast(date_trunc('week', {{ last_full_day() }} + 1) as date) - 28 as first_day,
        cast(date_trunc('week', {{ last_full_day() }} + 1) as date) - 1 as last_day
    union all
    select
        'previous' as span,
        cast(date_trunc('week', {{ last_full_day() }} + 1) as date) - 56 as first_day,
        cast(date_trunc('week', {{ last_full_day() }} + 1) as date) - 29 as last_day

),

-- A span that begins before the history does is only partly known: nothing is compared with it.
known_spans as (

    select
        spans.span,
        spans.first_day,
        spans.last_day
    from spans
    inner join {{ ref('int_retention__history') }} as history
        on spans.first_day >= history.history_starts_on

),

sales as (

    select
        spans.span,
        sum(movements.gross_sales - movements.discounts - movements.refunds) as net_sales,
        sum(
            case
                when movements.customer_type = 'returning'
                    then movements.gross_sales - movements.discounts - movements.refunds
                else 0
            end
        ) as returning_net_sales,
        sum(
            case
                when movements.customer_type <> 'unidentified'
                    then movements.gross_sales - movements.discounts - movements.refunds
                else 0
            end
        ) as identified_net_sales
    from known_spans as spans
    inner join {{ ref('int_orders__movements') }} as movements
        on movements.day between spans.first_day and spans.last_day
    group by spans.span

),

watched as (

    select
        spans.span,
        count(*) as customers,
        sum(case when customers.days_to_second <= 90 then 1 else 0 end) as repeaters,
        sum(customers.net_sales_first_90d) as net_sales
    from known_spans as spans
    inner join {{ ref('int_retention__customers') }} as customers
        on customers.first_day + 90 between spans.first_day and spans.last_day
    group by spans.span

),

ever as (

    select
        spans.span,
        count(*) as customers,
        sum(case when second_orders.order_date <= spans.last_day then 1 else 0 end) as twice
    from known_spans as spans
    inner join {{ ref('int_retention__customers') }} as customers
        on spans.last_day >= customers.first_day
    left join {{ ref('fct_orders') }} as second_orders
        on
            customers.person_id = second_orders.person_id
            and second_orders.is_valid
            and second_orders.order_sequence = 2
    group by spans.span

),

bought as (

    select
        spans.span,
        count(*) as orders,
        sum(case when orders.is_referred then 1 else 0 end) as referred
    from known_spans as spans
    inner join {{ ref('fct_orders') }} as orders
        on orders.order_date between spans.first_day and spans.last_day
    where orders.is_valid
    group by spans.span

),

flows as (

    select
        spans.span,
        sum(sends.delivered) as delivered,
        sum(sends.clicked_human) as clicked,
        sum(sends.attributed_net_sales) as net_sales
    from known_spans as spans
    inner join {{ ref('fct_flow_performance') }} as sends
        on sends.send_date between spans.first_day and spans.last_day
    where sends.flow_class <> 'campaign'
    group by spans.span

),

figures as (

    {% for figure, unit, numerator, denominator, part, condition in figures %}
        select
            {{ loop.index }} as sort_order,
            '{{ figure }}' as figure,
            '{{ unit }}' as unit,
            span,
            cast({{ numerator }} as double) as numerator,
            cast({{ denominator }} as double) as denominator
        from {{ part }}
        {{ "where " ~ condition if condition }}
        {{ "union all" if not loop.last }}
    {% endfor %}

),

valued as (

    select
        *,
        case when unit = 'money' then numerator else numerator / nullif(denominator, 0) end as value,
        case when unit = 'share' then {{ wilson_bound('numerator', 'denominator', 'low') }} end as low,
        case when unit = 'share' then {{ wilson_bound('numerator', 'denominator', 'high') }} end as high
    from figures

),

benchmarks as (

    select
        figure_key,
        min(value_low) as benchmark_low,
        max(value_high) as benchmark_high
    from {{ ref('benchmark_values') }}
    where figure_key is not null
    group by figure_key

)

select
    latest.sort_order,
    latest.figure,
    latest.unit,
    latest.value,
    latest.numerator,
    latest.denominator,
    earlier.value as previous_value,
    earlier.numerator as previous_numerator,
    earlier.denominator as previous_denominator,
    benchmarks.benchmark_low,
    benchmarks.benchmark_high,
    current_span.first_day,
    current_span.last_day,
    previous_span.first_day as previous_first_day,
    previous_span.last_day as previous_last_day,
    latest.value - earlier.value as difference,
    -- Newcombe's hybrid score interval of a difference of two shares (Statistics in Medicine 17, 1998, method 10).
    latest.value - earlier.value
    - sqrt(power(latest.value - latest.low, 2) + power(earlier.high - earlier.value, 2)) as difference_low,
    latest.value - earlier.value
    + sqrt(power(latest.high - latest.value, 2) + power(earlier.value - earlier.low, 2)) as difference_high
from valued as latest
inner join spans as current_span
    on latest.span = current_span.span
inner join spans as previous_span
    on previous_span.span = 'previous'
left join valued as earlier
    on
        latest.figure = earlier.figure
        and earlier.span = 'previous'
left join benchmarks
    on latest.figure = benchmarks.figure_key
where latest.span = 'current'
