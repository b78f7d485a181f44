{# What a tool tells of a message beside the event: columns of int_arrivals__message_events. #}
{% macro message_attributes() -%}
    {{ return([
        "channel", "flow_id", "flow_name", "campaign_id", "campaign_name", "message_id", "message_name", "purpose",
    ]) }}
{%- endmacro %}
