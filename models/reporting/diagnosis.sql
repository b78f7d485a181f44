-- Four questions put to the last year, each answered by shares with an interval; nothing is answered from few cases.
{% set thresholds = setting("diagnosis_thresholds") %}

with year as (

    select
        {{ last_full_day() }} as last_day,
        {{ last_full_day() }} - 364 as first_day

),

returns as (

    select
        returns.reason,
        returns.source || ':' || returns.product_id as product_key
    from {{ ref('fct_returns') }} as returns
    cross join year
    where returns.requested_date between year.first_day and year.last_day

),

reasons as (

    select
        count(*) as returns,
        sum(count(*)) over () as all_returns
    from returns
    where lower(reason) not in ('not stated', 'other', 'unknown')
    group by reason

),

by_reason as (

    select
        'returns_by_reason' as signal_key,
        max(returns) as hits,
        max(all_returns) as cases
    from reasons

),

sold as (

    select
        order_lines.source || ':' || order_lines.product_id as product_key,
        count(*) as lines_sold,
        sum(count(*)) over () as all_lines_sold
    from {{ ref('fct_order_lines') }} as order_lines
    inner join {{ ref('fct_orders') }} as orders
        on order_lines.order_key = orders.order_key
    cross join year
    where
        orders.is_valid
        and order_lines.product_id is not null
        and not order_lines.is_gift_card
        and orders.order_date between year.first_day and year.last_day
    group by order_lines.source || ':' || order_lines.product_id

),

returned_products as (

    select
        product_key,
        count(*) as returns,
        sum(count(*)) over () as all_returns
    from returns
    where product_key is not null
    group by product_key

),

by_product as (

    -- A product sold twice as much is returned twice as much: only what is returned beyond that is a concentration.
    select
        'returns_by_product' as signal_key,
        sum(
            case
                when
                    returned_products.returns * sold.all_lines_sold
                    >= 2 * returned_products.all_returns * coalesce(sold.lines_sold, 0)
                    and sold.lines_sold is not null
                    then returned_products.returns
                else 0
            end
        ) as hits,
        max(returned_products.all_returns) as cases
    from returned_products
    left join sold
        on returned_products.product_key = sold.product_key

),

deliveries as (

    select count(first_delivered_date) > 0 as are_known
    from {{ ref('int_voice__deliveries') }}

),

arrivals as (

    -- Those of the days that are asked about below.
    select
        orders.order_key,
        orders.person_id,
        order_deliveries.first_delivered_date as arrived_on
    from {{ ref('int_voice__deliveries') }} as order_deliveries
    inner join {{ ref('fct_orders') }} as orders
        on order_deliveries.order_key = orders.order_key
    cross join year
    where
        orders.is_valid
        and order_deliveries.first_delivered_date between year.first_day - 30 and year.last_day - 14
    union all
    -- A shop that tells no deliveries is taken to need a few days for each.
    select
        orders.order_key,
        orders.person_id,
        orders.order_date + {{ setting("diagnosis_transit_days") }} as arrived_on
    from {{ ref('fct_orders') }} as orders
    cross join deliveries
    where
        orders.is_valid
        and not deliveries.are_known

),

questions as (

    select
        order_key,
        reporting_person_id as person_id,
        created_date,
        topic
    from {{ ref('fct_tickets') }}

),

asked as (

    select distinct arrivals.order_key
    from arrivals
    inner join questions
        on
            arrivals.person_id = questions.person_id
            and arrivals.order_key = coalesce(questions.order_key, arrivals.order_key)
            and questions.created_date between arrivals.arrived_on + 7 and arrivals.arrived_on + 14
    where questions.topic = 'how_to_use'

),

first_question as (

    select min(created_date) as first_day
    from questions

),

by_question as (

    -- Before the first ticket nothing is known of tickets.
    select
        'use_questions' as signal_key,
        count(asked.order_key) as hits,
        count(*) as cases
    from arrivals
    cross join year
    inner join first_question
        on arrivals.arrived_on >= first_question.first_day
    left join asked
        on arrivals.order_key = asked.order_key
    where arrivals.arrived_on between year.first_day - 14 and year.last_day - 14

),

by_second_order as (

    -- Of those who hadn't come back by day 30 and were watched to day 60.
    select
        'second_order_31_60' as signal_key,
        sum(case when days_to_second <= 60 then 1 else 0 end) as hits,
        count(*) as cases
    from {{ ref('int_retention__customers') }}
    where
        days_observed between 60 and 424
        and (days_to_second is null or days_to_second > 30)

),

reviewed as (

    select distinct order_key
    from {{ ref('fct_reviews') }}
    where order_key is not null

),

first_review as (

    select min(created_date) as first_day
    from {{ ref('fct_reviews') }}

),

by_review as (

    select
        'reviewed_orders' as signal_key,
        count(reviewed.order_key) as hits,
        count(*) as cases
    from arrivals
    cross join year
    inner join first_review
        on arrivals.arrived_on >= first_review.first_day
    left join reviewed
        on arrivals.order_key = reviewed.order_key
    where arrivals.arrived_on between year.first_day - 30 and year.last_day - 30

),

counts as (

    {% for part in ["by_reason", "by_product", "by_question", "by_second_order", "by_review"] %}
        select
            signal_key,
            cast(coalesce(hits, 0) as bigint) as hits,
            cast(coalesce(cases, 0) as bigint) as cases
        from {{ part }}
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}

),

shares as (

    select
        signals.question_number,
        signals.question,
        signals.signal_key,
        signals.ails_above,
        signals.threshold_source,
        signals.evidence_table,
        signals.fewest,
        counts.hits,
        counts.cases,
        {% if thresholds %}
            case
                {% for key in thresholds %}
                    when signals.signal_key = '{{ key }}' then cast({{ thresholds[key] or 0 }} as double)
                {% endfor %}
                else signals.threshold
            end as threshold,
        {% else %}
            signals.threshold,
        {% endif %}
        cast(counts.hits as double) / nullif(counts.cases, 0) as share_of_cases,
        {{ wilson_bound('counts.hits', 'counts.cases', 'low') }} as share_low,
        {{ wilson_bound('counts.hits', 'counts.cases', 'high') }} as share_high
    from {{ ref('diagnosis_signals') }} as signals
    inner join counts
        on signals.signal_key = counts.signal_key

),

answers as (

    select
        *,
        case
            when cases < fewest then 'unknown'
            when ails_above and share_of_cases >= threshold then 'yes'
            when not ails_above and share_of_cases < threshold then 'yes'
            else 'no'
        end as answer,
        case
            when cases < fewest then 'none'
            when share_low > threshold or share_high < threshold then 'high'
            else 'low'
        end as confidence
    from shares

)

select
    question_number,
    question,
    signal_key,
    hits,
    cases as sample_size,
    share_of_cases,
    share_low,
    share_high,
    threshold,
    threshold_source,
    answer,
    confidence,
    fewest as fewest_cases,
    evidence_table,
    case when ails_above then 'at_least' else 'below' end as ails_when,
    case when cases = 0 then 'nothing_delivered' when cases < fewest then 'too_few' end as unknown_reason,
    case
        when max(case when answer = 'yes' then 1 else 0 end) over (partition by question) = 1 then 'yes'
        when max(case when answer = 'no' then 1 else 0 end) over (partition by question) = 1 then 'no'
        else 'unknown'
    end as question_answer
from answers
