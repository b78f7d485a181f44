{#
    A fingerprint of what rows are made with: the shop's settings, apart from the as-of moment, and the project's code and
    seeds, of which the run says the hash.
#}
{% macro made_with() -%}
    {%- if not execute -%}
        {{ return("") }}
    {%- endif -%}
    {%- set settings = fromjson(env_var("SECOND_ORDER_SETTINGS", "{}")) -%}
    {%- do settings.pop("as_of", none) -%}
    {{ return(local_md5(tojson(settings, sort_keys=true) ~ env_var("SECOND_ORDER_CODE", ""))) }}
{%- endmacro %}

{# When this run of dbt started, as a number of 14 digits. #}
{% macro build_moment() -%}
    {{ return(run_started_at.strftime("%Y%m%d%H%M%S") if execute else "0") }}
{%- endmacro %}
