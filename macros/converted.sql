{# An amount in the shop's currency. Times 1 changes nothing, and long decimals are slow: 0.3 µs each. #}
{% macro converted(amount, rate) -%}
    case when {{ rate }} = 1 then {{ money(amount) }} else {{ money(amount ~ " * " ~ rate) }} end
{%- endmacro %}
