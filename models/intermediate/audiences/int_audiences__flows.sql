{{ config(materialized='view') }}
-- The flows that have a holdout now, with their salt and share, and the global one with its own.
{% set salt = audiences_setting("holdout_salt") %}
{% set shares = audiences_setting("holdout_shares") %}

select
    catalogue.key as flow_id,
    catalogue.key || ':{{ salt }}:' as salt,
    cast(
        case
            {% for flow in shares %}
                when catalogue.key = '{{ flow }}' then {{ shares[flow] }}
            {% endfor %}
            when catalogue.key is not null then {{ setting("holdout_share") }}
        end as double
    ) as holdout_share
from {{ ref('audiences') }} as catalogue
where
    catalogue.is_message
    and not catalogue.is_service
union all
select
    'global' as flow_id,
    'global:{{ salt }}:' as salt,
    cast({{ audiences_setting("global_holdout_share") }} as double) as holdout_share
