{# What a customer is told apart by in reports, one at a time: columns of int_retention__customers. #}
{% macro retention_dimensions() -%}
    {{ return(["acquisition_source", "channel", "market", "product_type", "first_order_discount", "referral"]) }}
{%- endmacro %}
