{#
    A hook that keeps the model's rows of the build before as <model>_before, for a model that must know what has
    changed between the two.
#}
{% macro keep_before() -%}
    {%- if built_as_of() is not none -%}
        create or replace table {{ sibling(this.identifier ~ "_before") }} as select * from {{ this }}
    {%- endif -%}
{%- endmacro %}
