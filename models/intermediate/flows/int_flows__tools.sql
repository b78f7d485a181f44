{{ config(pre_hook="{{ keep_before() }}") }}
-- What a tool never reports of a channel must not be read as nothing having happened.
select
    source,
    channel,
    bool_or(has_sent) as has_sent,
    bool_or(has_delivered) as has_delivered,
    bool_or(has_opened) as has_opened
from {{ ref('int_flows__message_names') }}
group by
    source,
    channel
