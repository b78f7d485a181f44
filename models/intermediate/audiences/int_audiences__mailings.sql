{{ config(materialized='ephemeral') }}
-- What a person was sent by e-mail, whatever tool sent it. A message without a stated purpose is a promotion if it is a
-- campaign and of value if it belongs to a flow.
with sends as (

    select
        sends.recipient_number,
        sends.sends,
        sends.sent_at >= {{ as_of() }} - interval '30' day as is_of_last_month,
        coalesce(messages.purpose, case when messages.flow_class = 'campaign' then 'promotion' else 'value' end)
            as purpose
    from {{ ref('int_flows__sends') }} as sends
    inner join {{ ref('int_flows__messages') }} as messages
        on sends.message_number = messages.message_number
    where
        messages.channel = 'email'
        and not messages.is_transactional
        and sends.sent_at <= {{ as_of() }}
        and sends.sent_at >= least(
            {{ as_of() }} - interval '30' day,
            {{ as_of() }} - interval '{{ audiences_setting("sunset_days") }}' day
        )

)

select
    recipient_number,
    sum(sends) as messages,
    sum(case when is_of_last_month then sends else 0 end) as messages_30d,
    sum(case when is_of_last_month and purpose = 'value' then sends else 0 end) as value_messages_30d,
    sum(case when is_of_last_month and purpose = 'promotion' then sends else 0 end) as promotions_30d
from sends
group by recipient_number
