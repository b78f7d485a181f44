{#
    Another relation of this model's schema, or of a schema that is named, as it is before the run reaches it: no ref(),
    since that model waits for this one.
#}
{% macro sibling(name, schema=none) -%}
    {%- if this.include is not defined -%}
        {{ return(name) }}
    {%- elif schema is none -%}
        {{ return(this.include(identifier=false) ~ "." ~ name) }}
    {%- endif -%}
    {{ return(this.incorporate(path={"schema": schema, "identifier": name})) }}
{%- endmacro %}
