{# Whether this model takes in only what has changed since it was last built. #}
{% macro is_update() -%}
    {{ return(is_incremental() and built_as_of() is not none) }}
{%- endmacro %}
