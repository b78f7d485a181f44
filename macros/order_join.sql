{#
    Join that finds the order a record names where another source has it; read it with order_of().

    record: alias of a relation with columns source and order_id.
#}
{% macro order_join(record) -%}
    left join {{ ref('int_orders__references') }} as {{ record }}_order
        on
            {{ record }}.source = {{ record }}_order.source
            and {{ record }}.order_id = {{ record }}_order.order_id
{%- endmacro %}
