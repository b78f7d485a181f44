{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='variant_number'
) }}
-- What tools tell of their messages over and over, once. A message is what its tool tells apart, by id, else by name;
-- renamed, it has several variants.
{% set attributes = message_attributes() %}

with variants as (

    select distinct
        source,
        {{ attributes | join(",\n        ") }}
    from {{ ref('int_arrivals__message_events') }}
    {% if is_update() %}
        where {{ has_arrived() }}
    {% endif %}

),

keyed as (

    select
        *,
        source
        || ':' || channel
        || ':' || coalesce(flow_id, flow_name, '')
        || ':' || coalesce(campaign_id, campaign_name, '')
        || ':' || coalesce(message_id, message_name, '') as message_key,
        {{ hash_number(['source'] + attributes) }} as variant_number
    from variants

)

select
    variant_number,
    {{ hash_number(['message_key']) }} as message_number,
    message_key,
    source,
    channel,
    coalesce(flow_id, flow_name) as flow_id,
    flow_name,
    coalesce(message_id, message_name) as message_id,
    message_name,
    coalesce(campaign_id, campaign_name) as campaign_id,
    campaign_name,
    purpose
from keyed
