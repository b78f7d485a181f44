{#
    dbt's `table` for DuckDB in one statement where dbt-duckdb takes up to seven: what stands is replaced in the moment
    that the new rows are there, and stays if they can't be made. On a small table a statement costs dbt more than the
    table costs DuckDB, so that there is no transaction around a single one. Left out is what no model here has:
    constraints, indexes, grants, hooks outside the transaction.
#}
{% materialization table, adapter="duckdb", supported_languages=["sql", "python"] -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type="table") -%}
    {{ run_hooks(pre_hooks) }}
    {%- if existing is not none and not existing.is_table -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
    {%- call statement("main", language=model["language"], auto_begin=false) -%}
        {%- if model["language"] == "python" -%}
            {{ py_write_table(temporary=false, relation=target, compiled_code=compiled_code) }}
        {%- else -%}
            create or replace table {{ target }} as
            {% if config.get("contract").enforced -%}
                {{ get_assert_columns_equivalent(compiled_code) }}
                {{ get_select_subquery(compiled_code) }}
            {%- else -%}
                {{ compiled_code }}
            {%- endif -%}
        {%- endif -%}
    {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return({"relations": [target]}) }}
{%- endmaterialization %}

{# How dbt-duckdb stores what a Python model gives, where a table may stand already. #}
{% macro py_write_table(temporary, relation, compiled_code, partitioned_by=none, sorted_by=none) -%}
{{ compiled_code }}


def materialize(rows, connection):
    connection.register("model_rows", rows)
    connection.execute("create or replace table {{ relation | replace('"', '\\"') }} as select * from model_rows")
    connection.unregister("model_rows")
{% endmacro %}
