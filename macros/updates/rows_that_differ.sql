{#
    Rows that only one of two relations has, by all of their columns or by those that are named; without equal rows in
    either.
#}
{% macro rows_that_differ(relation, other, columns=["*"]) -%}
    {%- set columns = columns | join(", ") -%}
    (
        select {{ columns }} from {{ relation }}
        except
        select {{ columns }} from {{ other }}
    )
    union all
    (
        select {{ columns }} from {{ other }}
        except
        select {{ columns }} from {{ relation }}
    )
{%- endmacro %}
