{{ config(pre_hook="{{ keep_before() }}") }}
-- A code used by the person it belongs to doesn't count.
select
    order_key,
    referral_code
from {{ ref('int_referral__uses') }}
where not is_own
