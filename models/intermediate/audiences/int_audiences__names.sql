{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='person_id',
    meta={'changed': 'int_orders__restated'}
) }}
-- The last order that says a name.
select
    orders.person_id,
    max_by(versions.first_name, cast(orders.ordered_at as varchar) || ' ' || orders.order_key) as first_name
from {{ only_changed(ref('fct_orders'), ref('int_orders__restated'), 'person_id') }} as orders
inner join {{ ref('int_orders__current') }} as versions
    on orders.order_key = versions.order_key
where
    orders.is_identified
    and versions.first_name is not null
group by orders.person_id
