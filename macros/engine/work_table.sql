{#
    Keep a query's rows for the statements that follow in the same model, and give the relation's name.

    A loop of statements needs the rows of the one before; nothing else reads them, and they needn't outlive the model.
    Where nothing is run, the query stands for its rows.
#}
{% macro work_table(name, query) -%}
    {%- if not (execute and flags.WHICH in ("build", "run")) -%}
        {{ return("(" ~ query ~ ")") }}
    {%- endif -%}
    {{ return(adapter.dispatch("work_table", "second_order")(name, query)) }}
{%- endmacro %}

{% macro duckdb__work_table(name, query) -%}
    {%- do run_query("create or replace temp table " ~ name ~ " as " ~ query) -%}
    {{ return(name) }}
{%- endmacro %}
