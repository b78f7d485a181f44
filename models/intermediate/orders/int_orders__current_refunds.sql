{{ config(pre_hook="{{ keep_before() }}") }}
with versions as (

    {{ latest_version(ref('int_arrivals__refunds'), ['refund_id']) }}

)

select
    source || ':' || refund_id as refund_key,
    source || ':' || order_id as order_key,
    source,
    refund_id,
    order_id,
    line_id,
    refunded_at,
    {{ local_date('refunded_at') }} as refund_date,
    amount,
    quantity,
    reason
from versions
where refunded_at <= {{ as_of() }}
