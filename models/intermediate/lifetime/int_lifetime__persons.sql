{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='person_id',
    meta={'changed': 'int_lifetime__changed'}
) }}
-- All of a customer that no passing day changes, for whoever asks for that alone; dim_customers adds the rest.
{% set changed = ref('int_lifetime__changed') %}

with persons as (

    select
        record_persons.person_id,
        bool_or(record_persons.is_identified) as is_identified
    from {{ only_changed(ref('int_identity__record_persons'), changed, 'person_id') }} as record_persons
    group by record_persons.person_id

),

wholesale_buyers as (

    select distinct person_id
    from {{ ref('fct_orders') }}
    where order_type = 'wholesale'

),

buyers as (

    select customers.*
    from {{ only_changed(ref('int_lifetime__customers'), changed, 'person_id') }} as customers

),

mail as (

    select
        addressed.person_id,
        addressed.is_reachable,
        addressed.is_marketable
    from {{ only_changed(ref('int_identity__mail'), changed, 'person_id') }} as addressed

)

select
    persons.person_id,
    persons.is_identified,
    wholesale_buyers.person_id is not null as is_wholesale,
    buyers.first_order_at,
    buyers.last_order_at,
    cast(coalesce(buyers.valid_orders, 0) as bigint) as valid_orders,
    {{ money('coalesce(buyers.net_sales, 0)') }} as net_sales,
    case when buyers.person_id is null then {{ money('0') }} else {{ money('buyers.gross_margin') }} end
        as gross_margin,
    buyers.acquisition_source,
    buyers.first_channel,
    buyers.first_product_type,
    buyers.first_ship_country,
    coalesce(buyers.is_first_order_discounted, false) as is_first_order_discounted,
    coalesce(buyers.is_referred, false) as is_referred,
    coalesce(mail.is_reachable, false) as is_reachable,
    coalesce(mail.is_marketable, false) as is_marketable
from persons
left join wholesale_buyers
    on persons.person_id = wholesale_buyers.person_id
left join buyers
    on persons.person_id = buyers.person_id
left join mail
    on persons.person_id = mail.person_id
