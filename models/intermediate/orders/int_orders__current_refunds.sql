with versions as (

    {{ latest_version(ref('int_arrivals__refunds'), ['refund_id']) }}

)

select
    versions.source || ':' || versions.refund_id as refund_key,
    versions.source || ':' || versions.order_id as order_key,
    versions.source,
    versions.refund_id,
    versions.order_id,
    versions.line_id,
    lines.line_key,
    versions.refunded_at,
    {{ local_date('versions.refunded_at') }} as refund_date,
    versions.amount,
    versions.quantity,
    versions.reason,
    coalesce(lines.is_gift_card, false) as is_gift_card
from versions
left join {{ ref('int_orders__current_lines') }} as lines
    on
        versions.source = lines.source
        and versions.order_id = lines.order_id
        and versions.line_id = lines.line_id
where versions.refunded_at <= {{ as_of() }}
