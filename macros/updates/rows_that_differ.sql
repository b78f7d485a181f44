{# Rows that only one of two relations of the same columns has, for relations without equal rows. #}
{% macro rows_that_differ(relation, other) -%}
    (
        select * from {{ relation }}
        except
        select * from {{ other }}
    )
    union all
    (
        select * from {{ other }}
        except
        select * from {{ relation }}
    )
{%- endmacro %}
