-- Only orders and profiles join evidence; everything else attaches to the persons these make. A placeholder, or no
-- valid address at all, stands for nobody.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        full_refresh=false,
        pre_hook="{{ delete_rows('record_key', ref('int_identity__changes')) }}"
    )
}}
{% set place = ["record_kind", "source", "load_id", "file_index", "row_number"] %}

with delivered as (

    select delivered.*
    from {{ ref('int_identity__delivered') }} as delivered
    {% if is_incremental() %}
        inner join {{ ref('int_identity__changes') }} as changes
            on
                {% for column in place %}
                    delivered.{{ column }} = changes.{{ column }}
                    and {% endfor %}changes.has_come
    {% endif %}

),

addressed as (

    select
        delivered.*,
        case
            when
                delivered.email like '%_@_%.__%'
                and delivered.email not like '% %'
                and delivered.email not like '%@%@%'
                and local_parts.value is null
                and addresses.value is null
                then delivered.email
        end as known_email,
        case when marketplaces.channel is null then {{ phone_digits('delivered.phone') }} end as known_phone
    from delivered
    left join {{ ref('placeholder_emails') }} as local_parts
        on
            split_part(delivered.email, '@', 1) = local_parts.value
            and local_parts.match_kind = 'local_part'
    left join {{ ref('placeholder_emails') }} as addresses
        on
            delivered.email = addresses.value
            and addresses.match_kind = 'address'
    left join {{ ref('marketplace_channels') }} as marketplaces
        on delivered.channel = marketplaces.channel

)

select
    addressed.record_key,
    addressed.record_kind,
    addressed.source,
    addressed.load_id,
    addressed.file_index,
    addressed.row_number,
    addressed.seen_at,
    builds.build,
    'id:' || addressed.source || ':' || addressed.customer_id as id_evidence,
    'email:' || addressed.known_email as email_evidence,
    'phone:' || addressed.known_phone as phone_evidence
from addressed
cross join {{ ref('int_identity__build') }} as builds
