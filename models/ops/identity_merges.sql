-- What is joined later restates history: was_separate marks evidence that had been seen before the record that made it
-- this person's. That record need not name the evidence: an order joins whole persons, with all that is theirs.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        full_refresh=false,
        pre_hook="{{ delete_rows('evidence', ref('int_identity__touched')) }}"
    )
}}
{% set kinds = ["id_evidence", "email_evidence", "phone_evidence"] %}

with recursive records as (

    select
        record_key,
        seen_at,
        {{ kinds | join(",\n        ") }}
    from {{ ref('int_identity__records') }}
    {% if is_incremental() %}
        where
            coalesce({{ kinds | join(", ") }}) in (
                select touched.evidence
                from {{ ref('int_identity__touched') }} as touched
            )
    {% endif %}

),

pairs as (

    {% for left, right in [(0, 1), (0, 2), (1, 2)] %}
        select
            {{ kinds[left] }} as left_evidence,
            {{ kinds[right] }} as right_evidence,
            record_key,
            seen_at
        from records
        where {{ kinds[left] }} is not null and {{ kinds[right] }} is not null
        {{ "union all" if not loop.last }}
    {% endfor %}

),

persons as (

    select
        persons.*,
        persons.person_id = {{ hash_text("persons.evidence") }} as is_first
    from {{ ref('int_identity__persons') }} as persons
    {% if is_incremental() %}
        inner join {{ ref('int_identity__touched') }} as touched
            on persons.evidence = touched.evidence
    {% endif %}

),

ranked_pairs as (

    select
        *,
        row_number() over (
            partition by left_evidence, right_evidence
            order by seen_at nulls last, record_key
        ) as record_rank
    from pairs

),

links as (

    -- A profile without a date joins when both it names have been seen.
    select
        ranked_pairs.left_evidence,
        ranked_pairs.right_evidence,
        ranked_pairs.record_key,
        lefts.person_id,
        lefts.is_cut,
        coalesce(ranked_pairs.seen_at, greatest(lefts.seen_at, rights.seen_at)) as joined_at,
        coalesce(ranked_pairs.seen_at > lefts.seen_at and ranked_pairs.seen_at > rights.seen_at, false) as is_late
    from ranked_pairs
    inner join persons as lefts
        on ranked_pairs.left_evidence = lefts.evidence
    inner join persons as rights
        on ranked_pairs.right_evidence = rights.evidence
    where ranked_pairs.record_rank = 1

),

both_ways as (

    select
        left_evidence as evidence,
        right_evidence as other_evidence,
        person_id,
        joined_at,
        record_key
    from links
    union all
    select
        right_evidence as evidence,
        left_evidence as other_evidence,
        person_id,
        joined_at,
        record_key
    from links

),

merged_persons as (

    -- Only where a record joined what had both been seen can whole persons have been joined. Beyond a hundred links the
    -- ways are too many: there the first record on which evidence stood together speaks for it.
    select person_id
    from links
    where not is_cut
    group by person_id
    having bool_or(is_late) and count(*) <= 100

),

ways as (

    select both_ways.*
    from both_ways
    inner join merged_persons
        on both_ways.person_id = merged_persons.person_id

),

reached as (

    -- From the person's first evidence on: the latest record of a way to an evidence is the one that brought it.
    select
        persons.evidence,
        persons.seen_at as joined_at,
        cast(null as varchar) as joined_by
    from persons
    inner join merged_persons
        on persons.person_id = merged_persons.person_id
    where persons.is_first
    union
    select
        ways.other_evidence as evidence,
        greatest(ways.joined_at, reached.joined_at) as joined_at,
        case
            when reached.joined_by is null or ways.joined_at > reached.joined_at then ways.record_key
            else reached.joined_by
        end as joined_by
    from reached
    inner join ways
        on reached.evidence = ways.evidence

),

brought as (

    select
        evidence,
        joined_at,
        joined_by,
        row_number() over (
            partition by evidence
            order by joined_at, joined_by
        ) as way_rank
    from reached

),

stood_together as (

    select
        evidence,
        joined_at,
        record_key as joined_by,
        row_number() over (
            partition by evidence
            order by joined_at nulls last, record_key
        ) as record_rank
    from both_ways

)

select
    persons.person_id,
    persons.evidence,
    persons.seen_at as first_seen_at,
    persons.is_cut,
    coalesce(brought.joined_at, stood_together.joined_at) as joined_at,
    coalesce(brought.joined_by, stood_together.joined_by) as joined_by,
    coalesce(persons.seen_at < coalesce(brought.joined_at, stood_together.joined_at), false) as was_separate
from persons
inner join stood_together
    on
        persons.evidence = stood_together.evidence
        and stood_together.record_rank = 1
left join brought
    on
        persons.evidence = brought.evidence
        and brought.way_rank = 1
where
    persons.is_cut
    or not persons.is_first
