with orders as (

    {{ shopify_kept('orders') }}

),

members as (

    select
        id as order_gid,
        updated_at,
        _loaded_at,
        _row,
        {{ shopify_members('payload', '$.returns.nodes') }} as returned
    from orders

),

lines as (

    select
        order_gid,
        updated_at,
        _loaded_at,
        _row,
        json_extract_string(returned, '$.id') as return_gid,
        {{ to_utc("json_extract_string(returned, '$.createdAt')") }} as requested_at,
        {{ to_utc("json_extract_string(returned, '$.closedAt')") }} as closed_at,
        len(json_extract(returned, '$.exchangeLineItems.nodes[*]')) > 0 as has_exchange,
        {{ shopify_members('returned', '$.returnLineItems.nodes') }} as returned_line
    from members
    -- Declined or called off, it was none.
    where json_extract_string(returned, '$.status') not in ('DECLINED', 'CANCELED')

),

refunds as (

    -- How a return's money went back: as credit only if all of it did.
    select
        json_extract_string(payload, '$.return.id') as return_gid,
        bool_and(
            len(list_filter(
                json_extract_string(payload, '$.transactions.nodes[*].gateway'),
                lambda gateway: gateway not in ('gift_card', 'store_credit', 'shopify_store_credit')
            )) = 0
            and len(json_extract_string(payload, '$.transactions.nodes[*].gateway')) > 0
        ) as is_credit
    from {{ source('raw_shopify', 'refunds') }}
    where json_extract_string(payload, '$.return.id') is not null
    group by json_extract_string(payload, '$.return.id')

)

select
    'shopify' as source,
    {{ shopify_id("json_extract_string(lines.returned_line, '$.id')") }} as return_id,
    {{ shopify_id('lines.order_gid') }} as order_id,
    lines.requested_at,
    {{ shopify_id("json_extract_string(lines.returned_line, '$.fulfillmentLineItem.lineItem.id')") }} as line_id,
    cast(json_extract_string(lines.returned_line, '$.quantity') as decimal(18, 4)) as quantity,
    lower(json_extract_string(lines.returned_line, '$.returnReasonDefinition.handle')) as reason,
    coalesce(
        nullif(trim(json_extract_string(lines.returned_line, '$.customerNote')), ''),
        nullif(trim(json_extract_string(lines.returned_line, '$.returnReasonNote')), '')
    ) as reason_text,
    case
        when lines.has_exchange then 'exchange'
        when refunds.is_credit then 'store_credit'
        when refunds.return_gid is not null then 'refund'
        when cast(json_extract_string(lines.returned_line, '$.refundedQuantity') as bigint) > 0 then 'refund'
    end as outcome,
    lines.closed_at,
    {{ api_provenance('lines') }}
from lines
left join refunds
    on lines.return_gid = refunds.return_gid
