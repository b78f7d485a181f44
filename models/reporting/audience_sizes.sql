-- Past days as they were remembered, the present one as it is. How many a rule took then isn't kept: NULL.
with present as (

    select
        audience,
        count(*) as eligible,
        sum(case when excluded_for is null then 1 else 0 end) as members,
        sum(case when excluded_for is null and not was_member then 1 else 0 end) as entered
    from {{ ref('int_audiences__eligible') }}
    group by audience

),

entries as (

    select
        audience,
        person_id,
        entered_at,
        max(left_at) as left_at
    from {{ source('ops_audiences', 'audience_history') }}
    where coalesce(left_at, entered_at) < {{ as_of() }}
    group by
        audience,
        person_id,
        entered_at

),

runs as (

    -- The moment of each version so far, and of this one.
    select as_of
    from {{ source('ops_audiences', 'audience_runs') }}
    where as_of < {{ as_of() }}
    union
    select {{ as_of() }} as as_of

),

comings as (

    select
        audience,
        entered_at as as_of,
        count(*) as entered
    from entries
    group by
        audience,
        entered_at

),

goings as (

    select
        audience,
        left_at as as_of,
        count(*) as has_left
    from entries
    where left_at is not null
    group by
        audience,
        left_at

),

remembered as (

    select
        catalogue.key as audience,
        runs.as_of,
        coalesce(comings.entered, 0) as entered,
        coalesce(goings.has_left, 0) as has_left,
        sum(coalesce(comings.entered, 0) - coalesce(goings.has_left, 0)) over (
            partition by catalogue.key
            order by runs.as_of
        ) as members
    from {{ ref('audiences') }} as catalogue
    cross join runs
    left join comings
        on
            catalogue.key = comings.audience
            and runs.as_of = comings.as_of
    left join goings
        on
            catalogue.key = goings.audience
            and runs.as_of = goings.as_of

)

select
    remembered.audience,
    remembered.as_of,
    remembered.as_of = {{ as_of() }} as is_latest,
    catalogue.name_en,
    catalogue.name_zh,
    catalogue.why_en,
    catalogue.why_zh,
    catalogue.flow_class,
    case
        when not catalogue.is_message then 'list'
        when catalogue.is_service then 'service'
        else catalogue.kind
    end as kind,
    catalogue.priority,
    case when remembered.as_of = {{ as_of() }} then coalesce(present.eligible, 0) end as eligible,
    cast(
        case
            when remembered.as_of = {{ as_of() }} then coalesce(present.members, 0)
            else remembered.members
        end as bigint
    ) as members,
    cast(
        case
            when remembered.as_of = {{ as_of() }} then coalesce(present.entered, 0)
            else remembered.entered
        end as bigint
    ) as entered,
    -- Who was in it at the version before and isn't any more.
    cast(
        case
            when remembered.as_of = {{ as_of() }}
                then remembered.members + coalesce(present.entered, 0) - coalesce(present.members, 0)
            else remembered.has_left
        end as bigint
    ) as has_left
from remembered
inner join {{ ref('audiences') }} as catalogue
    on remembered.audience = catalogue.key
left join present
    on remembered.audience = present.audience
