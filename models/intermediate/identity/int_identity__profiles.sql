{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='profile_key'
) }}
-- A profile is known by its platform id, else by its e-mail, else by its phone.
{% set profile_id = "coalesce('id:' || customer_id, 'email:' || email, 'phone:' || phone)" %}
{% set changed %}
    select source || ':' || {{ profile_id }} as profile_key
    from {{ ref('int_arrivals__profiles') }}
    where {{ has_arrived() }} or {{ happens_now(['updated_at', 'email_consent_at']) }}
{% endset %}
{% set changed_profiles = work_table("changed_profiles", changed) if is_update() else none %}
{% set arrivals = keyed_arrivals(ref('int_arrivals__profiles'), profile_id, 'profile_key', changed_profiles) %}

with versions as (

    {{ latest_version(arrivals, ['profile_key']) }}

)

select
    profile_key,
    source,
    customer_id,
    email,
    phone,
    case when email_consent_at > {{ as_of() }} then 'never' else coalesce(email_consent, 'never') end as email_consent,
    case when email_consent_at <= {{ as_of() }} then email_consent_at end as email_consent_at,
    sms_consent,
    suppression_reason,
    timezone,
    birthday,
    max_emails_per_month,
    coalesce(email_consent_at, updated_at) as seen_at,
    load_id,
    file_index,
    row_number
from versions
