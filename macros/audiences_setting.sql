{# One of the settings of the audiences (`settings.audiences` in shop.yml). #}
{% macro audiences_setting(name) -%}
    {{ return(setting("audiences")[name]) }}
{%- endmacro %}
