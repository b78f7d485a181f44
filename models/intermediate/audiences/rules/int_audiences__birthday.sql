{{ config(materialized='ephemeral') }}
-- The next birthday; who was born on 29 February has it on the 28th in other years.
{% set today = local_date(as_of()) %}

with born as (

    select
        person_id,
        case
            when extract(month from birthday) = 2 and extract(day from birthday) = 29 then birthday - 1
            else birthday
        end as birthday
    from {{ ref('int_audiences__known') }}
    where birthday is not null

),

birthdays as (

    select
        person_id,
        cast(
            cast(extract(year from {{ today }}) as integer) + case
                when
                    extract(month from birthday) * 100 + extract(day from birthday)
                    < extract(month from {{ today }}) * 100 + extract(day from {{ today }})
                    then 1
                else 0
            end as varchar
        ) || substr(cast(birthday as varchar), 5) as next_birthday
    from born

)

select
    person_id,
    {{ day_start('cast(next_birthday as date) - ' ~ audiences_setting("birthday_from_days")) }} as opens_at,
    {{ day_start('cast(next_birthday as date) + 1') }} as closes_at,
    'birthday on ' || substr(next_birthday, 6) as reason,
    cast(null as varchar) as order_key,
    cast(null as varchar) as next_product_id,
    cast(next_birthday as date) as due_date
from birthdays
