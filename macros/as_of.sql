{# The moment every figure is computed for, in UTC. Records later than it don't exist. #}
{% macro as_of() -%}
    cast('{{ setting("as_of") }}' as timestamp)
{%- endmacro %}
