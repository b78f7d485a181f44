{# An amount in the shop's own currency, never in the customer's; `at` is the money set's place in a JSON value. #}
{% macro shopify_money(json, at) -%}
    {{ money("json_extract_string(" ~ json ~ ", '" ~ at ~ ".shopMoney.amount')") }}
{%- endmacro %}
