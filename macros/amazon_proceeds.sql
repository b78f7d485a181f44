{#
    The amount of one type (ITEM, TAX, DISCOUNT, …) in a list of Amazon's proceeds; NULL where there is none.
#}
{% macro amazon_proceeds(breakdowns, type) -%}
    list_sum(
        list_transform(
            list_filter({{ breakdowns }}, lambda part: part ->> '$.type' = '{{ type }}'),
            lambda part: cast(part ->> '$.subtotal.amount' as decimal(18, 4))
        )
    )
{%- endmacro %}
