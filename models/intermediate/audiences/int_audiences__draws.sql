{{ config(materialized='ephemeral') }}
-- Whose draw decides a person's arms, and since when: its own, or where persons were joined that of the one first seen.
with known as (

    select
        persons.person_id as drawn_as,
        min(persons.assigned_at) as assigned_at
    from {{ source('ops_audiences', 'holdout_persons') }} as persons
    -- What was remembered at this very moment is what this run itself finds.
    where persons.assigned_at < {{ as_of() }}
    group by persons.person_id

),

owned as (

    select
        known.drawn_as,
        known.assigned_at,
        coalesce(former_ids.person_id, known.drawn_as) as person_id
    from known
    left join {{ ref('int_audiences__former_ids') }} as former_ids
        on known.drawn_as = former_ids.former_id

),

ranked as (

    select
        *,
        row_number() over (
            partition by person_id
            order by assigned_at, case when drawn_as = person_id then 0 else 1 end, drawn_as
        ) as age_rank,
        count(*) over (partition by person_id) > 1 as is_merged
    from owned

)

select
    person_id,
    drawn_as,
    assigned_at,
    is_merged
from ranked
where age_rank = 1
