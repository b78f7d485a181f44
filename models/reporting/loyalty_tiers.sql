-- Members by the tier they ended each month in, from the moves between tiers: in at one month, out at a later one.
{% set dimensions = customer_dimensions() %}
{% set last_tier = sort_key([
    "occurred_at",
    "case when event_type = 'tier_changed' then 1 else 0 end",
    "loyalty_event_key",
]) %}

with months as (

    -- An event that names no tier leaves the member where he was. A member is one person's all the time.
    select
        member_id,
        person_id,
        {{ month_of('occurred_date') }} as month,
        max_by(tier, case when tier is not null then {{ last_tier }} end) as tier
    from {{ ref('fct_loyalty') }}
    group by
        member_id,
        person_id,
        {{ month_of('occurred_date') }}

),

month_ends as (

    select
        *,
        lag(month) over (partition by member_id order by month) as month_before
    from months

),

named as (

    select
        member_id,
        person_id,
        month,
        coalesce(tier, 'no tier') as tier
    from month_ends
    where tier is not null or month_before is null

),

moves as (

    select
        *,
        lag(tier) over (partition by member_id order by month) as tier_before
    from named

),

changes as (

    select
        person_id,
        month,
        tier,
        1 as members
    from moves
    where tier_before is null or tier_before <> tier
    union all
    select
        person_id,
        month,
        tier_before as tier,
        -1 as members
    from moves
    where tier_before <> tier

),

counted as (

    select
        changes.month,
        changes.tier,
        {% for dimension in dimensions %}
            coalesce(customers.{{ dimension }}, 'unknown') as {{ dimension }},
        {% endfor %}
        sum(changes.members) as members
    from changes
    left join {{ ref('int_voice__customers') }} as customers
        on changes.person_id = customers.person_id
    group by
        {% for dimension in dimensions %}
            coalesce(customers.{{ dimension }}, 'unknown'),
        {% endfor %}
        changes.month,
        changes.tier

),

totals as (

    {{ sums_by_dimension('counted', ['month', 'tier'], ['members'], dimensions) }}

),

starts as (

    select
        tier,
        dimension,
        dimension_value,
        min(month) as first_month
    from totals
    group by
        tier,
        dimension,
        dimension_value

),

grid as (

    -- Months in which nobody moved are rows too.
    select
        starts.tier,
        starts.dimension,
        starts.dimension_value,
        months.month
    from starts
    inner join (
        select months.month
        from (
            select
                min(first_month) as first_month,
                {{ month_of(local_date(as_of())) }} as last_month
            from starts
        ) as bounds
        cross join {{ calendar_months('bounds.first_month', 'bounds.last_month') }} as months
    ) as months
        on starts.first_month <= months.month

)

select
    grid.month,
    grid.tier,
    grid.dimension,
    grid.dimension_value,
    cast(
        sum(coalesce(totals.members, 0)) over (
            partition by grid.tier, grid.dimension, grid.dimension_value
            order by grid.month
            rows between unbounded preceding and current row
        ) as bigint
    ) as members
from grid
left join totals
    on
        grid.month = totals.month
        and grid.tier = totals.tier
        and grid.dimension = totals.dimension
        and grid.dimension_value = totals.dimension_value
