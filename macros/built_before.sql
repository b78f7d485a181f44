{#
    The relation of a model as the last build left it, or none: for a model that reads what stands behind itself in the
    graph, where ref() would make a circle. Same schema as the calling model's unless named.
#}
{% macro built_before(name, schema=none) -%}
    {%- if execute and flags.WHICH in ("build", "run") -%}
        {{ return(load_relation(this.incorporate(path={"schema": schema or this.schema, "identifier": name}))) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}
