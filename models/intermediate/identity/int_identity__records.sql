-- Only orders and profiles join evidence; everything else attaches to the persons these make.
with orders as (

    select
        orders.order_key as record_key,
        'order' as record_kind,
        orders.source,
        orders.ordered_at as seen_at,
        orders.customer_id,
        orders.email,
        case when marketplaces.channel is null then {{ phone_digits('orders.phone') }} end as phone
    from {{ ref('int_orders__current') }} as orders
    left join {{ ref('marketplace_channels') }} as marketplaces
        on orders.channel = marketplaces.channel

),

profiles as (

    select
        profile_key as record_key,
        'profile' as record_kind,
        source,
        seen_at,
        customer_id,
        email,
        {{ phone_digits('phone') }} as phone
    from {{ ref('int_identity__profiles') }}

),

records as (

    select * from orders
    union all
    select * from profiles

)

select
    records.record_key,
    records.record_kind,
    records.source,
    records.seen_at,
    'id:' || records.source || ':' || records.customer_id as id_evidence,
    case when not addresses.is_placeholder then 'email:' || records.email end as email_evidence,
    'phone:' || records.phone as phone_evidence
from records
left join {{ ref('int_identity__addresses') }} as addresses
    on records.email = addresses.email
