{#
    For how many days an order may be one that an audience is about: how long a message may come after the delivery is a
    setting; how long the delivery takes is allowed 90 days.
#}
{% macro recent_order_days() -%}
    {%- set days = [] -%}
    {%- for window in ["delay_to_days", "onboarding_to_days", "check_in_to_days", "review_request_to_days"] -%}
        {%- do days.append(audiences_setting(window) | int) -%}
    {%- endfor -%}
    {{ return(90 + days | max) }}
{%- endmacro %}
