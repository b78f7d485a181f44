-- Months, and all of them together as period 'all', since intervals don't add up.
{% set dimensions = customer_dimensions() %}
{% set measures = [
    "responses",
    "scored_responses",
    "score_sum",
    "promoters",
    "passives",
    "detractors",
    "satisfied",
] %}

with answers as (

    select
        {{ month_of('surveys.submitted_date') }} as month,
        surveys.survey_type,
        surveys.score,
        surveys.answer,
        {% for dimension in dimensions %}
            coalesce(customers.{{ dimension }}, 'unknown') as {{ dimension }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('fct_surveys') }} as surveys
    left join {{ ref('int_voice__customers') }} as customers
        on surveys.reporting_person_id = customers.person_id

),

counted as (

    select
        month,
        survey_type,
        {{ dimensions | join(",\n        ") }},
        count(*) as responses,
        count(score) as scored_responses,
        sum(score) as score_sum,
        sum(case when answer = 'promoter' then 1 else 0 end) as promoters,
        sum(case when answer = 'passive' then 1 else 0 end) as passives,
        sum(case when answer = 'detractor' then 1 else 0 end) as detractors,
        sum(case when answer = 'satisfied' then 1 else 0 end) as satisfied
    from answers
    group by
        month,
        survey_type,
        {{ dimensions | join(",\n        ") }}

),

by_dimension as (

    {{ sums_by_dimension('counted', ['month', 'survey_type'], measures, dimensions) }}

),

totals as (

    {{ sums_by_period('by_dimension', ['survey_type', 'dimension', 'dimension_value'], measures) }}

),

scored as (

    -- An answer counts 1, 0 or -1: of such a multinomial the variance is p + d - (p - d)².
    select
        *,
        case
            when survey_type = 'nps'
                then cast(promoters - detractors as double) / nullif(scored_responses, 0)
        end as balance,
        case
            when survey_type = 'nps'
                then cast(promoters + detractors as double) / nullif(scored_responses, 0)
        end as decided,
        case when survey_type = 'csat' then satisfied end as csat_satisfied,
        case when survey_type = 'csat' then scored_responses end as csat_responses
    from totals

),

spread as (

    select
        *,
        -- Where all said the same the formula gives no width at all, which would be a claim: no interval then.
        case
            when decided - balance * balance > 0
                then 1.959963984540054 * sqrt((decided - balance * balance) / scored_responses)
        end as half_width
    from scored

)

select
    period,
    month,
    survey_type,
    dimension,
    dimension_value,
    cast(responses as bigint) as responses,
    cast(scored_responses as bigint) as scored_responses,
    cast(score_sum as double) / nullif(scored_responses, 0) as mean_score,
    case when survey_type = 'nps' then cast(promoters as bigint) end as promoters,
    case when survey_type = 'nps' then cast(passives as bigint) end as passives,
    case when survey_type = 'nps' then cast(detractors as bigint) end as detractors,
    100 * balance as nps,
    case when half_width is not null then greatest(cast(-100 as double), 100 * (balance - half_width)) end as nps_low,
    case when half_width is not null then least(cast(100 as double), 100 * (balance + half_width)) end as nps_high,
    cast(csat_satisfied as bigint) as satisfied,
    cast(csat_satisfied as double) / nullif(csat_responses, 0) as csat,
    {{ wilson_bound('csat_satisfied', 'csat_responses', 'low') }} as csat_low,
    {{ wilson_bound('csat_satisfied', 'csat_responses', 'high') }} as csat_high
from spread
