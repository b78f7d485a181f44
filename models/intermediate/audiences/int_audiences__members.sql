-- Who is in an audience now, with everything a message may say. One address is one person's.
with orders as (

    select * from {{ ref('int_audiences__orders') }}

),

products as (

    select
        product_id,
        max(product_title) as product_title,
        max(url) as url,
        max(image_url) as image_url,
        min(price) as price
    from {{ ref('int_products__current') }}
    where product_id is not null
    group by product_id

),

codes as (

    select
        person_id,
        max_by(referral_code, cast(created_at as varchar) || ' ' || referral_code) as referral_code
    from {{ ref('fct_referrals') }}
    where person_id is not null
    group by person_id

),

people as (

    select
        people.*,
        coalesce(send_hours.send_hour, {{ audiences_setting("send_hour") }}) as send_hour_local
    from {{ ref('int_audiences__known') }} as people
    left join {{ ref('int_timing__send_hours') }} as send_hours
        on people.person_id = send_hours.person_id

),

clocks as (

    select
        timezone,
        send_hour_local,
        {{ zoned_time('timezone', as_of()) }} as local_now
    from people
    group by
        timezone,
        send_hour_local

),

sendings as (

    select
        *,
        cast(cast(local_now as date) as timestamp) + send_hour_local * interval '1' hour as send_today
    from clocks

),

moments as (

    -- The next time the clock shows the hour where the person lives.
    select
        timezone,
        send_hour_local,
        {{ zoned_moment(
            'timezone',
            "case when send_today >= local_now then send_today else send_today + interval '1' day end"
        ) }} as send_at
    from sendings

)

select
    eligible.audience,
    eligible.person_id,
    people.email,
    eligible.entered_at,
    eligible.reason,
    people.first_name,
    people.timezone,
    people.send_hour_local,
    moments.send_at,
    present.tier,
    present.lifecycle_stage,
    people.valid_orders as orders,
    people.first_order_date,
    people.last_order_date,
    codes.referral_code,
    people.loyalty_tier,
    cast(people.rating as integer) as rating,
    cast(people.nps_score as integer) as nps_score,
    orders.order_date,
    orders.product_id,
    orders.product_title,
    orders.product_type,
    bought.url as product_url,
    bought.image_url as product_image_url,
    orders.delivered_date,
    orders.promised_date,
    eligible.next_product_id,
    recommended.product_title as next_product_title,
    recommended.url as next_product_url,
    recommended.image_url as next_product_image_url,
    recommended.price as next_product_price,
    eligible.due_date
from {{ ref('int_audiences__eligible') }} as eligible
inner join people
    on eligible.person_id = people.person_id
inner join {{ ref('int_audiences__people') }} as present
    on eligible.person_id = present.person_id
left join codes
    on eligible.person_id = codes.person_id
inner join moments
    on
        people.timezone = moments.timezone
        and people.send_hour_local = moments.send_hour_local
-- Where the rule is about no one order, the last one.
left join orders
    on
        eligible.person_id = orders.person_id
        and (
            eligible.order_key = orders.order_key
            or (eligible.order_key is null and orders.is_last)
        )
left join products as bought
    on orders.product_id = bought.product_id
left join products as recommended
    on eligible.next_product_id = recommended.product_id
where eligible.excluded_for is null
