{# Key of the order that the record names: the one that order_join() found elsewhere, or that of its own source. #}
{% macro order_of(record) -%}
    coalesce({{ record }}_order.order_key, {{ record }}.source || ':' || {{ record }}.order_id)
{%- endmacro %}
