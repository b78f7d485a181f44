{#
    A SELECT of all columns of a relation and of `<moment>_before`: the last of the given moments, of those with equal
    keys, at or before the row's own; NULL where there is none.

    relation, moments: names of relations that both have the columns `keys` and `moment`; the keys are never NULL.
#}
{% macro last_before(relation, moments, keys, moment) -%}
    {{ return(adapter.dispatch("last_before", "second_order")(relation, moments, keys, moment)) }}
{%- endmacro %}

{% macro duckdb__last_before(relation, moments, keys, moment) -%}
    select
        {{ relation }}.*,
        {{ moments }}.{{ moment }} as {{ moment }}_before
    from {{ relation }}
    asof left join {{ moments }}
        on
            {% for key in keys -%}
                {{ relation }}.{{ key }} = {{ moments }}.{{ key }}
                and {% endfor -%}
            {{ relation }}.{{ moment }} >= {{ moments }}.{{ moment }}
{%- endmacro %}
