{#
    For a pre_hook: an incremental model forgets the rows whose `column` is one of the relation's, in the transaction that
    brings its new rows.
#}
{% macro delete_rows(column, relation) -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ column }} in (select {{ column }} from {{ relation }})
    {%- endif -%}
{%- endmacro %}
