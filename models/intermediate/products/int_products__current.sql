{{ config(pre_hook="{{ keep_before() }}") }}
{{ latest_version(ref('int_arrivals__products'), ['variant_id']) }}
