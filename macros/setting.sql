{#
    A setting of the shop: from the run's environment, else the project's default.

    Read only while executing, so that dbt's parse is the same for every shop and moment and can be kept.
#}
{% macro setting(name) -%}
    {%- set default = var(name) -%}
    {%- if not execute -%}
        {{ return(default) }}
    {%- endif -%}
    {%- set settings = fromjson(env_var("SECOND_ORDER_SETTINGS", "{}")) -%}
    {{ return(settings.get(name, default)) }}
{%- endmacro %}
