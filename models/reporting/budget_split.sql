-- Spend by stage, against the advice that a fifth to three tenths of it belong to the time after the purchase.
{% set stages = ["acquisition", "post_purchase"] %}

with months as (

    select
        month,
        {% for stage in stages %}
            sum(case when stage = '{{ stage }}' then amount else 0 end) as {{ stage }},
        {% endfor %}
        sum(case when amount is null then 1 else 0 end) as rows_without_rate
    from {{ ref('fct_marketing_spend') }}
    group by month

),

periods as (

    {{ sums_by_period('months', [], stages + ['rows_without_rate']) }}

),

by_stage as (

    {% for stage in stages %}
        select
            period,
            month,
            '{{ stage }}' as stage,
            {{ stage }} as spend,
            {{ stages | join(" + ") }} as total_spend,
            rows_without_rate
        from periods
        {{ "union all" if not loop.last }}
    {% endfor %}

),

advice as (

    select
        'post_purchase' as stage,
        min(value_low) as advice_low,
        max(value_high) as advice_high
    from {{ ref('benchmark_values') }}
    where benchmark_key = 'budget_share_post_purchase_advice'

),

shares as (

    -- With an amount that couldn't be converted neither the stage's spend nor its share is known.
    select
        by_stage.period,
        by_stage.month,
        by_stage.stage,
        by_stage.rows_without_rate,
        advice.advice_low,
        advice.advice_high,
        case when by_stage.rows_without_rate = 0 then by_stage.spend end as spend,
        case when by_stage.rows_without_rate = 0 then by_stage.total_spend end as total_spend,
        case
            when by_stage.rows_without_rate = 0 and by_stage.total_spend > 0
                then cast(by_stage.spend as double) / cast(by_stage.total_spend as double)
        end as share_of_spend
    from by_stage
    left join advice
        on by_stage.stage = advice.stage

)

select
    period,
    month,
    stage,
    {{ money('spend') }} as spend,
    {{ money('total_spend') }} as total_spend,
    share_of_spend,
    cast(advice_low as double) as advice_low,
    cast(advice_high as double) as advice_high,
    case
        when share_of_spend < advice_low then 'below'
        when share_of_spend > advice_high then 'above'
        when share_of_spend >= advice_low then 'within'
    end as against_advice,
    cast(rows_without_rate as bigint) as rows_without_rate
from shares
