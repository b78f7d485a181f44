{#
    A hook that keeps the model's rows of the build before, or what matters of them, as <model>_before, for a model that
    must know what has changed between the two.
#}
{% macro keep_before(columns=["*"]) -%}
    {%- if built_as_of() is not none -%}
        create or replace table {{ sibling(this.identifier ~ "_before") }} as
        select {{ columns | join(", ") }}
        from {{ this }}
    {%- endif -%}
{%- endmacro %}
