-- Where to start: classes of flow that answer what ails the shop, by the money at stake a year. Each factor is a
-- column: people × reachable × lift × net sales of an order.
{% set z = 1.959963984540054 + 0.8416212335729143 %}
{% set window = setting("lift_window_days") %}
{% set holdout = setting("holdout_share") %}

with year as (

    select
        {{ last_full_day() }} as last_day,
        {{ last_full_day() }} - 364 as first_day,
        greatest(1, least(365, {{ days_between('min(order_date)', last_full_day()) }} + 1)) as days_covered
    from {{ ref('fct_orders') }}
    where is_valid

),

orders as (

    select
        orders.order_key,
        orders.person_id,
        orders.is_repeat,
        orders.net_sales
    from {{ ref('fct_orders') }} as orders
    cross join year
    where
        orders.is_valid
        and orders.order_date between year.first_day and year.last_day

),

what_runs_out as (

    select distinct orders.person_id
    from orders
    inner join {{ ref('fct_order_lines') }} as order_lines
        on orders.order_key = order_lines.order_key
    inner join {{ ref('int_timing__replenishment') }} as replenishment
        on order_lines.variant_id = replenishment.variant_id
    where replenishment.days_per_unit is not null or replenishment.supply_days is not null

),

reviewers as (

    select distinct fct_reviews.reporting_person_id as person_id
    from {{ ref('fct_reviews') }} as fct_reviews
    cross join year
    where fct_reviews.created_date between year.first_day and year.last_day

),

buyers as (

    select
        customers.person_id,
        persons.is_reachable,
        persons.is_marketable,
        customers.first_day >= year.first_day as is_new,
        customers.first_day >= year.first_day
        and customers.days_observed >= 30
        and (customers.days_to_second is null or customers.days_to_second > 30) as is_new_without_second,
        customers.valid_orders > 1 as has_repeated,
        what_runs_out.person_id is not null as bought_what_runs_out,
        reviewers.person_id is null as has_not_reviewed
    from (select distinct person_id from orders) as bought
    inner join {{ ref('int_retention__customers') }} as customers
        on bought.person_id = customers.person_id
    inner join {{ ref('int_lifetime__persons') }} as persons
        on bought.person_id = persons.person_id
    cross join year
    left join what_runs_out
        on bought.person_id = what_runs_out.person_id
    left join reviewers
        on bought.person_id = reviewers.person_id

),

groups as (

    {% for people, condition in {
        "buyers": "true",
        "new_buyers": "is_new",
        "new_buyers_without_second_order": "is_new_without_second",
        "buyers_of_what_runs_out": "bought_what_runs_out",
        "buyers_without_review": "has_not_reviewed",
        "repeat_buyers": "has_repeated",
    }.items() %}
        select
            '{{ people }}' as people,
            count(*) as persons,
            sum(case when is_reachable then 1 else 0 end) as reachable_persons,
            sum(case when is_marketable then 1 else 0 end) as marketable_persons
        from buyers
        where {{ condition }}
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}

),

order_values as (

    -- What a flow brings is an order of somebody who had bought before, where there are enough to know its worth.
    select
        case
            when sum(case when is_repeat then 1 else 0 end) >= 30
                then sum(case when is_repeat then net_sales end) / sum(case when is_repeat then 1 else 0 end)
            else sum(net_sales) / nullif(count(*), 0)
        end as net_sales_per_order
    from orders

),

base as (

    select
        cast(sum(case when days_to_second <= {{ window }} then 1 else 0 end) as double)
        / nullif(count(*), 0) as base_order_rate
    from {{ ref('int_retention__customers') }}
    where days_observed >= {{ window }}

),

measured as (

    select
        flow_class,
        coalesce(cuped_difference, difference) as lift,
        coalesce(cuped_low, difference_low) as lift_low,
        coalesce(cuped_high, difference_high) as lift_high,
        row_number() over (
            partition by flow_class
            order by holdout_persons desc, experiment_key asc
        ) as place
    from {{ ref('flow_lift') }}
    where
        metric = 'order_rate'
        and is_causal
        and withheld_reason is null
        and flow_class is not null

),

running as (

    select
        performance.flow_class,
        sum(performance.sent) as sent
    from {{ ref('fct_flow_performance') }} as performance
    cross join year
    where performance.send_date between year.last_day - 89 and year.last_day
    group by performance.flow_class

),

answers as (

    select
        question,
        max(question_answer) as question_answer
    from {{ ref('diagnosis') }}
    group by question

),

factors as (

    select
        classes.flow_class,
        classes.question,
        answers.question_answer = 'yes' as is_indicated,
        coalesce(running.sent, 0) as sent_last_90d,
        classes.people,
        cast(round(groups.persons * 365.0 / year.days_covered) as bigint) as people_a_year,
        cast(
            case when classes.needs_consent then groups.marketable_persons else groups.reachable_persons end as double
        ) / nullif(groups.persons, 0) as reachable_share,
        case when measured.lift is null then 'assumed' else 'own_holdout' end as lift_basis,
        case when measured.lift is null then classes.lift_source end as lift_source,
        coalesce(measured.lift, (classes.lift_low + classes.lift_high) / 2) as lift,
        coalesce(measured.lift_low, classes.lift_low) as lift_low,
        coalesce(measured.lift_high, classes.lift_high) as lift_high,
        {{ money('order_values.net_sales_per_order') }} as net_sales_per_order,
        base.base_order_rate
    from {{ ref('diagnosis_flow_classes') }} as classes
    inner join groups
        on classes.people = groups.people
    inner join answers
        on classes.question = answers.question
    cross join year
    cross join order_values
    cross join base
    left join measured
        on
            classes.flow_class = measured.flow_class
            and measured.place = 1
    left join running
        on classes.flow_class = running.flow_class

),

stakes as (

    select
        *,
        people_a_year * reachable_share as reached_a_year,
        people_a_year * reachable_share * lift * cast(net_sales_per_order as double) as net_sales_at_stake,
        people_a_year * reachable_share * lift_low * cast(net_sales_per_order as double) as net_sales_at_stake_low,
        people_a_year * reachable_share * lift_high * cast(net_sales_per_order as double) as net_sales_at_stake_high,
        -- Persons in both arms together, to find this lift with 80 % power at 95 %. Less than one order in a thousand
        -- persons is more than anybody has.
        case
            when lift >= 0.001
                then ceil(
                    {{ z * z }} * base_order_rate * (1 - base_order_rate)
                    / nullif({{ holdout }} * (1 - {{ holdout }}) * lift * lift, 0)
                )
        end as needed_persons,
        case
            when lift >= 0.001
                then ceil({{ z * z * 4 }} * base_order_rate * (1 - base_order_rate) / (lift * lift))
        end as needed_persons_equal_arms
    from factors

),

ranked as (

    select
        *,
        row_number() over (
            order by
                case when net_sales_at_stake > 0 then 0 else 1 end asc,
                is_indicated desc,
                net_sales_at_stake desc nulls last,
                flow_class asc
        ) as start_order,
        row_number() over (order by net_sales_at_stake desc nulls last, flow_class asc) as money_rank,
        sum(case when is_indicated and net_sales_at_stake > 0 then 1 else 0 end) over () as indicated_classes
    from stakes

)

select
    flow_class,
    question,
    is_indicated,
    case
        when start_order <= least(3, greatest(2, indicated_classes)) and net_sales_at_stake > 0
            then cast(start_order as integer)
    end as start_rank,
    cast(money_rank as integer) as money_rank,
    cast(sent_last_90d as bigint) as sent_last_90d,
    people,
    people_a_year,
    reachable_share,
    lift_basis,
    lift_source,
    lift,
    lift_low,
    lift_high,
    net_sales_per_order,
    net_sales_at_stake,
    net_sales_at_stake_low,
    net_sales_at_stake_high,
    'order_rate' as measure,
    {{ window }} as measure_window_days,
    base_order_rate,
    cast({{ holdout }} as double) as holdout_share,
    cast(needed_persons as bigint) as needed_persons,
    cast(ceil(needed_persons * 365 / nullif(reached_a_year, 0)) + {{ window }} as bigint) as needed_days,
    cast(needed_persons_equal_arms as bigint) as needed_persons_equal_arms,
    cast(ceil(needed_persons_equal_arms * 365 / nullif(reached_a_year, 0)) + {{ window }} as bigint)
        as needed_days_equal_arms
from ranked
