{#
    Another relation of this model's schema as it is before the run reaches it: no ref(), since that model waits for
    this one.
#}
{% macro sibling(name) -%}
    {{ return(this.include(identifier=false) ~ "." ~ name if this.include is defined else name) }}
{%- endmacro %}
