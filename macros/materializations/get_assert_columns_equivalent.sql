{#
    dbt's comparison of a model's columns with its contract, for DuckDB: names and types that are the contract's word for
    word need no second query to be understood.
#}
{% macro duckdb__get_assert_columns_equivalent(sql) -%}
    {%- set declared = {} -%}
    {%- for name, column in model["columns"].items() -%}
        {%- do declared.update({name: column["data_type"] | upper | replace(" ", "")}) -%}
    {%- endfor -%}
    {%- set given = {} -%}
    {%- for column in adapter.get_column_schema_from_query(sql) -%}
        {%- do given.update({column.name: column.dtype | replace(" ", "")}) -%}
    {%- endfor -%}
    {%- if given != declared -%}
        {{ return(assert_columns_equivalent(sql)) }}
    {%- endif -%}
{%- endmacro %}
