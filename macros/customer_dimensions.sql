{# What reports tell apart by the customer, one at a time: columns of int_voice__customers. #}
{% macro customer_dimensions() -%}
    {{ return(["acquisition_source", "channel", "market", "product_type"]) }}
{%- endmacro %}
