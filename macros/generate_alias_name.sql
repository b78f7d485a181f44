{# A table in the schema `audiences` is called by its audience's key: audience_win_back is audiences.win_back. #}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
    {%- set name = custom_alias_name or node.name -%}
    {%- if node.fqn is defined and "audiences" in node.fqn[:2] and name.startswith("audience_") -%}
        {{ name[9:] }}
    {%- else -%}
        {{ name }}
    {%- endif -%}
{%- endmacro %}
